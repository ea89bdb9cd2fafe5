"""The content that an operation brings: a value of a type, or nested parts for a type without
name (FHIR R4, fhirpatch: "anonymous types")."""

from __future__ import annotations

from typing import Any, NamedTuple

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path.nodes import TypeInfo, type_info

from .copying import Copier
from .errors import Refused


class Content(NamedTuple):
    """A value with its type; `extra` is the sibling of a primitive. `type` is "" for nested parts."""

    value: Any
    extra: dict[str, Any] | None
    type: str


def repeats(owner: TypeInfo, name: str) -> bool:
    """Whether JSON shows the element as an array."""
    found = definitions.child(owner.name, name.removesuffix("[x]"))
    return found is not None and found[0].repeats


def key_for(owner: TypeInfo, name: str, content: Content) -> str:
    """The JSON property for an element of `owner` with this content.

    Raises Refused when the type has no such element or the element not this type.
    """
    stem = name.removesuffix("[x]")
    found = definitions.child(owner.name, stem)
    if found is None:
        by_key = type_info(owner.name).by_key()
        if stem in by_key:
            return stem
        raise Refused(f"{owner.name} has no element {name}")
    element, types = found
    if not element.choice:
        return stem
    if content.type not in types:
        raise Refused(f"{owner.name}.{name} cannot be a {content.type}; it may be {', '.join(types)}")
    return stem + content.type[0].upper() + content.type[1:]


def content_of(
    part: dict[str, Any], owner: TypeInfo | None, name: str, copier: Copier, type_name: str = ""
) -> Content:
    """What the part named "value" brings for the element `name` of `owner`, or for an element
    of `type_name`. Raises Refused for none, several, or a value of another kind."""
    nested = part.get("part")
    typed = [key for key in part if key.startswith(("value", "_value")) and key not in ("value", "_value")]
    suffixes = {key.removeprefix("_").removeprefix("value") for key in typed}
    if "resource" in part and not nested and not typed:
        return Content(copier.copy(part["resource"]), None, str(part["resource"].get("resourceType", "")))
    if bool(nested) == bool(suffixes) or len(suffixes) > 1:
        raise Refused("the part value needs either one value[x] or nested parts", malformed=True)
    if owner is not None and not type_name:
        type_name = _expected_type(owner, name)
    if nested:
        return Content(_object(nested, type_name, name, copier), None, "")
    suffix = suffixes.pop()
    kind = _type_of_suffix(suffix)
    if type_name and "." in type_name:
        raise Refused(f"{name} has no type of its own; give its content as nested parts")
    value = copier.copy(part.get("value" + suffix))
    extra = copier.copy(part.get("_value" + suffix))
    _check_kind(type_name, value, name)
    return Content(value, extra, kind)


def _expected_type(owner: TypeInfo, name: str) -> str:
    """The only type of an element, "" for a choice."""
    found = definitions.child(owner.name, name.removesuffix("[x]"))
    if found is None or found[0].choice or not found[1]:
        return ""
    return found[1][0]


def _type_of_suffix(suffix: str) -> str:
    lowered = suffix[0].lower() + suffix[1:]
    if lowered in definitions.PRIMITIVE_TYPES:
        return lowered
    if suffix in definitions.COMPLEX_TYPES:
        return suffix
    raise Refused(f"value{suffix} is no value[x]", malformed=True)


def _check_kind(type_name: str, value: Any, name: str) -> None:
    """A primitive cannot stand where an object belongs, nor the other way round."""
    if not type_name or value is None:
        return
    wants_object = type_name not in definitions.PRIMITIVE_TYPES
    if wants_object is not isinstance(value, dict):
        found = "an object" if isinstance(value, dict) else "a primitive"
        raise Refused(f"{name} is a {type_name}, but the value is {found}")


def _object(parts: Any, type_name: str, name: str, copier: Copier) -> dict[str, Any]:
    """Nested parts as an object: every part is an element, repeated names make a list."""
    if not isinstance(parts, list):
        raise Refused("nested parts must be an array", malformed=True)
    owner = type_info(type_name) if type_name else None
    out: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, dict) or not isinstance(part.get("name"), str):
            raise Refused(f"a part of {name} has no name", malformed=True)
        element = part["name"]
        content = content_of(part, owner, element, copier)
        key = key_for(owner, element, content) if owner is not None else element
        if owner is not None and repeats(owner, element):
            out.setdefault(key, []).append(content.value)
            if content.extra is not None or "_" + key in out:
                siblings = out.setdefault("_" + key, [])
                siblings.extend([None] * (len(out[key]) - 1 - len(siblings)))
                siblings.append(content.extra)
            continue
        if key in out:
            raise Refused(f"{element} does not repeat in {name}")
        if content.value is not None:
            out[key] = content.value
        if content.extra is not None:
            out["_" + key] = content.extra
    return out
