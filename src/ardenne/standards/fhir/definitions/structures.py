"""Types and their elements."""

import zlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from ardenne.standards.fhir.definitions.model import Constraint, Element, Structure

_DATA = files("ardenne.standards.fhir.definitions") / "data"
_TYPES: dict[str, tuple[str, str, bool]] = orjson.loads((_DATA / "types.json").read_bytes())

RESOURCE_TYPES: frozenset[str] = frozenset(
    name for name, (kind, _, abstract) in _TYPES.items() if kind == "resource" and not abstract
)
"""The concrete resource types of R4 (146; the two abstract ones are Resource and DomainResource)."""

PRIMITIVE_TYPES: frozenset[str] = frozenset(n for n, row in _TYPES.items() if row[0] == "primitive-type")
COMPLEX_TYPES: frozenset[str] = frozenset(n for n, row in _TYPES.items() if row[0] == "complex-type")


@cache
def _compiled() -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(zlib.decompress((_DATA / "elements.json.z").read_bytes()))
    return data


@cache
def _constraint(index: int) -> Constraint:
    return Constraint(*_compiled()["constraints"][index])


@cache
def _element(type_name: str, index: int) -> Element:
    row = _compiled()["types"][type_name][index]
    path, low, high, types, profiles, targets, content, flags, binding, strength, constraints = row
    return Element(
        path=path,
        name=path.rpartition(".")[2] if "." in path else "",
        min=low,
        max=high,
        types=tuple(types),
        targets=tuple(_compiled()["targets"][targets]),
        content=content,
        summary=bool(flags & 1),
        modifier=bool(flags & 2),
        binding=binding,
        strength=strength,
        constraints=tuple(map(_constraint, constraints)),
        profiles=tuple(profiles),
    )


@cache
def structure(name: str) -> Structure:
    """The definition of a type, or of nested content by its path ("Observation.component").

    Raises KeyError when R4 has no such type or path.
    """
    type_name = name.partition(".")[0]
    kind, base, abstract = _TYPES[type_name]
    root: Element | None = None
    elements: dict[str, Element] = {}
    for index, row in enumerate(_compiled()["types"][type_name]):
        parent, _, last = row[0].rpartition(".")
        if row[0] == name:
            root = _element(type_name, index)
        elif parent == name:
            elements[last] = _element(type_name, index)
    if root is None or not (elements or name in _TYPES):
        raise KeyError(name)
    if "." in name:
        kind, base, abstract = "backbone", root.types[0], False
    return Structure(name=name, kind=kind, base=base, abstract=abstract, root=root, elements=elements)


@cache
def child(type_name: str, name: str) -> tuple[Element, tuple[str, ...]] | None:
    """The element that FHIRPath reaches by `name` from `type_name`, with the types it may have.

    `name` is the element name without type ("value" for `value[x]`). Nested and reused content has the
    type of its path: `child("Observation", "component")` gives `("Observation.component",)`.
    None when the type has no such element or there is no such type.
    """
    try:
        elements = structure(type_name).elements
    except KeyError:
        return None
    element = elements.get(name) or elements.get(name + "[x]")
    if element is None:
        return None
    return element, content_types(element)


def content_types(element: Element) -> tuple[str, ...]:
    """The types of an element's content, paths for nested content."""
    if element.content:
        return (element.content,)
    if element.types in (("BackboneElement",), ("Element",)):
        return (element.path,)
    return element.types


@cache
def is_subtype(name: str, of: str) -> bool:
    """Whether `name` is the type `of` or a specialisation of it ("Age" of "Quantity")."""
    return of in _lineage(name)


@cache
def _lineage(name: str) -> tuple[str, ...]:
    """The type and its bases, nearest first; unknown names stand alone."""
    if "." in name:
        try:
            return (name, *_lineage(structure(name).base))
        except KeyError:
            return (name,)
    base = _TYPES[name][1] if name in _TYPES else ""
    return (name, *_lineage(base)) if base else (name,)


def all_elements(type_name: str) -> Iterator[Element]:
    """Every element of a type at any depth, in the order of the snapshot, the root first."""
    for index in range(len(_compiled()["types"][type_name])):
        yield _element(type_name, index)
