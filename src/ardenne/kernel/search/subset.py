"""Parts of a resource: ``_summary`` and ``_elements`` (R4, Search, 3.1.1.5.8 and 9)."""

from __future__ import annotations

from typing import Any

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.definitions import Element
from ardenne.standards.fhir.json import dump, parse_exact

_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules"})
_TAG = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}


def subset(body: bytes, summary: str, elements: tuple[str, ...]) -> bytes:
    """Return the resource cut to a summary kind (``true``, ``text``, ``data``) or to named elements."""
    resource = parse_exact(body)
    resource_type = resource["resourceType"]
    if summary == "data":
        kept = {name: value for name, value in resource.items() if name != "text"}
    elif summary == "text":
        kept = _keep(resource, resource_type, {"text"})
    elif summary == "true":
        kept = _summarise(resource, resource_type)
    else:
        wanted = {
            name.rpartition(".")[2]
            for name in elements
            if "." not in name or name.partition(".")[0] == resource_type
        }
        kept = _keep(resource, resource_type, wanted)
    meta = kept["meta"] = dict(kept.get("meta", {}))
    meta["tag"] = [*meta.get("tag", []), _TAG]
    return dump(kept)


def _elements(type_name: str) -> dict[str, Element]:
    try:
        return definitions.structure(type_name).elements
    except KeyError:
        return {}


def _find(known: dict[str, Element], name: str) -> Element | None:
    bare = name.removeprefix("_")
    if bare in known:
        return known[bare]
    for element in known.values():
        if element.choice and bare.startswith(element.name[:-3]):
            return element
    return None


def _keep(resource: dict[str, Any], resource_type: str, wanted: set[str]) -> dict[str, Any]:
    known = _elements(resource_type)
    kept = {}
    for name, value in resource.items():
        element = _find(known, name)
        asked = name in wanted or (element is not None and element.name.removesuffix("[x]") in wanted)
        if name in _ALWAYS or asked or (element is not None and element.min > 0):
            kept[name] = value
    return kept


def _summarise(value: dict[str, Any], type_name: str) -> dict[str, Any]:
    known = _elements(type_name)
    kept: dict[str, Any] = {}
    for name, inner in value.items():
        element = _find(known, name)
        if name in _ALWAYS:
            kept[name] = inner
        elif element is not None and (element.summary or element.min > 0):
            nested = f"{type_name}.{name}"
            kept[name] = _nested(inner, nested) if element.types[:1] == ("BackboneElement",) else inner
    return kept


def _nested(value: Any, type_name: str) -> Any:
    if isinstance(value, list):
        return [_nested(item, type_name) for item in value]
    return _summarise(value, type_name) if isinstance(value, dict) else value
