"""FHIR as metadata: what XDS shows of a DocumentReference or List, whoever filed it (IHE MHD 4.2, mapping tables)."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Iterator

from ardenne.standards.xds import codings, names, times
from ardenne.standards.xds.codings import Json
from ardenne.standards.xds.values import Association, Author, Coded, Metadata

_NAMESPACE = uuid.UUID("0b1cfd2e-0bd5-5f3c-9a53-5d3a0c5a7c11")
_TYPES = {
    "replaces": names.REPLACES,
    "appends": names.APPENDS,
    "transforms": names.TRANSFORMS,
    "signs": names.SIGNS,
}
_SPECIAL = frozenset({"objectType", "versionName"})
_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def metadata(resource: Json) -> Metadata:
    """Return the metadata of a resource, complete but for what the caller knows (repository, patient's number)."""
    kept: dict[str, tuple[str, ...]] = {}
    codes: dict[str, tuple[Coded, ...]] = {}
    is_document = resource["resourceType"] == "DocumentReference"
    slots = _document_slots(resource) if is_document else _list_slots(resource)
    codes = _document_codes(resource) if is_document else _list_codes(resource)
    unique = ""
    overridden: dict[str, tuple[Coded, ...]] = {}
    for extension in resource.get("extension", []):
        if extension.get("url") == codings.SLOT:
            name, values = codings.named_values(extension, "valueString")
            kept[name] = tuple(str(value) for value in values)
        elif extension.get("url") == codings.CODE:
            name, values = codings.named_values(extension, "valueCoding")
            overridden[name] = (*overridden.get(name, ()), *(codings.from_coding(one) for one in values))
        elif extension.get("url") == codings.UNIQUE_ID:
            unique = str(extension.get("valueString", ""))
    slots |= {name: values for name, values in kept.items() if name not in _SPECIAL}
    identifiers = _identifiers(resource)
    if unique:
        identifiers["uniqueId"] = unique
    attachment = _attachment(resource)
    own = object_id(resource)
    return Metadata(
        kind=_kind(resource),
        id=own,
        slots=slots,
        codes={**codes, **overridden},
        identifiers=identifiers,
        authors=_authors(resource),
        title=str(attachment.get("title", "") if is_document else resource.get("title", "")),
        comments=_comments(resource),
        status=names.APPROVED if resource.get("status") == "current" else names.DEPRECATED,
        object_type=next(iter(kept.get("objectType", ())), names.STABLE),
        mime_type=str(attachment.get("contentType", "")),
        logical_id=_secondary(resource) or own,
        version=next(iter(kept.get("versionName", ())), "1"),
    )


def object_id(resource: Json) -> str:
    """Return the entryUUID: the official identifier, else the resource's id."""
    for identifier in _listed_identifiers(resource):
        value = str(identifier.get("value", ""))
        if identifier.get("use") == "official" and value.startswith("urn:uuid:"):
            return value
    return urn(str(resource.get("id", "")))


def urn(text: str) -> str:
    """Return an id as ``urn:uuid:…``; ids that are no UUID get one that is made of them."""
    if _CANONICAL.fullmatch(text):
        return f"urn:uuid:{text}"
    try:
        return f"urn:uuid:{uuid.UUID(text)}"
    except ValueError:
        return f"urn:uuid:{uuid.uuid5(_NAMESPACE, text)}"


def relations(document: Json) -> Iterator[tuple[Association, str]]:
    """Yield the links of a DocumentReference to other documents, each with the reference of its target."""
    for place, one in enumerate(document.get("relatesTo", [])):
        target = str(one.get("target", {}).get("reference", ""))
        if not target:
            continue
        slots, documentation, kind = _association_parts(one)
        found = Association(
            id=urn(str(one.get("id") or f"{document.get('id')}#{place}")),
            type=kind or _TYPES.get(str(one.get("code", "")), names.TRANSFORMS),
            source=object_id(document),
            target=urn(target.rpartition("/")[2]),
            slots=slots,
            documentation=documentation,
        )
        yield found, target


def members(package: Json) -> Iterator[tuple[Association, str]]:
    """Yield the members of a List as links, each with the reference of its target (of a link: its id)."""
    for place, entry in enumerate(package.get("entry", [])):
        item = entry.get("item", {})
        target = str(item.get("reference") or item.get("identifier", {}).get("value", ""))
        if not target or entry.get("deleted"):
            continue
        slots, documentation, _type = _association_parts(entry)
        if _kind(package) is names.SUBMISSION_SET and "SubmissionSetStatus" not in slots:
            slots = {"SubmissionSetStatus": ("Original",), **slots}
        found = Association(
            id=urn(str(entry.get("id") or f"{package.get('id')}#{place}")),
            type=names.HAS_MEMBER,
            source=object_id(package),
            target=target if target.startswith("urn:") else urn(target.rpartition("/")[2]),
            slots=slots,
            documentation=documentation,
        )
        yield found, target


def is_package(resource: Json) -> bool:
    """Tell whether a List is a submission set or a folder."""
    return _list_type(resource) in ("submissionset", "folder")


def _list_type(resource: Json) -> str:
    codes = [str(coding.get("code", "")) for coding in resource.get("code", {}).get("coding", [])]
    return next((code for code in codes if code in ("submissionset", "folder")), "")


def _kind(resource: Json) -> names.Kind:
    if resource["resourceType"] == "DocumentReference":
        return names.DOCUMENT
    return names.FOLDER if _list_type(resource) == "folder" else names.SUBMISSION_SET


def _association_parts(holder: Json) -> tuple[dict[str, tuple[str, ...]], tuple[Coded, ...], str]:
    slots: dict[str, tuple[str, ...]] = {}
    documentation: list[Coded] = []
    kind = ""
    for extension in holder.get("extension", []):
        if extension.get("url") != codings.ASSOCIATION:
            continue
        for part in extension.get("extension", []):
            if part.get("url") == "type":
                kind = str(part.get("valueUri", ""))
            elif part.get("url") == codings.SLOT:
                name, values = codings.named_values(part, "valueString")
                slots[name] = tuple(str(value) for value in values)
            elif part.get("url") == codings.CODE:
                _name, coded = codings.named_values(part, "valueCoding")
                documentation += [codings.from_coding(one) for one in coded]
    return slots, tuple(documentation), kind


def _attachment(resource: Json) -> Json:
    contents = resource.get("content") or [{}]
    found = contents[0].get("attachment", {})
    return found if isinstance(found, dict) else {}


def _document_slots(resource: Json) -> dict[str, tuple[str, ...]]:
    attachment, context = _attachment(resource), resource.get("context", {})
    period = context.get("period", {})
    source = context.get("sourcePatientInfo", {}).get("identifier", {})
    related = [
        codings.cx_text(one["identifier"]) for one in context.get("related", []) if "identifier" in one
    ]
    single = {
        "creationTime": times.from_fhir(str(attachment.get("creation") or resource.get("date", ""))),
        "languageCode": str(attachment.get("language", "")),
        "size": str(attachment["size"]) if "size" in attachment else "",
        "hash": _hexadecimal(str(attachment.get("hash", ""))),
        "serviceStartTime": times.from_fhir(str(period.get("start", ""))),
        "serviceStopTime": times.from_fhir(str(period.get("end", ""))),
        "sourcePatientId": codings.cx_text(source) if source else "",
    }
    slots: dict[str, tuple[str, ...]] = {name: (value,) for name, value in single.items() if value}
    if any(related):
        slots["urn:ihe:iti:xds:2013:referenceIdList"] = tuple(text for text in related if text)
    return slots


def _list_slots(resource: Json) -> dict[str, tuple[str, ...]]:
    moment = times.from_fhir(str(resource.get("date", "")))
    name = "lastUpdateTime" if _list_type(resource) == "folder" else "submissionTime"
    return {name: (moment,)} if moment else {}


def _document_codes(resource: Json) -> dict[str, tuple[Coded, ...]]:
    context = resource.get("context", {})
    formats = [content["format"] for content in resource.get("content", [])[:1] if "format" in content]
    listed = {
        "classCode": resource.get("category", [])[:1],
        "confidentialityCode": resource.get("securityLabel", []),
        "eventCodeList": context.get("event", []),
        "healthcareFacilityTypeCode": [context["facilityType"]] if "facilityType" in context else [],
        "practiceSettingCode": [context["practiceSetting"]] if "practiceSetting" in context else [],
        "typeCode": [resource["type"]] if "type" in resource else [],
    }
    codes = {
        name: tuple(code for concept in concepts if (code := codings.from_concept(concept)))
        for name, concepts in listed.items()
    }
    codes["formatCode"] = tuple(codings.from_coding(one) for one in formats)
    return {name: found for name, found in codes.items() if found}


def _list_codes(resource: Json) -> dict[str, tuple[Coded, ...]]:
    name = "codeList" if _list_type(resource) == "folder" else "contentTypeCode"
    concepts = [
        one["valueCodeableConcept"]
        for one in resource.get("extension", [])
        if one.get("url") == codings.DESIGNATION and "valueCodeableConcept" in one
    ]
    codes = tuple(code for concept in concepts if (code := codings.from_concept(concept)))
    return {name: codes} if codes else {}


def _listed_identifiers(resource: Json) -> list[Json]:
    found = resource.get("identifier", [])
    return found if isinstance(found, list) else []


def _identifiers(resource: Json) -> dict[str, str]:
    found: dict[str, str] = {}
    patient = resource.get("subject", {}).get("identifier")
    if patient:
        text = codings.from_patient_identifier(patient)
        if text:
            found["patientId"] = text
    if "masterIdentifier" in resource:
        found["uniqueId"] = codings.from_identifier(resource["masterIdentifier"])
    else:
        usual = [one for one in _listed_identifiers(resource) if one.get("use") == "usual"]
        found["uniqueId"] = codings.from_identifier(usual[0]) if usual else _made_of(object_id(resource))
    for extension in resource.get("extension", []):
        if extension.get("url") == codings.SOURCE_ID:
            found["sourceId"] = codings.from_identifier(extension.get("valueIdentifier", {}))
    return found


def _made_of(entry: str) -> str:
    """Return the OID of a UUID (ITU-T X.667: 2.25 and the number)."""
    return f"2.25.{uuid.UUID(entry.removeprefix('urn:uuid:')).int}"


def _secondary(resource: Json) -> str:
    for identifier in _listed_identifiers(resource):
        if identifier.get("use") == "secondary" and str(identifier.get("value", "")).startswith("urn:uuid:"):
            return str(identifier["value"])
    return ""


def _comments(resource: Json) -> str:
    if resource["resourceType"] == "DocumentReference":
        return str(resource.get("description", ""))
    return "\n".join(str(note.get("text", "")) for note in resource.get("note", []))


def _authors(resource: Json) -> tuple[Author, ...]:
    listed = resource.get("author", [])
    if resource["resourceType"] == "List":
        listed = [resource["source"]] if "source" in resource else []
    contained = {f"#{one.get('id')}": one for one in resource.get("contained", [])}
    return tuple(found for one in listed if (found := _author(one, contained)).slots)


def _author(reference: Json, contained: dict[str, Json]) -> Author:
    for extension in reference.get("extension", []):
        if extension.get("url") == codings.AUTHOR:
            slots = {}
            for part in extension.get("extension", []):
                name, values = codings.named_values(part, "valueString")
                slots[name] = tuple(str(value) for value in values)
            return Author(slots)
    display = str(reference.get("display", ""))
    inner = contained.get(str(reference.get("reference", "")), {})
    if inner.get("resourceType") == "Organization":
        name = str(inner.get("name", "") or display)
        return Author({"authorInstitution": (name,)} if name else {})
    names_ = inner.get("name", [])
    if isinstance(names_, list) and names_:
        human = names_[0]
        given = " ".join(human.get("given", []))
        return Author({"authorPerson": (f"^{human.get('family', '')}^{given}",)})
    return Author({"authorPerson": (display,)} if display else {})


def _hexadecimal(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""
