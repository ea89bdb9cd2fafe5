"""Rules about data types: URIs, identifiers, codings, ids (FHIR R4, Data types)."""

import re
from collections.abc import Iterator
from typing import Any

from ardenne.standards.fhir.profiles.bindings import check_coding
from ardenne.standards.fhir.profiles.state import State, text_of
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import Place, shown

is_absolute = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+").fullmatch
_is_uuid = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:#.*)?"
).fullmatch
_is_oid = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+").fullmatch
_EXAMPLE = re.compile(r"https?://[^/]*\bexample\.(?:org|com|net)\b").match


def check_uri(visit: Visit, state: State) -> None:
    """urn:uuid: and urn:oid: have a form; examples may be unwelcome."""
    value = text_of(visit.value)
    if value.startswith("urn:uuid:") and not _is_uuid(value):
        message = f"{shown(value)} is no UUID. Write 36 characters in lower case after urn:uuid:."
        state.add(visit, "value", message, "uuid")
    if value.startswith("urn:oid:") and not _is_oid(value):
        state.add(visit, "value", f"{shown(value)} is no OID. Write urn:oid:1.2.3.", "oid")
    if not state.options.example_urls and _EXAMPLE(value):
        message = f"{shown(value)} is an example. Give the real address."
        state.add(visit, "business-rule", message, "example-url")


def check_canonical(visit: Visit, state: State) -> None:
    """A canonical is absolute, or names a contained resource (FHIR R4, canonical)."""
    value = text_of(visit.value)
    if value and not value.startswith("#") and not is_absolute(value):
        message = f"The canonical {shown(value)} is not absolute. Write the whole URL."
        state.add(visit, "value", message, "canonical")


def check_identifier(visit: Visit, state: State) -> None:
    """With the system urn:ietf:rfc:3986, the value is a whole URI (FHIR R4, Identifier)."""
    if type(visit.value) is not dict:
        return
    system, value = text_of(visit.value.get("system")), text_of(visit.value.get("value"))
    if system == "urn:ietf:rfc:3986" and value and not is_absolute(value):
        message = f"With the system urn:ietf:rfc:3986 the value must be a whole URI, not {shown(value)}."
        state.add(visit, "value", message, "identifier-uri")


def check_coding_system(visit: Visit, state: State) -> None:
    """Coding.system is the absolute URI of a code system, not of a value set (FHIR R4, Coding)."""
    system = text_of(visit.value.get("system")) if type(visit.value) is dict else ""
    if not system:
        return
    if not is_absolute(system):
        message = f"The system {shown(system)} is not absolute. Write the whole URI."
        state.add(visit, "value", message, "coding-system")
    elif system.startswith("http://hl7.org/fhir/ValueSet/"):
        message = f"{shown(system)} is a value set. Name the code system that the code comes from."
        state.add(visit, "value", message, "coding-system")


def check_code_in_system(visit: Visit, state: State) -> None:
    """The code belongs to its system and the display to the code."""
    if type(visit.value) is dict:
        check_coding(visit.value, state.context.codes, visit.place, state.report, state.options.wrong_display)


def check_element_ids(visit: Visit, state: State) -> None:
    """Ids of elements are unique within their resource (FHIR R4, Element.id).

    Snapshot and differential of a StructureDefinition name the same elements by the same ids.
    """
    if visit.type == "StructureDefinition":
        return
    seen: set[str] = set()
    for name, place in _ids(visit.value, visit.place):
        if name in seen:
            message = f"The id {shown(name)} stands on two elements. Give each its own."
            state.report.add("business-rule", place, message, "element-id")
        seen.add(name)


def _ids(value: Any, place: Place, top: bool = True) -> Iterator[tuple[str, Place]]:
    """Ids below a resource, not its own and not those within other resources."""
    if type(value) is dict:
        if "resourceType" in value and not top:
            return
        if not top and type(value.get("id")) is str:
            yield value["id"], place
        for key, inner in value.items():
            yield from _ids(inner, (place, f".{key.removeprefix('_')}"), False)
    elif type(value) is list:
        for index, inner in enumerate(value):
            yield from _ids(inner, (place[0], place[1], index), False)
