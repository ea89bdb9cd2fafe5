"""Everything in a record in order of time: documents, visits, and the facts that documents and systems told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ardenne.services.record import display
from ardenne.services.record.results import moment
from ardenne.standards.recognition.result import CLASS_SYSTEM

Json = dict[str, Any]

TYPES = (
    "DocumentReference", "DiagnosticReport", "Encounter", "Procedure", "Immunization", "Condition",
    "MedicationRequest", "MedicationStatement", "AllergyIntolerance",
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MICROSECONDS_DAY = 86_400_000_000
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
_FACTS = frozenset(TYPES) - {"DocumentReference", "DiagnosticReport", "Encounter"}
_WRONG = frozenset({"entered-in-error", "refuted"})


class Event(NamedTuple):
    """One entry. ``kind`` is what the filter asks for: a resource type, with the class for documents."""

    resource_type: str
    resource_id: str
    kind: str
    title: str
    date: str
    end: str
    moment: int
    author: str
    state: str
    note: str


class Filter(NamedTuple):
    """What the reader wants to see; an empty member asks for everything."""

    kind: str = ""
    start: str = ""
    end: str = ""
    author: str = ""

    @classmethod
    def asked(cls, parameters: Mapping[str, str]) -> Filter:
        """Return the filter that an address names; dates that are none are ignored."""
        start, end = (
            day if _DAY.fullmatch(day := parameters.get(name, "")) else "" for name in ("start", "end")
        )
        return cls(parameters.get("kind", ""), start, end, parameters.get("author", ""))

    def keeps(self, event: Event, authors: Sequence[str]) -> bool:
        """Tell whether an event is wanted. ``author`` is the place in the list of authors."""
        if self.kind and self.kind not in (event.kind, event.resource_type):
            return False
        if self.author.isdigit():
            place = int(self.author)
            if place >= len(authors) or event.author != authors[place]:
                return False
        if self.start and event.moment < moment(self.start):
            return False
        return not (self.end and event.moment >= moment(self.end) + _MICROSECONDS_DAY)


def events(resources: Iterable[Json]) -> list[Event]:
    """Return the timeline, newest first, undated entries last.

    A fact that several documents state is one entry; a report that came as a document is shown as
    the document.
    """
    kept = [one for one in resources if one["resourceType"] in _DATES and not _wrong(one)]
    reported = {reference for one in kept for reference in _related(one)}
    found: dict[tuple[str, ...], Event] = {}
    for resource in kept:
        if f"{resource['resourceType']}/{resource['id']}" in reported and _is_report(resource):
            continue
        event = _event(resource)
        found.setdefault(_identity(resource, event), event)
    return sorted(found.values(), key=lambda event: (-event.moment, event.title))


def _is_report(resource: Json) -> bool:
    return bool(resource["resourceType"] == "DiagnosticReport")


def _wrong(resource: Json) -> bool:
    states = [resource.get("status")]
    states += [one.get("code") for one in resource.get("verificationStatus", {}).get("coding", [])]
    return not _WRONG.isdisjoint(states)


def _related(resource: Json) -> list[str]:
    if resource["resourceType"] != "DocumentReference":
        return []
    return [str(one.get("reference", "")) for one in resource.get("context", {}).get("related", [])]


def _identity(resource: Json, event: Event) -> tuple[str, ...]:
    """Return what tells two entries apart: of facts what they say and when, of others their id."""
    if event.resource_type not in _FACTS:
        return event.resource_type, event.resource_id
    kind = "Medication" if event.resource_type.startswith("Medication") else event.resource_type
    concepts = (resource.get(name) for name in ("code", "vaccineCode", "medicationCodeableConcept"))
    code = next((display.code_key(one) for one in concepts if one), "") or event.title.casefold()
    return kind, code, event.date[:10]


def _event(resource: Json) -> Event:
    kind = resource["resourceType"]
    date = _begin(resource) or display.first_date(resource, *_DATES[kind])
    if kind == "DocumentReference":
        date = resource["content"][0].get("attachment", {}).get("creation", "") or date
    return Event(
        kind, resource["id"], _kind(resource), _title(resource), date, _end(resource), moment(date),
        author_of(resource), resource.get("status", ""), _note(resource),
    )  # fmt: skip


def _begin(resource: Json) -> str:
    """Return since when a medicine is taken: an order that is renewed begins nothing new."""
    periods = (one.get("timing", {}).get("repeat", {}) for one in resource.get("dosageInstruction", []))
    starts = (str(one["boundsPeriod"].get("start", "")) for one in periods if "boundsPeriod" in one)
    return next(starts, "")


def _kind(resource: Json) -> str:
    kind = str(resource["resourceType"])
    return f"{kind}-{class_of(resource)}" if kind == "DocumentReference" else kind


def class_of(document: Json) -> str:
    """Return the class of a document (code of CLASS_SYSTEM), "other" when it has none."""
    for category in document.get("category", []):
        for coding in category.get("coding", []):
            if coding.get("system") == CLASS_SYSTEM and coding.get("code"):
                return str(coding["code"])
    return "other"


def _end(resource: Json) -> str:
    """Return the last day of a stay, when it is another than the first."""
    period = resource.get("period", {}) if resource["resourceType"] == "Encounter" else {}
    start, end = str(period.get("start", "")), str(period.get("end", ""))
    return end if end[:10] != start[:10] else ""


def _note(resource: Json) -> str:
    kind = resource["resourceType"]
    if kind == "Immunization":
        return str(resource.get("lotNumber", ""))
    if kind == "AllergyIntolerance":
        signs = (sign for one in resource.get("reaction", []) for sign in one.get("manifestation", []))
        return ", ".join(filter(None, map(display.concept, signs)))
    doses = [*resource.get("dosageInstruction", []), *resource.get("dosage", [])]
    return "; ".join(str(dose["text"]) for dose in doses if dose.get("text"))


def _title(resource: Json) -> str:
    kind = resource["resourceType"]
    if kind == "DocumentReference":
        return str(resource.get("description") or display.concept(resource.get("type")))
    if kind == "Encounter":
        return _visit_title(resource)
    if kind == "Immunization":
        return display.concept(resource.get("vaccineCode"))
    if kind.startswith("Medication"):
        concept = display.concept(resource.get("medicationCodeableConcept"))
        return concept or display.reference_label(resource.get("medicationReference"))
    return display.concept(resource.get("code"))


def _visit_title(resource: Json) -> str:
    concepts = [*resource.get("type", []), *resource.get("reasonCode", [])]
    if found := next((words for concept in concepts if (words := display.concept(concept))), ""):
        return found
    places = (display.reference_label(one.get("location")) for one in resource.get("location", []))
    if place := next((place for place in places if place), ""):
        return place
    kind = resource.get("class", {})
    return str(kind.get("display") or kind.get("code", ""))


def author_of(resource: Json) -> str:
    """Return who is responsible for a resource, as far as it says so itself."""
    members = ("author", "performer", "participant", "asserter", "recorder", "requester", "informationSource")
    for member in members:
        value = resource.get(member)
        for reference in value if isinstance(value, list) else [value] if value else []:
            actor = reference.get("actor") or reference.get("individual") or reference
            if label := display.reference_label(actor):
                return label
    return ""
