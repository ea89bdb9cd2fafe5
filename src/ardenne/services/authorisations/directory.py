"""What an authorisation is in the provider directory: Practitioner with qualification, PractitionerRole (pure).

Source: R4 Practitioner.qualification, IHE mCSD. The number of the authorisation identifies person and role.
"""

from __future__ import annotations

from typing import Any

from ardenne.services.authorisations.rules import IN_FORCE
from ardenne.services.authorisations.store import Application
from ardenne.standards.professions import SYSTEM, Profession, professions

Json = dict[str, Any]
NUMBERS = "https://ardenne.health/fhir/NamingSystem/authorisation"


def practitioner(found: Application, present: Json | None) -> Json:
    """Return the Practitioner of an authorisation; of one who is in the directory, with this qualification as it is now."""
    assert found.number is not None
    made: Json = present or {
        "resourceType": "Practitioner",
        "id": found.practitioner,
        "name": [{"use": "official", "family": found.family, "given": found.given.split()}],
    }
    others = [one for one in made.get("qualification", []) if not _is_of(one, found.number)]
    numbers = [one for one in made.get("identifier", []) if one.get("value") != found.number]
    changed = {
        **made,
        "active": True if found.state in IN_FORCE else made.get("active", False) and bool(others),
        "identifier": [*numbers, {"system": NUMBERS, "value": found.number}],
        "qualification": [*others, _qualification(found)],
    }
    if found.languages:
        changed["communication"] = [
            {"coding": [{"system": "urn:ietf:bcp:47", "code": one}]} for one in found.languages
        ]
    return changed


def role(found: Application, present: Json | None) -> Json:
    """Return the PractitionerRole of an authorisation; where somebody added place and hours, they stay."""
    one = professions(found.country)[found.profession]
    base = professions(found.country)[one.of] if one.of else one
    made: Json = {
        **(present or {}),
        "resourceType": "PractitionerRole",
        "id": str(found.id),
        "active": found.state in IN_FORCE,
        "identifier": [{"system": NUMBERS, "value": found.number}],
        "period": _period(found),
        "practitioner": {
            "reference": f"Practitioner/{found.practitioner}",
            "display": f"{found.given} {found.family}",
        },
        "code": [_concept(base)],
    }
    if one.of:
        made["specialty"] = [_concept(one)]
    return made


def _qualification(found: Application) -> Json:
    one = professions(found.country)[found.profession]
    return {
        "identifier": [{"system": NUMBERS, "value": found.number}],
        "code": _concept(one),
        "period": _period(found),
    }


def _period(found: Application) -> Json:
    """The time in which somebody may practise; it ends with the day of a suspension or withdrawal."""
    ends = found.ends.isoformat() if found.ends else ""
    if found.state not in IN_FORCE and found.decided is not None:
        day = found.decided.date().isoformat()
        ends = min(ends, day) if ends else day
    begins = found.begins.isoformat() if found.begins else ""
    if ends and begins > ends:
        begins = ends
    return {name: value for name, value in (("start", begins), ("end", ends)) if value}


def _concept(one: Profession) -> Json:
    return {
        "coding": [{"system": SYSTEM, "code": f"{one.country}.{one.code}", "display": one.names["fr"]}],
        "text": one.names["fr"],
    }


def _is_of(qualification: Json, number: str) -> bool:
    return any(one.get("value") == number for one in qualification.get("identifier", []))
