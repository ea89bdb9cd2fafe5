"""FHIR data as FHIRPath sees them: elements with their type, read from plain dicts.

An item of a collection is either an `Element` (something that stands in a resource) or a
System value of Python (see `values`). A collection is a list that nobody changes after it
was returned: collections are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from itertools import zip_longest
from typing import Any, Final, TypeAlias

import msgspec

from ardenne.standards.fhir import definitions

from .conversion import SystemValue, system_conversion
from .values import decimal_of

Item: TypeAlias = Any
"""Element, or a System value"""

Collection: TypeAlias = list[Item]


class Element(msgspec.Struct, eq=False):
    """One element: `value` is a dict, or the JSON value of a primitive (None when it has only
    extensions); `extra` is the `_name` sibling of a primitive with its id and extensions."""

    value: Any
    type: TypeInfo
    extra: dict[str, Any] | None


Reader: TypeAlias = Callable[[Element, Collection], None]
"""Appends the elements that a step reaches from an element."""


class TypeInfo:
    """A FHIR type with the ways to its children, worked out on first use."""

    __slots__ = ("_by_key", "kind", "lineage", "name", "readers", "system")

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        """"Patient", "HumanName", "Observation.component"; "" when not known"""
        self.kind = kind
        """definitions.Structure.kind, or "unknown" for data without definition"""
        self.readers = _Readers(self)
        """by element name without [x]"""
        self.system: Callable[[Any], SystemValue | None] | None = system_conversion(name)
        """JSON value to System value; None for types without implicit conversion"""
        self.lineage: dict[str, bool] = {}
        self._by_key: dict[str, tuple[str, Reader]] | None = None

    @property
    def primitive(self) -> bool:
        return self.kind == "primitive-type"

    def is_a(self, name: str) -> bool:
        """Whether this is the type `name` or a specialisation of it."""
        known = self.lineage.get(name)
        if known is None:
            known = definitions.is_subtype(self.name, name)
            if len(self.lineage) < 100:
                self.lineage[name] = known
        return known

    def by_key(self) -> dict[str, tuple[str, Reader]]:
        """JSON property to element name and reader, e.g. valueQuantity to value."""
        if self._by_key is None:
            self._by_key = dict(_properties(self.name))
        return self._by_key

    def __repr__(self) -> str:
        return f"TypeInfo({self.name!r})"


class _Readers(dict[str, Reader | None]):
    """Readers by element name, made when first asked for; None for an unknown element."""

    def __init__(self, owner: TypeInfo) -> None:
        super().__init__()
        self.owner = owner

    def __missing__(self, name: str) -> Reader | None:
        if self.owner.kind == "unknown":
            return _untyped_reader(name)
        reader = _reader(self.owner.name, name)
        if reader is not None:
            self[name] = reader
        return reader


UNKNOWN: Final = TypeInfo("", "unknown")


def type_of_resource(resource: dict[str, Any]) -> TypeInfo:
    """The type that `resourceType` names, UNKNOWN without it."""
    name = resource.get("resourceType")
    return type_info(name) if isinstance(name, str) else UNKNOWN


def type_info(name: str) -> TypeInfo:
    """The type of that name or path; one without definition accepts any child."""
    known = _known_type(name) if len(name) < 200 and _is_defined(name) else None
    return known or TypeInfo(name, "unknown")


def _is_defined(name: str) -> bool:
    root = name.partition(".")[0]
    return (
        root in definitions.RESOURCE_TYPES
        or root in definitions.COMPLEX_TYPES
        or root in definitions.PRIMITIVE_TYPES
        or root in ("Resource", "DomainResource")
    )


@cache
def _known_type(name: str) -> TypeInfo | None:
    try:
        return TypeInfo(name, definitions.structure(name).kind)
    except KeyError:
        return None


def root_element(value: Any, type_name: str = "") -> Element | SystemValue:
    """The element that an evaluation starts from.

    `type_name` is needed where `value` is no resource ("HumanName", "Observation.component");
    a value without any type navigates by its own keys.
    """
    if isinstance(value, Element):
        return value
    if type_name:
        return Element(value, type_info(type_name), None)
    if isinstance(value, dict):
        return Element(value, type_of_resource(value), None)
    return _plain(value)


def _definition(type_name: str, name: str) -> definitions.Element | None:
    elements = definitions.structure(type_name).elements
    return elements.get(name) or elements.get(name + "[x]")


def _reader(type_name: str, name: str) -> Reader | None:
    element = _definition(type_name, name)
    if element is None:
        return None
    if definitions.structure(type_name).kind == "primitive-type":
        return None if name == "value" else _of_primitive(name, definitions.content_types(element)[0])
    if element.choice:
        return _choice_reader(dict(_choice_readers(name, element)))
    return _plain_reader(name, definitions.content_types(element)[0])


def _choice_readers(name: str, element: definitions.Element) -> Iterator[tuple[str, Reader]]:
    for type_name in element.types:
        key = name + type_name[0].upper() + type_name[1:]
        reader = _plain_reader(key, type_name)
        yield key, reader
        yield "_" + key, _lone_sibling_reader(key, reader)


def _choice_reader(keyed: dict[str, Reader]) -> Reader:
    def read(element: Element, out: Collection) -> None:
        for key in element.value:
            reader = keyed.get(key)
            if reader is not None:
                reader(element, out)

    return read


def _plain_reader(key: str, type_name: str) -> Reader:
    if type_name in ("Resource", "DomainResource"):
        return _resource_reader(key)
    kind = type_info(type_name)
    return _primitive_reader(key, kind) if kind.primitive else _complex_reader(key, kind)


def _complex_reader(key: str, kind: TypeInfo) -> Reader:
    def read(element: Element, out: Collection) -> None:
        value = element.value.get(key)
        if value is None:
            return
        if type(value) is dict:
            out.append(Element(value, kind, None))
        elif type(value) is list:
            for item in value:
                out.append(Element(item, kind, None) if type(item) is dict else _plain(item))

    return read


def _resource_reader(key: str) -> Reader:
    def read(element: Element, out: Collection) -> None:
        value = element.value.get(key)
        for item in value if type(value) is list else (value,):
            if type(item) is dict:
                out.append(Element(item, type_of_resource(item), None))

    return read


def _primitive_reader(key: str, kind: TypeInfo) -> Reader:
    sibling = "_" + key

    def read(element: Element, out: Collection) -> None:
        value = element.value.get(key)
        extra = element.value.get(sibling)
        if extra is not None:
            out.extend(_with_siblings(value, extra, kind))
        elif type(value) is list:
            out.extend([Element(item, kind, None) for item in value if item is not None])
        elif value is not None:
            out.append(Element(value, kind, None))

    return read


def _with_siblings(value: Any, extra: Any, kind: TypeInfo) -> Iterator[Element]:
    """Primitives paired with their siblings, position by position (R4 JSON, Primitive Types)."""
    values = value if type(value) is list else [value]
    extras = extra if type(extra) is list else [extra]
    for one, other in zip_longest(values, extras):
        sibling = other if type(other) is dict else None
        if one is not None or sibling:
            yield Element(one, kind, sibling)


def _of_primitive(name: str, type_name: str) -> Reader:
    """`id` and `extension` of a primitive stand in its sibling."""
    kind = type_info(type_name)

    def read(element: Element, out: Collection) -> None:
        value = element.extra.get(name) if element.extra else None
        values = value if type(value) is list else [value]
        out.extend(
            Element(one, kind, None) for one in values if type(one) is (str if kind.primitive else dict)
        )

    return read


def _lone_sibling_reader(key: str, reader: Reader) -> Reader:
    """For `_name` where the primitive itself has no value."""

    def read(element: Element, out: Collection) -> None:
        if key not in element.value:
            reader(element, out)

    return read


def _untyped_reader(name: str) -> Reader:
    sibling = "_" + name

    def read(element: Element, out: Collection) -> None:
        if type(element.value) is not dict:
            return
        value, extra = element.value.get(name), element.value.get(sibling)
        if extra is not None and not isinstance(value, dict):
            out.extend(_with_siblings(value, extra, type_info("string")))
            return
        for item in value if type(value) is list else (value,):
            if type(item) is dict:
                out.append(Element(item, type_of_resource(item), None))
            elif item is not None:
                out.append(_plain(item))

    return read


def _plain(value: Any) -> SystemValue:
    """A JSON value without definition as a System value."""
    if isinstance(value, (bool, int, str, Decimal)):
        return value
    return decimal_of(value) if type(value) is float else str(value)


def _properties(type_name: str) -> Iterator[tuple[str, tuple[str, Reader]]]:
    for raw_name, element in definitions.structure(type_name).elements.items():
        if element.choice:
            name = raw_name[:-3]
            for key, reader in _choice_readers(name, element):
                yield key, (name, reader)
            continue
        reader = _plain_reader(raw_name, definitions.content_types(element)[0])
        yield raw_name, (raw_name, reader)
        yield "_" + raw_name, (raw_name, _lone_sibling_reader(raw_name, reader))


def children(item: Item) -> Collection:
    """The immediate child elements, in the order of the JSON text."""
    out: Collection = []
    if type(item) is not Element:
        return out
    if item.type.primitive:
        for name in ("id", "extension"):
            reader = item.type.readers[name]
            if reader is not None and item.extra:
                reader(item, out)
    elif item.type.kind == "unknown":
        for key in item.value if type(item.value) is dict else ():
            if not key.startswith("_") and key != "resourceType":
                _untyped_reader(key)(item, out)
    else:
        by_key = item.type.by_key()
        for key in item.value:
            known = by_key.get(key)
            if known is not None:
                known[1](item, out)
    return out
