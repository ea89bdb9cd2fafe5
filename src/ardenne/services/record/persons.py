"""Finding the person whom a content is about: by identifier, else by name, birth date and sex together.

A number alone is not believed: numbers are mistyped and reused. When two of name, birth date and sex
speak against the person who has the number here, an identity officer must decide.
"""

from __future__ import annotations

from typing import Any

import orjson

from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.standards.fhir.text import normalise
from ardenne.standards.recognition import Recognised

Json = dict[str, Any]


class Doubtful(Exception):
    """Whose the document is cannot be said safely. ``rule`` names why."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


def locks_of(found: Recognised) -> list[str]:
    """Return what must be locked, so that two documents at once do not add the same person twice."""
    return locks_of_patient(found.patient) if found.patient is not None else []


def locks_of_patient(patient: Json) -> list[str]:
    """Return what must be locked for a Patient: its numbers, else its name, birth date and sex."""
    names = [f"person:{system}|{value}" for system, value in _numbers(patient)]
    traits = _traits(patient)
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
    """Return the id of the person, empty when nobody is known. Raises Doubtful."""
    found: set[str] = set()
    for system, value in _numbers(patient):
        criteria = conditional.criteria_text([("identifier", f"{system}|{value}")])
        for resource_id, _version in await conditional.matches(service, "Patient", criteria, connection):
            found.add(resource_id)
    if len(found) > 1:
        raise Doubtful(
            "two-persons",
            "the numbers of the patient belong to different persons here: correct the numbers, or have an "
            "identity officer link the persons",
        )
    if found:
        known = found.pop()
        await _check_traits(service, connection, known, patient)
        return known
    return "" if _numbers(patient) else await _by_traits(service, connection, patient)


async def _check_traits(service: FhirService, connection: Connection, known: str, patient: Json) -> None:
    stored = await service.resources.read_in(connection, "Patient", known)
    if stored is None or stored.body is None:
        return
    against = contradictions(orjson.loads(stored.body), patient)
    if len(against) > 1:
        raise Doubtful(
            "other-person",
            f"the number of the patient belongs here to a person with another {' and another '.join(against)}: "
            "correct the number, or have an identity officer decide",
        )


def contradictions(known: Json, patient: Json) -> list[str]:
    """Return which of name, birth date and sex differ; what one of the two does not say agrees."""
    found = []
    words, other_words = _words(known), _words(patient)
    if words and other_words and words.isdisjoint(other_words):
        found.append("name")
    birth, other_birth = str(known.get("birthDate", "")), str(patient.get("birthDate", ""))
    if not birth.startswith(other_birth) and not other_birth.startswith(birth):
        found.append("birth date")
    sexes = {known.get("gender"), patient.get("gender")}
    if sexes == {"male", "female"}:
        found.append("sex")
    return found


def _words(patient: Json) -> set[str]:
    """The words of all names of a person, as the search compares them."""
    texts = (
        str(part)
        for name in patient.get("name", [])
        for part in (name.get("family", ""), name.get("text", ""), *name.get("given", []))
    )
    return {word for text in texts for word in normalise(text).replace("-", " ").split()}


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
