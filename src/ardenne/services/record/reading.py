"""What the record's pages read from the store, one patient at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import Query, parse
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import hashing
from ardenne.services.record import display
from ardenne.standards.fhir import dates

Json = dict[str, Any]

SUMMARY_TYPES = (
    "Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement", "Immunization", "Observation",
)  # fmt: skip
TIMELINE_TYPES = (
    "DocumentReference", "DiagnosticReport", "Encounter", "Procedure", "Immunization", "Condition",
    "MedicationRequest", "MedicationStatement", "AllergyIntolerance",
)  # fmt: skip
_PAGE = 1000
_DATES = {
    "DocumentReference": ("date",),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod", "issued"),
    "Encounter": ("period",),
    "Procedure": ("performedDateTime", "performedPeriod"),
    "Immunization": ("occurrenceDateTime",),
    "Condition": ("onsetDateTime", "onsetPeriod", "recordedDate"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod", "dateAsserted"),
    "AllergyIntolerance": ("onsetDateTime", "recordedDate"),
}


class Event(NamedTuple):
    """One entry of the timeline."""

    resource_type: str
    resource_id: str
    title: str
    date: str
    moment: int
    author: str
    state: str


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
    found: list[Json] = []
    for name in types:
        page = await service.searcher.search([name], Query(page_size=limit, total="none"), within=owner)
        found += [orjson.loads(row.body) for row in page.matches]
    return found


async def one(service: FhirService, patient_id: str, resource_type: str, resource_id: str) -> Json | None:
    """Return a resource of the patient; None when it is not there or belongs to somebody else."""
    stored = await service.resources.read(resource_type, resource_id)
    if stored is None or stored.body is None:
        return None
    resource: Json = orjson.loads(stored.body)
    subject = resource.get("subject") or resource.get("patient") or {}
    return resource if subject.get("reference") == f"Patient/{patient_id}" else None


async def find_persons(service: FhirService, text: str, birth_date: str, number: str) -> list[PersonRow]:
    """Return at most 50 persons by words of the name, birth date and number (each may be empty)."""
    pairs = [("name", word) for word in text.replace(",", " ").split()]
    if birth_date:
        pairs.append(("birthdate", birth_date))
    if number:
        pairs.append(("identifier", number.replace(" ", "")))
    if not pairs:
        return []
    query = parse([*pairs, ("_count", "50"), ("_sort", "family"), ("_total", "none")])
    page = await service.searcher.search(["Patient"], query)
    return [_person_row(orjson.loads(row.body)) for row in page.matches]


def _person_row(resource: Json) -> PersonRow:
    return PersonRow(
        resource["id"], display.person(resource), resource.get("birthDate", ""), resource.get("gender", ""),
        display.identifiers(resource),
    )  # fmt: skip


def events(resources: Sequence[Json]) -> list[Event]:
    """Return the timeline of resources, newest first; undated ones last."""
    found = [_event(resource) for resource in resources if resource["resourceType"] in _DATES]
    return sorted(found, key=lambda event: (-event.moment, event.title))


def _event(resource: Json) -> Event:
    kind = resource["resourceType"]
    date = display.first_date(resource, *_DATES[kind])
    creation = ""
    if kind == "DocumentReference":
        creation = resource["content"][0].get("attachment", {}).get("creation", "")
    date = creation or date
    return Event(
        kind,
        resource["id"],
        _title(resource),
        date,
        moment(date),
        author_of(resource),
        resource.get("status", ""),
    )


def moment(date: str) -> int:
    """Return where a date stands in time; what has no readable date stands before everything."""
    try:
        return dates.span(date)[0]
    except ValueError:
        return dates.MIN_US


def _title(resource: Json) -> str:
    kind = resource["resourceType"]
    if kind == "DocumentReference":
        return str(resource.get("description") or display.concept(resource.get("type")))
    if kind == "Encounter":
        concepts = [*resource.get("type", []), *resource.get("reasonCode", [])]
        found = next((display.concept(concept) for concept in concepts if display.concept(concept)), "")
        return found or str(
            resource.get("class", {}).get("display") or resource.get("class", {}).get("code", "")
        )
    if kind == "Immunization":
        return display.concept(resource.get("vaccineCode"))
    if kind.startswith("Medication"):
        concept = display.concept(resource.get("medicationCodeableConcept"))
        return concept or display.reference_label(resource.get("medicationReference"))
    return display.concept(resource.get("code"))


def author_of(resource: Json) -> str:
    """Return who is responsible for a resource, as far as it says so itself."""
    for member in ("author", "performer", "asserter", "recorder", "requester", "informationSource"):
        value = resource.get(member)
        for reference in value if isinstance(value, list) else [value] if value else []:
            actor = reference.get("actor", reference)
            if display.reference_label(actor):
                return display.reference_label(actor)
    return ""
