"""What the record's pages read from the store, one patient at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import hashing
from ardenne.services.record import display, documents

Json = dict[str, Any]

SUMMARY_TYPES = (
    "Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement", "Immunization", "Observation",
)  # fmt: skip
_PAGE = 1000
_BLANKS = re.compile(r"[\s.\-/]+")


class PersonRow(NamedTuple):
    """A person in a list of search results."""

    patient_id: str
    name: str
    birth_date: str
    gender: str
    numbers: list[tuple[str, str]]


async def patient(service: FhirService, patient_id: str) -> Json | None:
    """Return the Patient, or None when there is none under the id."""
    found = await service.resources.read("Patient", patient_id)
    return orjson.loads(found.body) if found is not None and found.body is not None else None


async def of_patient(
    service: FhirService, patient_id: str, types: Sequence[str], limit: int = _PAGE
) -> list[Json]:
    """Return the patient's newest resources of each of the types."""
    owner = ask.OwnedBy((hashing.self_hash("Patient", patient_id),))
    rows = await service.searcher.newest(types, owner, limit)
    return [orjson.loads(row.body) for row in rows]


async def one(service: FhirService, patient_id: str, resource_type: str, resource_id: str) -> Json | None:
    """Return a resource of the patient; None when it is not there or belongs to somebody else."""
    stored = await service.resources.read(resource_type, resource_id)
    if stored is None or stored.body is None:
        return None
    resource: Json = orjson.loads(stored.body)
    subject = resource.get("subject") or resource.get("patient") or {}
    return resource if subject.get("reference") == f"Patient/{patient_id}" else None


async def current(service: FhirService, patient_id: str, types: Sequence[str]) -> list[Json]:
    """Return the patient's resources of the types without what only replaced or withdrawn documents said."""
    found = await of_patient(service, patient_id, types)
    if not found:
        return []
    gone = await _withdrawn(service, patient_id)
    return [one for one in found if f"{one['resourceType']}/{one['id']}" not in gone]


async def _withdrawn(service: FhirService, patient_id: str) -> set[str]:
    """Return the references to the facts of documents that are not valid any more."""
    owner = ask.OwnedBy((hashing.self_hash("Patient", patient_id),))
    query = parse([("status", "superseded,entered-in-error"), ("_count", str(_PAGE)), ("_total", "none")])
    page = await service.searcher.search(["DocumentReference"], query, within=owner)
    gone: set[str] = set()
    for row in page.matches:
        for filing in documents.filings(orjson.loads(row.body)):
            gone |= await _facts(service, filing)
    return gone


async def _facts(service: FhirService, filing: str) -> set[str]:
    """Return the references to what was made of a content, by the Provenance of its filing."""
    stored = await service.resources.read("Provenance", filing)
    if stored is None or stored.body is None:
        return set()
    targets = (str(target.get("reference", "")) for target in orjson.loads(stored.body).get("target", []))
    return {target for target in targets if not target.startswith(documents.NO_FACTS)}


async def versions(service: FhirService, document: Json) -> tuple[str, str]:
    """Return the ids of the older document that this one replaces, and of the newer that replaces it."""
    older = newer = ""
    for relation in document.get("relatesTo", []):
        if relation.get("code") == "replaces":
            older = str(relation.get("target", {}).get("reference", "")).partition("/")[2]
    if document.get("status") == "superseded":
        query = parse([("relatesto", f"DocumentReference/{document['id']}"), ("_total", "none")])
        matches = (await service.searcher.search(["DocumentReference"], query)).matches
        newer = str(orjson.loads(matches[0].body)["id"]) if matches else ""
        newer = newer or await _named_newer(service, document)
    return older, newer


async def _named_newer(service: FhirService, document: Json) -> str:
    """A newer version that came first names the older one only by its identifier."""
    own = document.get("masterIdentifier", {})
    if not own.get("value"):
        return ""
    query = parse([("relatesto:identifier", f"{own.get('system', '')}|{own['value']}"), ("_total", "none")])
    matches = (await service.searcher.search(["DocumentReference"], query)).matches
    return str(orjson.loads(matches[0].body)["id"]) if matches else ""


async def find_persons(service: FhirService, text: str, birth_date: str, number: str) -> list[PersonRow]:
    """Return at most 50 persons by words of the name, birth date and number (each may be empty).

    Words of the name come in any order. Where nobody's name begins with them, they are looked for
    inside names, so that "Costa" finds Ferreira Costa.
    """
    words = text.replace(",", " ").split()
    fixed = [("birthdate", birth_date)] if birth_date else []
    if number:
        fixed.append(("identifier", ",".join(dict.fromkeys((number, _BLANKS.sub("", number))))))
    if not words and not fixed:
        return []
    found = await _persons(service, [*(("name", word) for word in words), *fixed])
    if not found and words and all(len(word) > 2 for word in words):
        found = await _persons(service, [*(("name:contains", word) for word in words), *fixed])
    return found


async def _persons(service: FhirService, pairs: list[tuple[str, str]]) -> list[PersonRow]:
    escaped = [(name, value if name == "identifier" else _escaped(value)) for name, value in pairs]
    query = parse([*escaped, ("_count", "50"), ("_sort", "family"), ("_total", "none")])
    page = await service.searcher.search(["Patient"], query)
    return [_person_row(orjson.loads(row.body)) for row in page.matches]


def _escaped(value: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\,$|" else sign for sign in value)


def _person_row(resource: Json) -> PersonRow:
    return PersonRow(
        resource["id"], display.person(resource), resource.get("birthDate", ""), resource.get("gender", ""),
        display.identifiers(resource),
    )  # fmt: skip
