"""Changes of an act that is on the card, as resources (pure): correction with trace, entered in error, reaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ardenne.services.vaccination.entering import Entered, EntryError
from ardenne.services.vaccination.nomenclature import Vaccine

Json = dict[str, Any]
_CODES = "http://terminology.hl7.org/CodeSystem"
REACTIONS = {
    "anaphylaxis": ("39579001", "Anaphylaxis"),
    "fever": ("386661006", "Fever"),
    "swelling": ("95376002", "Swelling at the injection site"),
    "fainting": ("271594007", "Fainting"),
    "seizure": ("91175000", "Seizure"),
    "other": ("", "Other reaction"),
}
"""SNOMED CT codes of reactions that the page offers."""


def corrected(
    resource: Mapping[str, Any],
    entered: Entered,
    vaccine: Vaccine | None,
    reason: str,
    who: str,
    now: datetime,
) -> Json:
    """Return an Immunization with what is right now; why stands in a note, the older version in its history.

    ``vaccine`` None: it stays as it was recorded.
    """
    made = {**resource}
    if vaccine is not None:
        coding = [{"system": "http://ivci.org/NUVA", "code": vaccine.code, "display": vaccine.name}]
        made["vaccineCode"] = {"coding": coding, "text": vaccine.name}
    made["occurrenceDateTime"] = entered.day
    for name, value in (("lotNumber", entered.batch), ("expirationDate", entered.expiry)):
        if value:
            made[name] = value
    return _noted(made, reason, who, now)


def in_error(resource: Mapping[str, Any], reason: str, who: str, now: datetime) -> Json:
    """Return an Immunization marked as entered in error: it stays readable and counts no more."""
    return _noted({**resource, "status": "entered-in-error"}, reason, who, now)


def reaction(
    patient: str, act: Mapping[str, Any], form: Mapping[str, str], today: date, performer: Json
) -> Json:
    """Return the AdverseEvent of a reaction after a vaccination. Raises EntryError naming the field."""
    code = REACTIONS.get(form.get("reaction", ""))
    told = " ".join(form.get("told", "").split())[:1000]
    if code is None or (not code[0] and len(told) < 3):
        raise EntryError("told" if code else "reaction")
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        raise EntryError("began") from None
    if not str(act.get("occurrenceDateTime", ""))[:10] <= str(day) <= str(today):
        raise EntryError("began")
    coding = [{"system": "http://snomed.info/sct", "code": code[0], "display": code[1]}] if code[0] else []
    serious = "serious" if form.get("serious") else "non-serious"
    return {
        "resourceType": "AdverseEvent",
        "actuality": "actual",
        "event": {**({"coding": coding} if coding else {}), "text": told or code[1]},
        "subject": {"reference": f"Patient/{patient}"},
        "date": str(day),
        "seriousness": {"coding": [{"system": f"{_CODES}/adverse-event-seriousness", "code": serious}]},
        "suspectEntity": [{"instance": {"reference": f"Immunization/{act['id']}"}}],
        **({"recorder": {"reference": performer["reference"]}} if performer.get("reference") else {}),
    }


def _noted(made: Json, reason: str, who: str, now: datetime) -> Json:
    text = " ".join(reason.split())[:500]
    if len(text) < 3:
        raise EntryError("changed")
    note = {"authorString": who, "time": f"{now:%Y-%m-%dT%H:%M:%SZ}", "text": text}
    return {**made, "note": [*made.get("note", []), note]}
