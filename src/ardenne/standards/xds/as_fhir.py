"""Metadata as FHIR: DocumentReference, and List for submission sets and folders (IHE MHD 4.2, mapping tables).

What FHIR has no place for is kept in extensions of our own, so that ``from_fhir`` gives back what came. Patients
are named by the caller: XDS knows a number, FHIR a reference.
"""

from __future__ import annotations

import base64
from typing import Any

from ardenne.standards.xds import codings, from_fhir, names, times
from ardenne.standards.xds.codings import Json
from ardenne.standards.xds.values import Association, Author, Metadata

LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
LIST_CODES = {"XDSSubmissionSet": "submissionset", "XDSFolder": "folder"}
RELATIONS = {
    names.REPLACES: "replaces",
    names.APPENDS: "appends",
    names.TRANSFORMS: "transforms",
    names.TRANSFORMS_AND_REPLACES: "replaces",
    names.SIGNS: "signs",
    names.SNAPSHOT_OF: "transforms",
}


def resource(found: Metadata, subject: Json) -> Json:
    """Return the resource of an object whose id is ``urn:uuid:…``; ``subject`` refers to the patient."""
    made = _document(found, subject) if found.kind is names.DOCUMENT else _list(found, subject)
    _keep_the_rest(made, found)
    return made


def _identifiers(found: Metadata) -> list[Json]:
    own: list[Json] = [{"use": "official", "system": codings.RFC3986, "value": found.id}]
    if found.logical_id and found.logical_id != found.id:
        own.append({"use": "secondary", "system": codings.RFC3986, "value": found.logical_id})
    return own


def _document(found: Metadata, subject: Json) -> Json:
    context: Json = {
        "event": [codings.to_concept(code) for code in found.codes.get("eventCodeList", ())],
        "period": _filled(
            {
                "start": times.to_fhir(found.slot("serviceStartTime")),
                "end": times.to_fhir(found.slot("serviceStopTime")),
            }
        ),
        "facilityType": _concept(found, "healthcareFacilityTypeCode"),
        "practiceSetting": _concept(found, "practiceSettingCode"),
        "related": [
            {"identifier": identifier}
            for text in found.slots.get("urn:ihe:iti:xds:2013:referenceIdList", ())
            if (identifier := codings.cx_identifier(text))
        ],
    }
    source = codings.cx_identifier(found.slot("sourcePatientId"))
    if source:
        context["sourcePatientInfo"] = {"identifier": source}
    attachment = {
        "contentType": found.mime_type,
        "language": found.slot("languageCode"),
        "size": int(found.slot("size")) if found.slot("size").isdigit() else None,
        "hash": _base64(found.slot("hash")),
        "title": found.title,
        "creation": times.to_fhir(found.slot("creationTime")),
    }
    content: Json = {"attachment": _filled(attachment)}
    if found.codes.get("formatCode"):
        content["format"] = codings.to_coding(found.codes["formatCode"][0])
    return _filled(
        {
            "resourceType": "DocumentReference",
            "id": _bare(found.id),
            "masterIdentifier": {"use": "usual", **codings.to_identifier(found.unique_id)},
            "identifier": _identifiers(found),
            "status": "current" if found.status == names.APPROVED else "superseded",
            "type": _concept(found, "typeCode"),
            "category": [codings.to_concept(code) for code in found.codes.get("classCode", ())],
            "subject": subject,
            "date": times.to_instant(found.slot("creationTime")),
            "author": [_author(author) for author in found.authors],
            "description": found.comments,
            "securityLabel": [
                codings.to_concept(code) for code in found.codes.get("confidentialityCode", ())
            ],
            "content": [content],
            "context": _filled(context),
        }
    )


