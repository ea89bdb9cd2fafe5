"""FHIR content as something to file: documents, other bundles, single resources, NDJSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ardenne.standards import naming
from ardenne.standards.fhir import json, xml
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.json import FhirSyntaxError
from ardenne.standards.recognition import types
from ardenne.standards.recognition.result import Recognised, Relation
from ardenne.standards.refusal import Refusal, Refused, excerpt

Json = dict[str, Any]
_NO_DOCUMENTS = {
    "searchset": "the answer to a search",
    "history": "a history",
    "transaction-response": "the answer to a transaction",
    "batch-response": "the answer to a batch",
}
_RELATIONS = frozenset({"replaces", "transforms", "signs", "appends"})
_DATES = (
    *("date", "effectiveDateTime", "issued", "authoredOn", "recordedDate", "occurrenceDateTime", "started"),
    *(
        "performedDateTime",
        "whenHandedOver",
        "whenPrepared",
        "dateAsserted",
        "created",
        "recorded",
        "onsetDateTime",
    ),
)
_SUBJECTS = ("subject", "patient", "beneficiary", "for")
_AUTHORS = (
    "author",
    "performer",
    "requester",
    "recorder",
    "asserter",
    "resultsInterpreter",
    "informationSource",
)
_RESOURCE_TYPES = {
    "DiagnosticReport": "",
    "ImagingStudy": "18748-4",
    "Immunization": "11369-6",
    "MedicationRequest": "57833-6",
    "MedicationDispense": "60593-1",
    "MedicationStatement": "56445-0",
    "CarePlan": "52521-2",
}


def recognise_json(data: bytes) -> Recognised:
    """One resource in JSON; raises Refused."""
    return _resource(_parsed(json.parse, data), "application/fhir+json")


def recognise_xml(data: bytes) -> Recognised:
    """One resource in XML; raises Refused."""
    return _resource(_parsed(xml.parse, data), "application/fhir+xml")


def recognise_ndjson(data: bytes) -> Recognised:
    """Lines of resources: the first is looked at; the lines are to be filed one by one."""
    first = next(line for line in data.splitlines() if line.strip())
    resource = _parsed(json.parse, first)
    _type_of(resource)
    return Recognised(kind="fhir-ndjson", media_type="application/fhir+ndjson")


def _parsed(parse: Any, data: bytes) -> Json:
    try:
        found: Json = parse(data)
    except FhirSyntaxError as error:
        raise Refused(
            rule=f"fhir-{error.issue.rule or 'syntax'}",
            found=error.issue.message.rstrip("."),
            mend="Correct the file at this place",
            where=error.issue.path,
            line=error.line,
        ) from error
    return found


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
    if name == "Bundle":
        return _bundle(resource, media_type)
    return _single(resource, name, media_type)


def _bundle(bundle: Json, media_type: str) -> Recognised:
    kind = bundle.get("type")
    if kind in _NO_DOCUMENTS:
        raise Refused(
            rule="fhir-bundle-type",
            found=f"the bundle is {_NO_DOCUMENTS[kind]} (type {kind})",
            mend="Send a document, transaction, batch, collection or message bundle",
            where="Bundle.type",
        )
    entries = _entries(bundle)
    if kind == "document":
        return _document(bundle, entries, media_type)
    patients = [entry for entry in entries.values() if entry.get("resourceType") == "Patient"]
    notes = []
    if len(patients) > 1:
        notes.append(_note("fhir-patients", f"the bundle has {len(patients)} patients", "Bundle.entry"))
    sole = patients[0] if len(patients) == 1 else None
    references = {ref for entry in entries.values() if (ref := _subject(entry))}
    return Recognised(
        kind="fhir-bundle",
        media_type=media_type,
        event=kind if isinstance(kind, str) else "",
        patient=_patient(sole) if sole else None,
        patient_reference=references.pop() if len(references) == 1 and not patients else "",
        date=_text(bundle, "timestamp"),
        identifier=_identifier(bundle.get("identifier")),
        resource=bundle,
        resources=tuple(entries.values()),
        notes=tuple(notes),
    )


def _note(rule: str, found: str, where: str, mend: str = "") -> Refusal:
    return Refusal(rule=rule, found=found, mend=mend or "Nothing has to be done", where=where)


def _entries(bundle: Json) -> dict[str, Json]:
    """The resources of the bundle by fullUrl (or by position); raises Refused for entries without one."""
    found: dict[str, Json] = {}
    entries = bundle.get("entry", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            method = entry.get("request", {}).get("method") if isinstance(entry, dict) else None
            if method in ("DELETE", "GET", "HEAD"):
                continue
            inline = isinstance(entry, dict) and "resourceType" in entry
            raise Refused(
                rule="fhir-entry",
                found="the entry is itself a resource" if inline else "the entry has no resource",
                mend='Put each resource into the element "resource" of its entry: {"resource": {…}}',
                where=f"Bundle.entry[{number}].resource",
            )
        url = entry.get("fullUrl")
        found[url if isinstance(url, str) and url not in found else f"#{number}"] = resource
    return found


class _Document:
    """Resolves references inside a document bundle."""

    def __init__(self, entries: dict[str, Json]) -> None:
        self._by_url = entries
        self._by_type = {f"{one.get('resourceType')}/{one.get('id')}": one for one in entries.values()}

    def resolve(self, reference: Any) -> Json | None:
        text = reference.get("reference") if isinstance(reference, dict) else None
        if not isinstance(text, str):
            return None
        return self._by_url.get(text) or self._by_type.get("/".join(text.split("/")[-2:]))

    def author(self, reference: Any) -> Json | None:
        """A practitioner, device or organisation; a role becomes its practitioner with the organisation inside."""
        found = self.resolve(reference)
        display = reference.get("display", "") if isinstance(reference, dict) else ""
        if found is None:
            return {"display": display} if display else None
        organization = self.resolve(found.get("organization"))
        if found.get("resourceType") == "PractitionerRole":
            found = self.resolve(found.get("practitioner")) or organization or found
        read = {key: value for key, value in found.items() if key not in ("id", "text", "meta")}
        read["display"] = display or _wording(found)
        if organization and organization is not found:
            name = _wording(organization)
            read["organization"] = {"resourceType": "Organization", "name": name, "display": name}
            if identifiers := organization.get("identifier"):
                read["organization"]["identifier"] = identifiers
        return read


def _wording(resource: Json) -> str:
    """The name to show of a person, device or organisation."""
    name = resource.get("name")
    if isinstance(name, str):
        return name
    for one in name if isinstance(name, list) else []:
        if isinstance(one, dict):
            parts = [*one.get("prefix", []), *one.get("given", []), one.get("family", "")]
            if words := one.get("text") or " ".join(part for part in parts if isinstance(part, str) and part):
                return str(words)
    names = resource.get("deviceName")
    return str(names[0].get("name", "")) if isinstance(names, list) and names else ""


def _document(bundle: Json, entries: dict[str, Json], media_type: str) -> Recognised:
    composition = next(iter(entries.values()), {})
    if composition.get("resourceType") != "Composition":
        raise Refused(
            rule="bdl-11",
            found="the first entry of the document is no Composition",
            mend="Begin a document bundle with its Composition (FHIR R4, Bundle, rule bdl-11)",
            where="Bundle.entry[0].resource",
        )
    graph = _Document(entries)
    who = graph.resolve(composition.get("subject"))
    if who is None or who.get("resourceType") != "Patient":
        raise Refused(
            rule="fhir-subject",
            found="the patient of the document is not in the bundle",
            mend="Let Composition.subject refer to a Patient that is an entry of the bundle",
            where="Composition.subject",
        )
    kind, category = types.typed(composition.get("type") or {}, _text(composition, "title"))
    identifier = _identifier(bundle.get("identifier"))
    missing = _note("bdl-9", "the document has no identifier", "Bundle.identifier", "Give Bundle.identifier")
    return Recognised(
        kind="fhir-document",
        media_type=media_type,
        patient=_patient(who),
        authors=tuple(one for ref in composition.get("author", []) if (one := graph.author(ref))),
        date=_text(composition, "date") or _text(bundle, "timestamp"),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(_text(composition, "confidentiality")),
        language=_text(composition, "language") or _text(bundle, "language"),
        title=_text(composition, "title"),
        identifier=identifier,
        set_identifier=_identifier(composition.get("identifier")),
        relates_to=tuple(_relations(composition)),
        status="entered-in-error" if composition.get("status") == "entered-in-error" else "current",
        doc_status=status
        if (status := composition.get("status")) in ("preliminary", "final", "amended")
        else "",
        period=_period(composition),
        resource=bundle,
        resources=tuple(entries.values()),
        notes=() if identifier else (missing,),
    )


def _relations(composition: Json) -> Iterator[Relation]:
    for one in composition.get("relatesTo", []):
        target = _identifier(one.get("targetIdentifier"))
        if target and one.get("code") in _RELATIONS:
            yield Relation(one["code"], target)


def _period(composition: Json) -> dict[str, str] | None:
    for event in composition.get("event", []):
        if isinstance(event, dict) and isinstance(event.get("period"), dict):
            return {key: value for key, value in event["period"].items() if key in ("start", "end")}
    return None


def _text(resource: Json, name: str) -> str:
    found = resource.get(name)
    return found if isinstance(found, str) else ""


def _identifier(found: Any) -> Json | None:
    """A document's identifier reduced to system and value."""
    if not isinstance(found, dict) or not found.get("value"):
        return None
    return {key: found[key] for key in ("system", "value") if key in found}


