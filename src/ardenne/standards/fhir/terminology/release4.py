"""Expansions as R4 can hold them: properties of concepts, new in R5, become extensions.

Source: FHIR R5, "Extensions for converting between versions" (5.0/StructureDefinition/extension-...).
"""

from __future__ import annotations

from typing import Any, Final

from ardenne.standards.fhir.terminology.concepts import Json, dicts, value_of

_BASE: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion."


def as_r4(value_set: Json) -> Json:
    """A copy of an expanded value set without elements that R4 does not have."""
    expansion = value_set.get("expansion")
    if not isinstance(expansion, dict):
        return value_set
    shown: Json = {}
    extensions = dicts(expansion.get("extension"))
    for stated in dicts(expansion.get("property")):
        parts = [{"url": "code", "valueCode": stated["code"]}, {"url": "uri", "valueUri": stated["uri"]}]
        extensions = [*extensions, {"url": _BASE + "property", "extension": parts}]
    if extensions:
        shown["extension"] = extensions
    for name, value in expansion.items():
        if name not in ("property", "extension", "contains"):
            shown[name] = value
    if "contains" in expansion:
        shown["contains"] = [_entry(each) for each in dicts(expansion["contains"])]
    return value_set | {"expansion": shown}


def _entry(entry: Json) -> Json:
    shown: dict[str, Any] = {}
    extensions = dicts(entry.get("extension"))
    for held in dicts(entry.get("property")):
        kind = next((name for name in held if name.startswith("value")), "")
        if kind:
            parts = [{"url": "code", "valueCode": held["code"]}, {"url": "value", kind: value_of(held)}]
            extensions = [*extensions, {"url": _BASE + "contains.property", "extension": parts}]
    if extensions:
        shown["extension"] = extensions
    for name, value in entry.items():
        if name not in ("property", "extension", "contains"):
            shown[name] = value
    if "contains" in entry:
        shown["contains"] = [_entry(each) for each in dicts(entry["contains"])]
    return shown