def _list(found: Metadata, subject: Json) -> Json:
    name = "contentTypeCode" if found.kind is names.SUBMISSION_SET else "codeList"
    extensions: list[Json] = [
        {"url": codings.DESIGNATION, "valueCodeableConcept": codings.to_concept(code)}
        for code in found.codes.get(name, ())
    ]
    source = found.identifiers.get("sourceId", "")
    if source:
        extensions.append({"url": codings.SOURCE_ID, "valueIdentifier": codings.to_identifier(source)})
    moment = found.slot("submissionTime") or found.slot("lastUpdateTime")
    authors = [_author(author) for author in found.authors]
    return _filled(
        {
            "resourceType": "List",
            "id": _bare(found.id),
            "extension": extensions,
            "identifier": [
                {"use": "usual", **codings.to_identifier(found.unique_id)},
                *_identifiers(found),
            ],
            "status": "current" if found.status == names.APPROVED else "retired",
            "mode": "working",
            "title": found.title,
            "code": {"coding": [{"system": LIST_TYPES, "code": LIST_CODES[found.kind.name]}]},
            "subject": subject,
            "date": times.to_fhir(moment),
            "source": authors[0] if authors else None,
            "note": [{"text": found.comments}] if found.comments else [],
        }
    )


def relate(document: Json, link: Association, target: str) -> None:
    """Put a link between documents into the DocumentReference of its source; ``target`` is its reference."""
    relation: Json = {"id": _bare(link.id)}
    parts: list[Json] = [{"url": "type", "valueUri": link.type}]
    parts += [codings.slot_extension(name, values) for name, values in link.slots.items()]
    parts += [codings.code_extension("documentation", code) for code in link.documentation]
    relation["extension"] = [{"url": codings.ASSOCIATION, "extension": parts}]
    relation |= {"code": RELATIONS[link.type], "target": {"reference": target}}
    document.setdefault("relatesTo", []).append(relation)


def member(package: Json, link: Association, target: str) -> None:
    """Put a member into the List of a submission set or folder; ``target``: a reference, or the id of a link."""
    entry: Json = {"id": _bare(link.id)}
    parts = [codings.slot_extension(name, values) for name, values in link.slots.items()]
    if parts:
        entry["extension"] = [{"url": codings.ASSOCIATION, "extension": parts}]
    if target.startswith("urn:"):
        entry["item"] = {"identifier": {"system": codings.RFC3986, "value": target}}
    else:
        entry["item"] = {"reference": target}
    package.setdefault("entry", []).append(entry)


def _keep_the_rest(made: Json, found: Metadata) -> None:
    """Add what reading the resource would not give back as it came."""
    back = from_fhir.metadata(made)
    extensions: list[Json] = []
    for name, values in found.slots.items():
        if back.slots.get(name) != values:
            extensions.append(codings.slot_extension(name, values))
    for name, codes in found.codes.items():
        if tuple(back.codes.get(name, ())) != tuple(codes):
            extensions += [codings.code_extension(name, code) for code in codes]
    if back.unique_id != found.unique_id:
        extensions.append({"url": codings.UNIQUE_ID, "valueString": found.unique_id})
    if found.object_type == names.ON_DEMAND:
        extensions.append(codings.slot_extension("objectType", (names.ON_DEMAND,)))
    if found.version:
        extensions.append(codings.slot_extension("versionName", (found.version,)))
    if extensions:
        made["extension"] = [*made.get("extension", []), *extensions]


def _author(author: Author) -> Json:
    parts = [codings.slot_extension(name, values) for name, values in author.slots.items()]
    institution = next(iter(author.slots.get("authorInstitution", ())), "").partition("^")[0]
    return _filled(
        {
            "extension": [{"url": codings.AUTHOR, "extension": parts}] if parts else [],
            "display": _person(author.person) or institution,
        }
    )


def _person(xcn: str) -> str:
    """Return the name in an XCN as people write it: prefix, given, family."""
    parts = (xcn.split("^") + [""] * 6)[:6]
    if "^" not in xcn:
        return xcn
    number, family, given, further, _suffix, prefix = parts
    words = " ".join(part for part in (prefix, given, further, family.partition("&")[0]) if part)
    return words or number


def _concept(found: Metadata, name: str) -> Json | None:
    codes = found.codes.get(name)
    return codings.to_concept(codes[0]) if codes else None


def _base64(hexadecimal: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
    except ValueError:
        return ""


def _bare(urn: str) -> str:
    return urn.removeprefix("urn:uuid:")


def _filled(resource_: dict[str, Any]) -> Json:
    return {name: value for name, value in resource_.items() if value not in (None, "", [], {})}