def _patient(found: Json) -> Json:
    """The Patient without id, its identifiers in the preferred spelling beside everything as written."""
    read = {key: value for key, value in found.items() if key not in ("id", "meta", "text", "contained")}
    identifiers = [one for one in found.get("identifier", []) if isinstance(one, dict) and one.get("value")]
    spelled = []
    for one in identifiers:
        system, value = naming.identifier(_text(one, "system"), str(one["value"]))
        spelled.append(one | ({"system": system} if system else {}) | {"value": value})
    if spelled:
        read["identifier"] = spelled
    return read


def _subject(resource: Json) -> str:
    """The reference to the patient, "" when there is none."""
    for name in _SUBJECTS:
        found = resource.get(name)
        text = found.get("reference") if isinstance(found, dict) else None
        if isinstance(text, str) and re.search(r"(^|/)Patient/[A-Za-z0-9.\-]+|^urn:", text):
            return text
    return ""


def _check_subject(resource: Json, known: bool) -> None:
    """A resource about somebody must say about whom, so that another file or the record can answer it."""
    name = next((one for one in _SUBJECTS if one in resource), "")
    found = resource.get(name)
    text = found.get("reference") if isinstance(found, dict) else None
    outside = isinstance(text, str) and text.startswith(("urn:", "#"))
    if known or not name or (isinstance(text, str) and not outside):
        return
    said = f"only as “{excerpt(text or _text(found, 'display') if isinstance(found, dict) else '')}”"
    raise Refused(
        rule="fhir-subject",
        found=f"the resource names its patient {said}",
        mend="Refer to Patient/id, give reference.identifier, or send it in a bundle together with the patient",
        where=f"{resource['resourceType']}.{name}",
    )


