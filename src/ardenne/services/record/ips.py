"""The International Patient Summary (HL7 IPS 1.1) of a record, composed on demand (pure)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from ardenne.services.record import display

Json = dict[str, Any]

COMPOSITION_PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips"
BUNDLE_PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
_NAMESPACE = uuid.UUID("5cf0fdd5-9e1c-5a51-9d1a-6f3f8f5b2e11")
_EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"


class Section(NamedTuple):
    """A section of the summary: title, LOINC code, the types that it lists; required ones are never left out."""

    title: str
    code: str
    types: tuple[str, ...]
    required: bool = False


SECTIONS = (
    Section("Medication Summary", "10160-0", ("MedicationStatement", "MedicationRequest"), True),
    Section("Allergies and Intolerances", "48765-2", ("AllergyIntolerance",), True),
    Section("Problem List", "11450-4", ("Condition",), True),
    Section("Immunizations", "11369-6", ("Immunization",)),
    Section("History of Procedures", "47519-4", ("Procedure",)),
    Section("Results", "30954-2", ("Observation",)),
)
TYPES = tuple(name for section in SECTIONS for name in section.types)
_GONE = frozenset({"entered-in-error", "cancelled", "not-done"})
_OVER = frozenset({"inactive", "resolved", "remission", "refuted"})


def counts(resource: Json) -> bool:
    """Tell whether a resource belongs into a summary: neither withdrawn nor refuted nor over."""
    if resource.get("status") in _GONE:
        return False
    kind = resource["resourceType"]
    if kind in ("MedicationStatement", "MedicationRequest"):
        return resource.get("status") in ("active", "intended", "on-hold", "unknown")
    if kind in ("Condition", "AllergyIntolerance"):
        codes = {
            coding.get("code")
            for member in ("clinicalStatus", "verificationStatus")
            for coding in resource.get(member, {}).get("coding", [])
        }
        return not codes & (_OVER | _GONE)
    return True


def document(patient: Json, found: Mapping[str, Sequence[Json]], moment: str, custodian: str) -> Json:
    """Return the document Bundle of a patient. ``found``: resources by type; ``moment``: an instant."""
    shown = {name: [one for one in found.get(name, ()) if counts(one)] for name in TYPES}
    device: Json = {
        "resourceType": "Device",
        "id": "author",
        "deviceName": [{"name": custodian, "type": "user-friendly-name"}],
    }
    listed = [patient, device, *(one for name in TYPES for one in shown[name])]
    urls = {f"{one['resourceType']}/{one['id']}": _url(one) for one in listed}
    sections = [made for section in SECTIONS if (made := _section(section, shown, urls))]
    composition: Json = {
        "resourceType": "Composition",
        "meta": {"profile": [COMPOSITION_PROFILE]},
        "status": "final",
        "type": _loinc("60591-5", "Patient summary Document"),
        "subject": {"reference": urls[f"Patient/{patient['id']}"]},
        "date": moment,
        "author": [{"reference": urls["Device/author"], "display": custodian}],
        "title": "International Patient Summary",
        "section": sections,
    }
    number = uuid.uuid5(_NAMESPACE, f"{patient['id']}@{moment}")
    entries = [{"fullUrl": f"urn:uuid:{uuid.uuid5(number, 'composition')}", "resource": composition}]
    entries += [{"fullUrl": _url(one), "resource": _linked(one, urls)} for one in listed]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [BUNDLE_PROFILE]},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{number}"},
        "type": "document",
        "timestamp": moment,
        "entry": entries,
    }


def _section(section: Section, shown: Mapping[str, list[Json]], urls: Mapping[str, str]) -> Json | None:
    members = [one for name in section.types for one in shown[name]]
    if not members and not section.required:
        return None
    made: Json = {"title": section.title, "code": _loinc(section.code, section.title)}
    if not members:
        made["text"] = _narrative(["This record holds nothing of this that you may see."])
        made["emptyReason"] = {"coding": [{"system": _EMPTY, "code": "unavailable"}]}
        return made
    made["text"] = _narrative([_words(one) for one in members])
    made["entry"] = [{"reference": urls[f"{one['resourceType']}/{one['id']}"]} for one in members]
    return made


def _words(resource: Json) -> str:
    concept = next(
        (resource[name] for name in ("code", "vaccineCode", "medicationCodeableConcept") if name in resource),
        None,
    )
    name = display.concept(concept) or display.reference_label(resource.get("medicationReference"))
    value = display.any_value(resource) if resource["resourceType"] == "Observation" else ""
    return f"{name or 'without a name'}: {value}" if value else name or "without a name"


def _narrative(lines: list[str]) -> Json:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{items}</ul></div>'}


def _loinc(code: str, words: str) -> Json:
    return {"coding": [{"system": "http://loinc.org", "code": code, "display": words}]}


def _url(resource: Json) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, resource['resourceType'] + '/' + resource['id'])}"


def _linked(value: Any, urls: Mapping[str, str]) -> Any:
    """Return a resource whose references inside the document lead to its entries."""
    if isinstance(value, dict):
        return {
            name: urls.get(inner, inner)
            if name == "reference" and isinstance(inner, str)
            else _linked(inner, urls)
            for name, inner in value.items()
        }
    return [_linked(one, urls) for one in value] if isinstance(value, list) else value
