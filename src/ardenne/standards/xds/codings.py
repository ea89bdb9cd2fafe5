"""Codes, identifiers and extensions between XDS and FHIR: OIDs become URIs and come back as they were."""

from __future__ import annotations

import functools
import importlib.resources
import re
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from ardenne.standards import naming
from ardenne.standards.xds.values import Coded, PatientId, patient_id

Json = dict[str, Any]

RFC3986 = "urn:ietf:rfc:3986"
_HERE = "https://ardenne.health/fhir/StructureDefinition/xds-"
SCHEME = f"{_HERE}scheme"
SLOT = f"{_HERE}slot"
CODE = f"{_HERE}code"
AUTHOR = f"{_HERE}author"
UNIQUE_ID = f"{_HERE}unique-id"
_LOCAL = "urn:ardenne:local:xds:"
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+", re.ASCII)
REFERENCE_ID_TYPES = RFC3986
_MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
DESIGNATION = f"{_MHD}ihe-designationType"
RECIPIENT = f"{_MHD}ihe-intendedRecipient"
SOURCE_ID = f"{_MHD}ihe-sourceId"
ASSOCIATION = f"{_HERE}association"


def is_oid(text: str) -> bool:
    """Tell whether a text is an OID."""
    return _OID.fullmatch(text) is not None


@functools.cache
def _oids() -> dict[str, str]:
    text = (importlib.resources.files("ardenne.standards.naming") / "data" / "code_systems.json").read_bytes()
    found: dict[str, str] = {}
    for name, uri in msgspec.json.decode(text, type=dict[str, str]).items():
        if is_oid(name):
            found.setdefault(uri, name)
    return found


def system(scheme: str) -> str:
    """Return the URI of a coding scheme; schemes without OID or URI get a local one."""
    if not scheme:
        return ""
    return naming.code_system(scheme) or f"{_LOCAL}{quote(scheme, safe='')}"


@functools.lru_cache(maxsize=4096)
def scheme(uri: str) -> str:
    """Return the coding scheme that XDS names for a URI: an OID where there is one."""
    if uri.startswith(_LOCAL):
        return unquote(uri.removeprefix(_LOCAL))
    return _oids().get(uri) or uri.removeprefix("urn:oid:")


def to_coding(code: Coded) -> Json:
    """Return a Coding."""
    uri = system(code.scheme)
    coding: Json = {}
    if code.scheme and scheme(uri) != code.scheme:
        coding["extension"] = [{"url": SCHEME, "valueString": code.scheme}]
    if uri:
        coding["system"] = uri
    coding["code"] = code.code
    if code.display:
        coding["display"] = code.display
    return coding


def from_coding(coding: Json) -> Coded:
    """Return a code; its display is the words of the Coding, or the code itself."""
    found = ""
    if "extension" in coding:
        kept = [one.get("valueString", "") for one in coding["extension"] if one.get("url") == SCHEME]
        found = kept[0] if kept else ""
    found = found or scheme(str(coding.get("system", "")))
    code = str(coding.get("code", ""))
    return Coded(code, found, str(coding.get("display", "")))


def to_concept(code: Coded) -> Json:
    """Return a CodeableConcept."""
    return {"coding": [to_coding(code)]}


def from_concept(concept: Json) -> Coded | None:
    """Return the first code of a CodeableConcept; its words where it has no code."""
    for coding in concept.get("coding", []):
        if coding.get("code"):
            found = from_coding(coding)
            text = str(concept.get("text", ""))
            return Coded(found.code, found.scheme, text) if text and not found.display else found
    text = str(concept.get("text", ""))
    return Coded(text, "", text) if text else None


def to_identifier(unique_id: str) -> Json:
    """Return a uniqueId as FHIR Identifier: ``1.2.3`` and ``1.2.3^4`` (ITI TF-3 4.2.3.2.26)."""
    root, caret, extension = unique_id.partition("^")
    if is_oid(root) and not caret:
        return {"system": RFC3986, "value": f"urn:oid:{root}"}
    if is_oid(root) and extension:
        return {"system": f"urn:oid:{root}", "value": extension}
    if unique_id.startswith("urn:"):
        return {"system": RFC3986, "value": unique_id}
    return {"system": f"{_LOCAL}uniqueId", "value": unique_id}


def from_identifier(identifier: Json) -> str:
    """Return an Identifier as uniqueId."""
    uri, value = str(identifier.get("system", "")), str(identifier.get("value", ""))
    if uri == RFC3986 and value.startswith("urn:oid:"):
        return value.removeprefix("urn:oid:")
    if uri.startswith("urn:oid:"):
        return f"{uri.removeprefix('urn:oid:')}^{value}"
    return value


def to_patient_identifier(found: PatientId) -> Json:
    """Return the Identifier of a patient's number."""
    uri, value = naming.identifier(found.domain, found.number)
    return {"system": uri, "value": value}


def from_patient_identifier(identifier: Json) -> str:
    """Return the CX of a patient's Identifier; empty when its system has no OID."""
    uri, value = str(identifier.get("system", "")), str(identifier.get("value", ""))
    known = naming.identifier_system(uri)
    names = [uri, *known.also] if known else [uri]
    for name in names:
        oid = name.removeprefix("urn:oid:")
        if is_oid(oid) and value:
            return PatientId(value, oid).text()
    return ""


def cx_identifier(text: str) -> Json | None:
    """Return the Identifier of a CX or CXi (referenceIdList), its type from the fifth component."""
    found = patient_id(text)
    if found is None:
        return None
    identifier: Json = {"system": f"urn:oid:{found.domain}", "value": found.number}
    parts = text.split("^")
    if len(parts) > 4 and parts[4]:
        identifier["type"] = {"coding": [{"system": REFERENCE_ID_TYPES, "code": parts[4]}]}
    return identifier


def cx_text(identifier: Json) -> str:
    """Return the CXi of an Identifier; empty when its system is no OID."""
    oid = str(identifier.get("system", "")).removeprefix("urn:oid:")
    if not is_oid(oid):
        return ""
    kinds = [coding.get("code", "") for coding in identifier.get("type", {}).get("coding", [])]
    text = PatientId(str(identifier.get("value", "")), oid).text()
    return f"{text}^{kinds[0]}" if kinds else text


def slot_extension(name: str, values: tuple[str, ...]) -> Json:
    """Return a slot kept as it came."""
    parts: list[Json] = [{"url": "name", "valueString": name}]
    parts += [{"url": "value", "valueString": value} for value in values if value]
    return {"url": SLOT, "extension": parts}


def code_extension(name: str, code: Coded) -> Json:
    """Return a code of an attribute that FHIR has no place for."""
    parts: list[Json] = [
        {"url": "name", "valueString": name},
        {"url": "value", "valueCoding": to_coding(code)},
    ]
    return {"url": CODE, "extension": parts}


def named_values(extension: Json, member: str) -> tuple[str, list[Any]]:
    """Return the name and the values that an extension of ours holds."""
    name, values = "", []
    for part in extension.get("extension", []):
        if part.get("url") == "name":
            name = str(part.get("valueString", ""))
        elif part.get("url") == "value":
            values.append(part.get(member))
    return name, values
