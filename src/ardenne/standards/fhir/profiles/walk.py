"""Every value of a resource, once, with its type, its element and where it is."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, Element, properties
from ardenne.standards.fhir.validator.report import Json, Place


class Visit(NamedTuple):
    """One value on the way through a resource."""

    value: Any  # None for a primitive that only has a companion
    companion: Json | None  # id and extensions of a primitive
    type: str  # type name, or path of nested content
    element: Element | None  # None for the root
    place: Place
    path: str  # definition path without types and indices: "Patient.contact.name"
    owner: "Visit | None"  # the object that it belongs to
    resource: Json  # the resource at hand
    root: Json  # the outermost one, or the entry of a Bundle

    @property
    def name(self) -> str:
        """The element's name, "value[x]" for choices; "" for the root."""
        return self.element.name if self.element is not None else ""


def visits(resource: Json, contained: bool = True) -> Iterator[Visit]:
    """All values of a resource in document order, the resource itself first.

    What has no place in the definitions is passed over: structural validation reports it.
    """
    kind = resource.get("resourceType")
    if type(kind) is str and kind in RESOURCE_TYPES:
        start = Visit(resource, None, kind, None, ((), kind), kind, None, resource, resource)
        yield from _object(start, contained)


def _object(visit: Visit, contained: bool) -> Iterator[Visit]:
    yield visit
    if visit.companion is not None:
        yield from _children(visit, visit.companion, "Element", contained)
    if type(visit.value) is dict:
        yield from _children(visit, visit.value, visit.type, contained)


def _children(visit: Visit, content: Json, type_name: str, contained: bool) -> Iterator[Visit]:
    known = properties(type_name)
    for key in content:
        name = key.removeprefix("_")
        prop = known.get(name)
        if prop is None or (key[0] == "_" and name in content) or (name == "contained" and not contained):
            continue
        value, companion = content.get(name), content.get("_" + name)
        base = prop.element.name.removesuffix("[x]")
        path = f"{visit.path}.{base}"
        for item, beside, place in _items(value, companion, visit.place, prop.step):
            inner = Visit(
                item, beside, prop.type, prop.element, place, path, visit, visit.resource, visit.root
            )
            yield from _entered(inner, contained) if prop.type == "Resource" else _object(inner, contained)


def _entered(visit: Visit, contained: bool) -> Iterator[Visit]:
    """A resource within a resource; contained ones keep their root."""
    value = visit.value
    kind = value.get("resourceType") if type(value) is dict else None
    if type(kind) is str and kind in RESOURCE_TYPES:
        root = visit.root if visit.name == "contained" else value
        yield from _object(visit._replace(type=kind, path=kind, resource=value, root=root), contained)


def _items(value: Any, companion: Any, place: Place, step: str) -> Iterator[tuple[Any, Json | None, Place]]:
    if type(value) is list or type(companion) is list:
        values = value if type(value) is list else []
        beside = companion if type(companion) is list else []
        for index in range(max(len(values), len(beside))):
            item = values[index] if index < len(values) else None
            other = beside[index] if index < len(beside) else None
            if item is not None or other is not None:
                yield item, other if type(other) is dict else None, (place, step, index)
    elif value is not None or type(companion) is dict:
        yield value, companion if type(companion) is dict else None, (place, step)
