"""Read FHIR dicts that nobody has validated yet: each reader gives an empty answer for a wrong shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ardenne.standards import naming

Json = dict[str, Any]
SUBJECTS = ("subject", "patient", "beneficiary", "for")
_PATIENT = re.compile(r"(^|/)Patient/[A-Za-z0-9.\-]+|^urn:")
_CODING = ("system", "version", "code", "display")


def text(resource: Any, name: str) -> str:
    found = resource.get(name) if isinstance(resource, dict) else None
    return found if isinstance(found, str) else ""


def one(resource: Any, name: str) -> Json:
    found = resource.get(name) if isinstance(resource, dict) else None
    return found if isinstance(found, dict) else {}


def many(resource: Any, name: str) -> Iterator[Json]:
    """The objects of a list; a single object counts as a list of one."""
    found = resource.get(name) if isinstance(resource, dict) else None
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict):
            yield item


def concept(found: Any) -> Json:
    """A CodeableConcept with whole codings of text only."""
    codings = [
        {name: words for name in _CODING if (words := text(coding, name))} for coding in many(found, "coding")
    ]
    read: Json = {"coding": [coding for coding in codings if coding.get("code")]}
    if not read["coding"]:
        read = {}
    words = text(found, "text")
    return read | ({"text": words} if words else {})


def concept_words(found: Any) -> str:
    displays = (text(coding, "display") for coding in many(found, "coding"))
    return text(found, "text") or next((words for words in displays if words), "")


def identifier(found: Any) -> Json | None:
    """A document's identifier reduced to system and value."""
    if not text(found, "value"):
        return None
    return {name: words for name in ("system", "value") if (words := text(found, name))}


def wording(resource: Any) -> str:
    """The name to show of a person, device or organisation."""
    if words := text(resource, "name"):
        return words
    for name in many(resource, "name"):
        parts = (part for key in ("prefix", "given") for part in _texts(name, key))
        if words := text(name, "text") or " ".join((*parts, text(name, "family"))).strip():
            return words
    return next((words for device in many(resource, "deviceName") if (words := text(device, "name"))), "")


def _texts(resource: Json, name: str) -> list[str]:
    found = resource.get(name)
    return [part for part in found if isinstance(part, str)] if isinstance(found, list) else []


def patient(found: Json) -> Json:
    """The Patient without id, its identifiers in the preferred spelling; everything else as written."""
    read = {key: value for key, value in found.items() if key not in ("id", "meta", "text", "contained")}
    spelled = []
    for number in many(found, "identifier"):
        if value := text(number, "value"):
            system, value = naming.identifier(text(number, "system"), value)
            spelled.append(number | ({"system": system} if system else {}) | {"value": value})
    read.pop("identifier", None)
    names = list(many(found, "name"))
    read.pop("name", None)
    return read | ({"identifier": spelled} if spelled else {}) | ({"name": names} if names else {})


def subject(resource: Json) -> str:
    """The reference to the patient, "" when there is none."""
    for name in SUBJECTS:
        reference = text(one(resource, name), "reference")
        if _PATIENT.search(reference):
            return reference
    return ""
