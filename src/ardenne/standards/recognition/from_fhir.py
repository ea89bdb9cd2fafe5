"""FHIR content as something to file: documents, other bundles, single resources, NDJSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ardenne.standards.fhir import json, xml
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.json import FhirSyntaxError
from ardenne.standards.recognition import from_resource, types
from ardenne.standards.recognition.fhir_shapes import (
    Json,
    concept,
    identifier,
    many,
    one,
    patient,
    subject,
    text,
    wording,
)
from ardenne.standards.recognition.result import Recognised, Relation
from ardenne.standards.refusal import Refusal, Refused, excerpt

_NO_DOCUMENTS = {
    "searchset": "the answer to a search",
    "history": "a history",
    "transaction-response": "the answer to a transaction",
    "batch-response": "the answer to a batch",
}
_RELATIONS = frozenset({"replaces", "transforms", "signs", "appends"})
_STATUSES = frozenset({"preliminary", "final", "amended"})


def recognise_json(data: bytes) -> Recognised:
    """One resource in JSON; raises Refused."""
    return _resource(_parsed(json.parse, data), "application/fhir+json")


def recognise_xml(data: bytes) -> Recognised:
    """One resource in XML; raises Refused."""
    return _resource(_parsed(xml.parse, data), "application/fhir+xml")


def recognise_ndjson(data: bytes) -> Recognised:
    """Lines of resources: the first is looked at; the lines are to be filed one by one."""
    first = next(line for line in data.splitlines() if line.strip())
    _type_of(_parsed(json.parse, first))
    return Recognised(kind="fhir-ndjson", media_type="application/fhir+ndjson")


def _parsed(parse: Callable[[bytes], Json], data: bytes) -> Json:
    try:
        return parse(data)
    except FhirSyntaxError as error:
        raise Refused(
            rule=f"fhir-{error.issue.rule or 'syntax'}",
            found=error.issue.message.rstrip("."),
            mend="Correct the file at this place",
            where=error.issue.path,
            line=error.line,
        ) from error


def _type_of(resource: Json) -> str:
    name = resource.get("resourceType")
    if isinstance(name, str) and name in RESOURCE_TYPES:
        return name
    said = f"“{excerpt(str(name))}”" if name is not None else "nothing"
    raise Refused(
        rule="fhir-type",
        found=f"the JSON says {said} as resourceType",
        mend="Send a FHIR R4 resource; PDF and text need a file NAME.json beside them that describes them",
        where="resourceType",
    )


def _resource(resource: Json, media_type: str) -> Recognised:
    name = _type_of(resource)
    if name != "Bundle":
        return from_resource.recognise(resource, name, media_type)
    kind = text(resource, "type")
    if kind in _NO_DOCUMENTS:
        raise Refused(
            rule="fhir-bundle-type",
            found=f"the bundle is {_NO_DOCUMENTS[kind]} (type {kind})",
            mend="Send a document, transaction, batch, collection or message bundle",
            where="Bundle.type",
        )
    entries = _entries(resource)
    return (_document if kind == "document" else _bundle)(resource, entries, media_type)


def _bundle(bundle: Json, entries: dict[str, Json], media_type: str) -> Recognised:
    """A transaction, batch, collection or message; its patient when it has just one."""
    patients = [entry for entry in entries.values() if entry.get("resourceType") == "Patient"]
    references = {reference for entry in entries.values() if (reference := subject(entry))}
    several = Refusal(
        rule="fhir-patients",
        found=f"the bundle has {len(patients)} patients",
        mend="Nothing has to be done: each resource says whose it is",
        where="Bundle.entry",
    )
    return Recognised(
        kind="fhir-bundle",
        media_type=media_type,
        event=text(bundle, "type"),
        patient=patient(patients[0]) if len(patients) == 1 else None,
        patient_reference=references.pop() if len(references) == 1 and not patients else "",
        date=text(bundle, "timestamp"),
        identifier=identifier(bundle.get("identifier")),
        resource=bundle,
        resources=tuple(entries.values()),
        notes=(several,) if len(patients) > 1 else (),
    )


def _entries(bundle: Json) -> dict[str, Json]:
    """The resources of the bundle by fullUrl (or by position); raises Refused for entries without one."""
    found: dict[str, Json] = {}
    entries = bundle.get("entry")
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        resource = one(entry, "resource")
        if not resource:
            if text(one(entry, "request"), "method") in ("DELETE", "GET", "HEAD"):
                continue
            inline = isinstance(entry, dict) and "resourceType" in entry
            raise Refused(
                rule="fhir-entry",
                found="the entry is itself a resource" if inline else "the entry has no resource",
                mend='Put each resource into the element "resource" of its entry: {"resource": {…}}',
                where=f"Bundle.entry[{number}].resource",
            )
        url = text(entry, "fullUrl")
        found[url if url and url not in found else f"#{number}"] = resource
    return found


class _Graph:
    """Resolves references inside a document bundle (FHIR R4, Bundle, 2.36.4.2)."""

    def __init__(self, entries: dict[str, Json]) -> None:
        self._by_url = entries
        self._by_type = {
            f"{text(found, 'resourceType')}/{text(found, 'id')}": found for found in entries.values()
        }

    def resolve(self, reference: Json) -> Json | None:
        words = text(reference, "reference")
        return (
            self._by_url.get(words) or self._by_type.get("/".join(words.split("/")[-2:])) if words else None
        )

    def author(self, reference: Json) -> Json | None:
        """A practitioner, device or organisation; a role becomes its practitioner with the organisation inside."""
        found = self.resolve(reference)
        display = text(reference, "display")
        if found is None:
            return {"display": display} if display else None
        organization = self.resolve(one(found, "organization"))
        if found.get("resourceType") == "PractitionerRole":
            found = self.resolve(one(found, "practitioner")) or organization or found
        read = {key: value for key, value in found.items() if key not in ("id", "text", "meta")}
        read["display"] = display or wording(found)
        if organization and organization is not found:
            name = wording(organization)
            read["organization"] = {"resourceType": "Organization", "name": name, "display": name}
            if numbers := list(many(organization, "identifier")):
                read["organization"]["identifier"] = numbers
        return read


def _document(bundle: Json, entries: dict[str, Json], media_type: str) -> Recognised:
    composition = next(iter(entries.values()), {})
    if composition.get("resourceType") != "Composition":
        raise Refused(
            rule="bdl-11",
            found="the first entry of the document is no Composition",
            mend="Begin a document bundle with its Composition (FHIR R4, Bundle, rule bdl-11)",
            where="Bundle.entry[0].resource",
        )
    graph = _Graph(entries)
    who = graph.resolve(one(composition, "subject"))
    if who is None or who.get("resourceType") != "Patient":
        raise Refused(
            rule="fhir-subject",
            found="the patient of the document is not in the bundle",
            mend="Let Composition.subject refer to a Patient that is an entry of the bundle",
            where="Composition.subject",
        )
    kind, category = types.typed(concept(composition.get("type")), text(composition, "title"))
    status = text(composition, "status")
    own = identifier(bundle.get("identifier"))
    return Recognised(
        kind="fhir-document",
        media_type=media_type,
        patient=patient(who),
        authors=tuple(author for found in many(composition, "author") if (author := graph.author(found))),
        date=text(composition, "date") or text(bundle, "timestamp"),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(text(composition, "confidentiality")),
        language=text(composition, "language") or text(bundle, "language"),
        title=text(composition, "title"),
        identifier=own,
        set_identifier=identifier(composition.get("identifier")),
        relates_to=tuple(_relations(composition)),
        status="entered-in-error" if status == "entered-in-error" else "current",
        doc_status=status if status in _STATUSES else "",
        period=_period(composition),
        resource=bundle,
        resources=tuple(entries.values()),
        notes=() if own else (_NO_IDENTIFIER,),
    )


_NO_IDENTIFIER = Refusal(
    rule="bdl-9",
    found="the document has no identifier",
    mend="Give Bundle.identifier, so that a second copy is known as such",
    where="Bundle.identifier",
)


def _relations(composition: Json) -> Iterator[Relation]:
    for found in many(composition, "relatesTo"):
        target = identifier(found.get("targetIdentifier"))
        if target and text(found, "code") in _RELATIONS:
            yield Relation(text(found, "code"), target)


def _period(composition: Json) -> dict[str, str] | None:
    for event in many(composition, "event"):
        ends: Any = one(event, "period")
        if read := {name: end for name in ("start", "end") if (end := text(ends, name))}:
            return read
    return None
