"""From the steps of an expression to the JSON properties that hold its values."""

from collections.abc import Iterator
from typing import NamedTuple

from ardenne.standards.fhir.definitions import Element, child, content_types, structure
from ardenne.standards.fhir.extraction.syntax import Path, Step, UnsupportedExpression, parse

# Spelt with a capital in the published Observation-code-value-date.
_MISSPELT = {"DateTime": "dateTime"}


class Condition(NamedTuple):
    """A test on an object: "where" (property `name` equals `value`), "has-extension" (url) or "index"."""

    kind: str
    name: str
    value: str = ""


class Segment(NamedTuple):
    """One JSON property on the way: its name, whether it is an array, and tests on its items."""

    key: str
    many: bool
    conditions: tuple[Condition, ...] = ()


class JsonPath(NamedTuple):
    """Where values are: the properties from the start, the FHIR type found there, and for references the
    type that they must point to ("" for any). `binding` is the required value set of a code, or ""."""

    segments: tuple[Segment, ...]
    type: str
    target: str = ""
    binding: str = ""
    absolute: bool = False  # from the resource (%resource) although the expression is relative


def json_paths(start: str, expression: str) -> tuple[JsonPath, ...]:
    """All places that `expression` reaches from a value of type `start`, without repetition.

    Choices are expanded: `Observation.effective` gives effectiveDateTime, effectivePeriod and so on.
    """
    found = [place for path in parse(expression) for place in _walk(start, path)]
    return tuple(dict.fromkeys(found))


def _walk(start: str, path: Path) -> Iterator[JsonPath]:
    head, *rest = path
    absolute = head.name == "%resource"
    if absolute:
        start = start.partition(".")[0]
    elif head.name not in (start, "Resource", "DomainResource"):
        rest = list(path)
    places = [JsonPath((), start, absolute=absolute)]
    for step in rest:
        places = [reached for place in places for reached in _take(place, step)]
    for place in places:
        yield from _inside_extension(place) if place.type == "Extension" else (place,)


def _take(place: JsonPath, step: Step) -> Iterator[JsonPath]:
    if step.kind == "field":
        yield from _field(place, step.name)
    elif step.kind == "as":
        if place.type == _MISSPELT.get(step.name, step.name):
            yield place
    elif step.kind == "resolve":
        yield place._replace(target=step.name)
    elif step.kind == "extension":
        only = Condition("where", "url", step.name)
        yield JsonPath((*place.segments, Segment("extension", True, (only,))), "Extension")
    else:
        yield _narrowed(place, Condition(step.kind, step.name, step.value))


def _narrowed(place: JsonPath, condition: Condition) -> JsonPath:
    if not place.segments:
        raise UnsupportedExpression(f"a condition on {place.type} itself")
    *before, last = place.segments
    return place._replace(segments=(*before, last._replace(conditions=(*last.conditions, condition))))


def _field(place: JsonPath, name: str) -> Iterator[JsonPath]:
    found = child(place.type, name)
    if found is None:
        raise UnsupportedExpression(f"{place.type} has no element {name!r}")
    yield from _element(place, found[0])


def _element(place: JsonPath, element: Element) -> Iterator[JsonPath]:
    binding = element.binding if element.strength == "required" else ""
    for type_name in content_types(element):
        key = element.name
        if element.choice:
            key = key.removesuffix("[x]") + type_name[0].upper() + type_name[1:]
        segments = (*place.segments, Segment(key, element.repeats))
        yield place._replace(segments=segments, type=type_name, binding=binding)


def _inside_extension(place: JsonPath) -> Iterator[JsonPath]:
    """A parameter on an extension means the extension's value."""
    yield from _element(place, structure("Extension").elements["value[x]"])