def _single(resource: Json, name: str, media_type: str) -> Recognised:
    if name == "Patient":
        return Recognised(
            kind="fhir-resource",
            media_type=media_type,
            event=name,
            patient=_patient(resource),
            language=_text(resource, "language"),
            resource=resource,
            resources=(resource,),
        )
    reference = resource.get("subject") or resource.get("patient")
    contained = _contained(resource, reference)
    named = _by_identifier(reference)
    _check_subject(resource, known=contained is not None or named is not None)
    kind, category = _single_type(resource, name)
    title = _text(resource, "title") or _words(resource.get("code")) or _words(resource.get("type"))
    authors = [one for key in _AUTHORS for one in _displays(resource.get(key))]
    return Recognised(
        kind="fhir-resource",
        media_type=media_type,
        event=name,
        patient=_patient(contained) if contained else named,
        patient_reference="" if contained else _subject(resource),
        authors=tuple(authors),
        date=next((date for key in _DATES if (date := _text(resource, key))), ""),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(_text(resource, "confidentiality")),
        language=_text(resource, "language"),
        title=title,
        identifier=_first_identifier(resource),
        resource=resource,
        resources=(resource,),
    )


def _contained(resource: Json, reference: Any) -> Json | None:
    text = reference.get("reference", "") if isinstance(reference, dict) else ""
    for one in resource.get("contained", []) if isinstance(text, str) and text.startswith("#") else []:
        if isinstance(one, dict) and f"#{one.get('id')}" == text and one.get("resourceType") == "Patient":
            return one
    return None


def _by_identifier(reference: Any) -> Json | None:
    """A Patient known only by the identifier and the display of the reference to her."""
    if not isinstance(reference, dict) or not isinstance(reference.get("identifier"), dict):
        return None
    found: Json = {"resourceType": "Patient", "identifier": [reference["identifier"]]}
    if display := _text(reference, "display"):
        found["name"] = [{"text": display}]
    return _patient(found)


def _single_type(resource: Json, name: str) -> tuple[Json | None, Json | None]:
    if name == "Composition":
        return types.typed(resource.get("type") or {}, _text(resource, "title"))
    if name not in _RESOURCE_TYPES:
        return None, None
    code = resource.get("code") if name == "DiagnosticReport" else None
    if isinstance(code, dict):
        kind, category = types.typed(code)
        return kind, types.category("11502-2") if category == types.category("") else category
    return types.typed({"coding": [{"system": types.LOINC, "code": _RESOURCE_TYPES[name]}]})


def _words(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    displays = (one.get("display", "") for one in concept.get("coding", []) if isinstance(one, dict))
    return _text(concept, "text") or next((words for words in displays if words), "")


def _displays(reference: Any) -> Iterator[Json]:
    for one in reference if isinstance(reference, list) else [reference]:
        actor = one.get("actor", one) if isinstance(one, dict) else None
        if isinstance(actor, dict) and (actor.get("display") or actor.get("reference")):
            reference = _text(actor, "reference")
            yield {"display": _text(actor, "display") or reference, "reference": reference}


def _first_identifier(resource: Json) -> Json | None:
    found = resource.get("identifier")
    return _identifier(found[0] if isinstance(found, list) and found else found)
