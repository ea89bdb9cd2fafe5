"""What a record's first page says, from the patient's resources: problems, allergies, medication,
vaccinations, last results.

Statements of absence ("no known allergies") are shown as such and never as a finding. What was
refuted or entered in error is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ardenne.services.record import display
from ardenne.services.record.display import Json
from ardenne.standards.fhir import dates

_WRONG = frozenset({"entered-in-error", "refuted"})
_OVER = frozenset({"resolved", "inactive", "remission"})
_RUNNING = frozenset({"active", "on-hold", "intended", "unknown", "draft"})
_NEGATIVE_CODES = frozenset({
    "no-known-allergies", "no-known-problems", "no-known-medications", "no-known-immunizations",
    "no-known-procedures", "no-known-devices", "no-allergy-info", "no-problem-info", "no-medication-info",
    "no-immunization-info", "716186003", "160244002", "160245001", "787481004",
})  # fmt: skip


class Line(NamedTuple):
    """One statement: what, since or when (FHIR date), and a note. ``negative``: a statement of absence."""

    text: str
    date: str
    note: str = ""
    state: str = ""
    negative: bool = False
    alert: bool = False


class Value(NamedTuple):
    """One laboratory or vital value."""

    text: str
    date: str
    moment: int
    number: float | None
    unit: str
    range: str
    low: float | None
    high: float | None
    flag: str
    """"high", "low", "abnormal" or empty."""


class Series(NamedTuple):
    """The values of one analysis, newest first."""

    name: str
    code: str
    points: list[Value]


class Summary(NamedTuple):
    """The first page of a record."""

    problems: list[Line]
    past_problems: list[Line]
    allergies: list[Line]
    medication: list[Line]
    vaccinations: list[Line]
    results: list[Series]


def summarise(resources: Iterable[Json]) -> Summary:
    """Return the summary of a patient's resources (any order, any types)."""
    by_type: dict[str, list[Json]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(resource)
    conditions = [found for found in by_type.get("Condition", []) if _status(found) not in _WRONG]
    active = [found for found in conditions if _clinical(found) not in _OVER]
    past = [found for found in conditions if _clinical(found) in _OVER]
    return Summary(
        _lines(active, "onsetDateTime", "onsetPeriod", "recordedDate"),
        _lines(past, "onsetDateTime", "onsetPeriod", "recordedDate"),
        _allergies(by_type.get("AllergyIntolerance", [])),
        _medication([*by_type.get("MedicationRequest", []), *by_type.get("MedicationStatement", [])]),
        _vaccinations(by_type.get("Immunization", [])),
        series(by_type.get("Observation", [])),
    )


def _status(resource: Json) -> str:
    return _first_code(resource.get("verificationStatus"))


def _clinical(resource: Json) -> str:
    return _first_code(resource.get("clinicalStatus"))


def _first_code(concept: Json | None) -> str:
    for coding in (concept or {}).get("coding", []):
        if coding.get("code"):
            return str(coding["code"])
    return ""


def is_negative(concept: Json | None) -> bool:
    """Tell whether a code says that there is none (or that nothing is known)."""
    return any(coding.get("code") in _NEGATIVE_CODES for coding in (concept or {}).get("coding", []))


def _lines(resources: Sequence[Json], *date_members: str) -> list[Line]:
    newest: dict[str, Line] = {}
    for resource in _newest_first(resources, *date_members):
        text = display.concept(resource.get("code"))
        line = Line(
            text, display.first_date(resource, *date_members), negative=is_negative(resource.get("code"))
        )
        if text:
            newest.setdefault(display.code_key(resource.get("code")), line)
    return _findings_before_absences(list(newest.values()))


def _allergies(resources: Sequence[Json]) -> list[Line]:
    newest: dict[str, Line] = {}
    for resource in _newest_first(resources, "onsetDateTime", "recordedDate"):
        if _status(resource) in _WRONG or _clinical(resource) in _OVER:
            continue
        reactions = [
            display.concept(sign)
            for found in resource.get("reaction", [])
            for sign in found.get("manifestation", [])
        ]
        text = display.concept(resource.get("code"))
        severe = resource.get("criticality") == "high"
        date = display.first_date(resource, "onsetDateTime", "recordedDate")
        negative = is_negative(resource.get("code"))
        line = Line(text, date, ", ".join(filter(None, reactions)), negative=negative, alert=severe)
        if text:
            newest.setdefault(display.code_key(resource.get("code")), line)
    return _findings_before_absences(list(newest.values()))


def _medication(resources: Sequence[Json]) -> list[Line]:
    newest: dict[str, Line] = {}
    for resource in _newest_first(
        resources, "authoredOn", "effectiveDateTime", "effectivePeriod", "dateAsserted"
    ):
        concept = resource.get("medicationCodeableConcept")
        text = display.concept(concept) or display.reference_label(resource.get("medicationReference"))
        if not text or resource.get("status", "active") not in _RUNNING:
            continue
        doses = [*resource.get("dosageInstruction", []), *resource.get("dosage", [])]
        note = "; ".join(dose["text"] for dose in doses if dose.get("text"))
        date = display.first_date(
            resource, "authoredOn", "effectiveDateTime", "effectivePeriod", "dateAsserted"
        )
        line = Line(text, date, note, negative=is_negative(concept))
        newest.setdefault(display.code_key(concept) or text, line)
    return _findings_before_absences(list(newest.values()))


def _vaccinations(resources: Sequence[Json]) -> list[Line]:
    lines = []
    for resource in _newest_first(resources, "occurrenceDateTime"):
        if resource.get("status") == "entered-in-error":
            continue
        text = display.concept(resource.get("vaccineCode"))
        date = display.first_date(resource, "occurrenceDateTime", "occurrenceString")
        lot = str(resource.get("lotNumber", ""))
        if text:
            negative = is_negative(resource.get("vaccineCode"))
            lines.append(Line(text, date, lot, str(resource.get("status", "")), negative))
    return lines


def series(observations: Iterable[Json]) -> list[Series]:
    """Return the measured values by analysis; each newest first, the analysis with the newest value first."""
    found: dict[str, Series] = {}
    for resource in observations:
        if resource.get("status") in ("entered-in-error", "cancelled"):
            continue
        parts = resource.get("component", [])
        if not parts or "valueQuantity" in resource:
            _add(found, resource, resource)
        for part in parts:
            _add(found, part, resource)
    for one in found.values():
        one.points.sort(key=lambda value: -value.moment)
    return sorted(found.values(), key=lambda one: (-one.points[0].moment, one.name))


def _add(found: dict[str, Series], part: Json, resource: Json) -> None:
    text = display.any_value(part)
    if not text:
        return
    code = display.code_key(part.get("code"))
    date = display.first_date(resource, "effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
    quantity = part.get("valueQuantity") or {}
    number = quantity.get("value")
    limits = (part.get("referenceRange") or [{}])[0]
    low, high = (limits.get(end, {}).get("value") for end in ("low", "high"))
    value = Value(
        text, date, _moment(date), float(number) if number is not None else None,
        str(quantity.get("unit") or quantity.get("code") or ""),
        _range_text(limits), _float(low), _float(high), _flag(part, number, low, high),
    )  # fmt: skip
    found.setdefault(code, Series(display.concept(part.get("code")), code, [])).points.append(value)


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _moment(date: str) -> int:
    try:
        return dates.span(date)[0]
    except ValueError:
        return dates.MIN_US


def _range_text(limits: Json) -> str:
    if limits.get("text"):
        return str(limits["text"])
    low, high = limits.get("low", {}).get("value"), limits.get("high", {}).get("value")
    if low is not None and high is not None:
        return f"{low} – {high}"
    if high is not None:
        return f"≤ {high}"
    return f"≥ {low}" if low is not None else ""


def _flag(part: Json, number: object, low: object, high: object) -> str:
    for interpretation in part.get("interpretation", []):
        code = _first_code(interpretation)
        if code in ("H", "HH", "HU", ">"):
            return "high"
        if code in ("L", "LL", "LU", "<"):
            return "low"
        if code in ("A", "AA", "POS"):
            return "abnormal"
        if code == "N":
            return ""
    if isinstance(number, int | float):
        if isinstance(high, int | float) and number > high:
            return "high"
        if isinstance(low, int | float) and number < low:
            return "low"
    return ""


def _newest_first(resources: Sequence[Json], *members: str) -> list[Json]:
    return sorted(resources, key=lambda found: -_moment(display.first_date(found, *members)))


def _findings_before_absences(lines: list[Line]) -> list[Line]:
    """Show an absence only where nothing is found: a denial beside a finding would mislead."""
    findings = [line for line in lines if not line.negative]
    return findings or lines[:1]
