"""What is left of a broken resource when everything of a wrong JSON shape is taken out, so that invariants and
profiles can be checked on the rest."""

from decimal import Decimal
from typing import Any

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, Property, properties

Json = dict[str, Any]

_INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})
_LARGEST = 2**53  # larger ones are exact in no JSON reader


def sound(resource: Any) -> Json:
    """A copy with known elements of the right shape only; {} when it is no resource."""
    kind = resource.get("resourceType") if type(resource) is dict else None
    if type(kind) is not str or kind not in RESOURCE_TYPES:
        return {}
    return {"resourceType": kind, **_object(resource, kind)}


def _object(value: Json, type_name: str) -> Json:
    known = properties(type_name)
    kept: Json = {}
    for key, content in value.items():
        prop = known.get(key.removeprefix("_"))
        if prop is None:
            continue
        item = _content(content, prop, key[0] == "_")
        if item is not None and item != []:
            kept[key] = item
    return kept


def _content(content: Any, prop: Property, companion: bool) -> Any:
    if not prop.repeats:
        return _item(content, prop, companion)
    if type(content) is not list:
        return None
    items = [_item(item, prop, companion) for item in content]
    return items if prop.primitive else [item for item in items if item is not None]


def _item(value: Any, prop: Property, companion: bool) -> Any:
    """One value, None when its shape is wrong."""
    if companion:
        return _object(value, "Element") if type(value) is dict and prop.primitive else None
    if prop.primitive:
        return value if _is_primitive(value, prop.type) else None
    if type(value) is not dict:
        return None
    return (sound(value) or None) if prop.type == "Resource" else _object(value, prop.type)


def _is_primitive(value: Any, type_name: str) -> bool:
    if type_name == "boolean":
        return type(value) is bool
    if type_name in _INTEGERS:
        return type(value) is int and abs(value) < _LARGEST
    if type_name == "decimal":
        return (
            type(value) is float
            or isinstance(value, Decimal)
            or (type(value) is int and abs(value) < _LARGEST)
        )
    return type(value) is str
