"""Words for codes that resources hold: kinds, classes of documents, states, dosages. English, translated on use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ardenne.standards.kmehr.render import TRANSACTIONS
from ardenne.ui.languages import Words

Json = dict[str, Any]

KINDS = {
    "DocumentReference": "Document",
    "DiagnosticReport": "Report",
    "Encounter": "Visit",
    "Procedure": "Procedure",
    "Immunization": "Vaccination",
    "Condition": "Problem",
    "AllergyIntolerance": "Allergy",
    "MedicationRequest": "Medication",
    "MedicationStatement": "Medication",
}
CLASSES = {
    "summary": "Patient summary",
    "report": "Consultation or hospital report",
    "laboratory": "Laboratory",
    "imaging": "Imaging",
    "prescription": "Prescription",
    "dispensation": "Dispensation",
    "medication": "Medication overview",
    "vaccination": "Vaccination",
    "care-plan": "Nursing and care plan",
    "monitoring": "Measurements",
    "administrative": "Administrative",
    "other": "Other",
}
LEVELS = {"R": "restricted", "V": "very restricted"}
DOCUMENT_LEVELS = {
    "normal": ("Normal", "Everybody whose profession and relation to you opens this kind of document."),
    "restricted": ("Restricted", "Only those whom you also opened restricted documents."),
    "secret": ("Only me", "Nobody but you and its author. Not even in an emergency."),
}
_TIMES = {
    "MORN": "in the morning",
    "AFT": "in the afternoon",
    "EVE": "in the evening",
    "NIGHT": "at night",
    "HS": "at bedtime",
    "WAKE": "on waking",
    "C": "with meals",
    "CM": "with breakfast",
    "CD": "with lunch",
    "CV": "with dinner",
    "AC": "before meals",
    "ACM": "before breakfast",
    "ACD": "before lunch",
    "ACV": "before dinner",
    "PC": "after meals",
    "PCM": "after breakfast",
    "PCD": "after lunch",
    "PCV": "after dinner",
}
_PERIODS = {
    "h": ("every hour", "every {n} hours"),
    "d": ("every day", "every {n} days"),
    "wk": ("every week", "every {n} weeks"),
    "mo": ("every month", "every {n} months"),
}
LABELS = frozenset(
    {
        *KINDS.values(), *CLASSES.values(), *LEVELS.values(), *_TIMES.values(), "as needed",
        *(text for texts in DOCUMENT_LEVELS.values() for text in texts),
    }
)  # fmt: skip
PLURALS = frozenset({*_PERIODS.values(), ("once a day", "{n} times a day")})


def kind(name: str, words: Words) -> str:
    """Return the word for a type of resource in the timeline."""
    return words.text(KINDS.get(name, name))


def title(text: str, words: Words) -> str:
    """Return the title of a document; types of KMEHR messages, which have no other title, in words."""
    return words.text(TRANSACTIONS[text]) if text in TRANSACTIONS else text


def document_class(code: str, words: Words) -> str:
    """Return the name of a class of documents."""
    return words.text(CLASSES.get(code, "Other"))


def dosages(found: tuple[Json, ...], words: Words) -> str:
    """Return how a medicine is taken: the author's own words, else what the coded dosage says."""
    return "; ".join(part for dosage in found if (part := str(dosage.get("text") or _coded(dosage, words))))


def _coded(dosage: Json, words: Words) -> str:
    return " · ".join(_parts(dosage, words))


def _parts(dosage: Json, words: Words) -> Iterator[str]:
    for rate in dosage.get("doseAndRate", [])[:1]:
        if quantity := rate.get("doseQuantity"):
            yield measure(quantity, words)
        elif found := rate.get("doseRange"):
            yield f"{measure(found.get('low', {}), words)} – {measure(found.get('high', {}), words)}"
    repeat = dosage.get("timing", {}).get("repeat", {})
    if rhythm := _rhythm(repeat, words):
        yield rhythm
    for code in repeat.get("when", []):
        if code in _TIMES:
            yield words.text(_TIMES[code])
    if dosage.get("asNeededBoolean") or dosage.get("asNeededCodeableConcept"):
        yield words.text("as needed")


def _rhythm(repeat: Json, words: Words) -> str:
    period, unit, times = repeat.get("period"), repeat.get("periodUnit"), repeat.get("frequency", 1)
    if not isinstance(period, int | float) or unit not in _PERIODS or not isinstance(times, int):
        return ""
    if times > 1 and period == 1 and unit == "d":
        return words.plural("once a day", "{n} times a day", times)
    if times != 1 or period != int(period):
        return ""
    return words.plural(*_PERIODS[unit], int(period))


def measure(quantity: Json, words: Words) -> str:
    """Return a Quantity with its number as the language writes it."""
    value = quantity.get("value")
    if not isinstance(value, int | float):
        return ""
    unit = str(quantity.get("unit") or quantity.get("code") or "")
    unit = UNIT_SIGNS.get(unit, unit)
    return f"{quantity.get('comparator', '')}{words.exact(value)} {unit}".strip()


UNIT_SIGNS = {
    "mm[Hg]": "mmHg", "[degF]": "°F", "Cel": "°C", "10*3/uL": "10³/µl", "10*6/uL": "10⁶/µl", "10*9/L": "10⁹/l",
    "10*12/L": "10¹²/l", "[iU]": "UI", "[IU]/L": "UI/l", "k[IU]/L": "kU/l", "m[IU]/L": "mU/l", "m[iU]/L": "mU/l",
    "{INR}": "", "1": "", "ug": "µg", "ug/L": "µg/l", "mg/dL": "mg/dl", "g/dL": "g/dl", "mmol/L": "mmol/l",
    "umol/L": "µmol/l", "ng/L": "ng/l", "mg/L": "mg/l", "U/L": "U/l", "U/mL": "U/ml",
    "mL/min/{1.73_m2}": "ml/min/1,73 m²", "L/min": "l/min", "L": "l", "mL": "ml",
}  # fmt: skip
"""How UCUM units are written for readers."""
