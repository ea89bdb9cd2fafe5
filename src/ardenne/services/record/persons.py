"""Finding the person whom a content is about: by identifier, else by name, birth date and sex together."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.standards.fhir.text import normalise
from ardenne.standards.recognition import Recognised

Json = dict[str, Any]


class Ambiguous(Exception):
    """The numbers of one document lead to different persons."""


def locks_of(found: Recognised) -> list[str]:
    """Return what must be locked, so that two documents at once do not add the same person twice."""
    if found.patient is None:
        return []
    names = [f"person:{system}|{value}" for system, value in _numbers(found.patient)]
    traits = _traits(found.patient)
    return names or ([f"person:{traits}"] if traits else [])


def _numbers(patient: Json) -> list[tuple[str, str]]:
    return [
        (str(one.get("system", "")), str(one["value"]))
        for one in patient.get("identifier", [])
        if one.get("value")
    ]


def _traits(patient: Json) -> tuple[str, str, str, str] | None:
    birth, names = str(patient.get("birthDate", "")), patient.get("name", [])
    if not birth or not names:
        return None
    first = names[0]
    family, given = normalise(first.get("family", "")), normalise(" ".join(first.get("given", [])))
    return (family, given, birth, str(patient.get("gender", ""))) if family else None


async def find_person(service: FhirService, connection: Connection, patient: Json) -> str:
    """Return the id of the person, empty when nobody is known. Raises Ambiguous."""
    found: set[str] = set()
    for system, value in _numbers(patient):
        criteria = conditional.criteria_text([("identifier", f"{system}|{value}")])
        for resource_id, _version in await conditional.matches(service, "Patient", criteria, connection):
            found.add(resource_id)
    if len(found) > 1:
        raise Ambiguous(
            "the numbers of the patient belong to different persons here: correct the numbers, or have an "
            "identity officer link the persons"
        )
    if found:
        return found.pop()
    return "" if _numbers(patient) else await _by_traits(service, connection, patient)


async def _by_traits(service: FhirService, connection: Connection, patient: Json) -> str:
    traits = _traits(patient)
    if traits is None:
        return ""
    _family, _given, birth, gender = traits
    first = patient["name"][0]
    pairs = [("family:exact", first["family"]), ("birthdate", birth)]
    pairs += [("given:exact", given) for given in first.get("given", [])]
    if gender:
        pairs.append(("gender", gender))
    matches = await conditional.matches(service, "Patient", conditional.criteria_text(pairs), connection)
    return matches[0][0] if len(matches) == 1 else ""
