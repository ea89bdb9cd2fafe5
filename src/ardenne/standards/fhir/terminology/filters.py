"""Filters of a ValueSet on the concepts of a listed code system (FHIR R4, ValueSet.compose.include.filter).

Operators of R4: =, is-a, descendent-of, is-not-a, regex, in, not-in, generalizes, exists; and of R5 child-of
and descendent-leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from ardenne.standards.fhir.path.errors import FhirPathError
from ardenne.standards.fhir.path.regex import compiled as pattern
from ardenne.standards.fhir.terminology.concepts import Concept, value_of
from ardenne.standards.fhir.terminology.system import Filter, UnknownFilter

Test = Callable[[Concept], bool]
Values = Callable[[Concept], list[str]]

_HIERARCHY: Final = frozenset({
    "is-a", "descendent-of", "is-not-a", "generalizes", "child-of", "descendent-leaf",
})  # fmt: skip
_IDENTITY: Final = frozenset({"concept", "code"})
_KNOWN_PROPERTIES: Final = frozenset({
    "notSelectable", "inactive", "status", "parent", "child", "effectiveDate", "deprecationDate",
    "retirementDate", "synonym", "comment", "subsumedBy",
})  # fmt: skip
_NOT_SELECTABLE: Final = "http://hl7.org/fhir/concept-properties#notSelectable"


class Listed(Protocol):
    """What filters ask of a code system."""

    concepts: dict[str, Concept]

    @property
    def property_uris(self) -> Mapping[str, str]:
        """The properties with their URIs."""

    def find(self, code: str) -> Concept | None:
        """The concept of a code."""

    def children(self, code: str) -> Sequence[str]:
        """Codes directly below."""

    def related(self, code: str, *, upward: bool) -> Iterator[str]:
        """Codes of all ancestors or descendants."""


def compiled(system: Listed, filters: Sequence[Filter]) -> Test:
    """One test for all filters. Raises UnknownFilter."""
    tests = [_test(system, each) for each in filters]
    if not tests:
        return lambda concept: True
    if len(tests) == 1:
        return tests[0]
    return lambda concept: all(test(concept) for test in tests)


def _test(system: Listed, asked: Filter) -> Test:
    if asked.operator in _HIERARCHY:
        if asked.property not in _IDENTITY:
            raise UnknownFilter(f"{asked.operator} applies to the property 'concept'")
        return _by_hierarchy(system, asked)
    values = _values(system, asked.property)
    match asked.operator:
        case "=":
            single = _truth(asked.value)
            return lambda concept: single in values(concept)
        case "in" | "not-in":
            wanted = {_truth(part.strip()) for part in asked.value.split(",")}
            inside = asked.operator == "in"
            return lambda concept: (not wanted.isdisjoint(values(concept))) is inside
        case "exists":
            if asked.value not in ("true", "false"):
                raise UnknownFilter("exists takes true or false")
            there = asked.value == "true"
            return lambda concept: bool(values(concept)) is there
        case "regex":
            return _by_pattern(asked.value, values)
    raise UnknownFilter(
        f"the operator '{asked.operator[:40]}' is none of =, is-a, descendent-of, is-not-a, regex, in, not-in, "
        "generalizes, exists, child-of, descendent-leaf"
    )


def _by_hierarchy(system: Listed, asked: Filter) -> Test:
    anchor = system.find(asked.value)
    code = anchor.code if anchor else asked.value
    match asked.operator:
        case "is-a" | "descendent-of" | "descendent-leaf" | "is-not-a":
            below = set(system.related(code, upward=False)) if anchor else set()
            if asked.operator == "descendent-leaf":
                return lambda concept: concept.code in below and not system.children(concept.code)
            if asked.operator == "descendent-of":
                return lambda concept: concept.code in below
            below.add(code)
            inside = asked.operator == "is-a"
            return lambda concept: (concept.code in below) is inside
        case "child-of":
            return lambda concept: code in concept.parents
    above = {code, *system.related(code, upward=True)} if anchor else set()
    return lambda concept: concept.code in above


def _by_pattern(text: str, values: Values) -> Test:
    try:
        matcher = pattern(text)
    except FhirPathError as error:
        raise UnknownFilter(str(error)) from None

    def test(concept: Concept) -> bool:
        try:
            return any(matcher.found(value, whole=True) for value in values(concept))
        except FhirPathError as error:
            raise UnknownFilter(str(error)) from None

    return test


def _values(system: Listed, name: str) -> Values:
    """What a concept has under a property, as the text that filters are written in."""
    match name:
        case "concept" | "code":
            return lambda concept: [concept.code]
        case "display":
            return lambda concept: [concept.display] if concept.display else []
        case "definition":
            return lambda concept: [concept.definition] if concept.definition else []
        case "designation":
            return lambda concept: [each.value for each in concept.designations]
    uri = system.property_uris.get(name)
    if uri is None and name not in _KNOWN_PROPERTIES and not _is_used(system, name):
        there = ", ".join(sorted(system.property_uris)) or "none"
        raise UnknownFilter(f"the code system has no property '{name[:60]}'; there are: {there}")
    if uri == _NOT_SELECTABLE or (not uri and name == "notSelectable"):
        # selectable is what a concept is when nothing is said
        return lambda concept: [str(concept.abstract).lower()]
    match name:
        case "parent":
            return lambda concept: list(concept.parents)
        case "child":
            return lambda concept: list(system.children(concept.code))
        case "inactive":
            return lambda concept: [str(concept.inactive).lower()]
        case "status":
            return lambda concept: _stated(concept, name) or ([concept.status] if concept.status else [])
    return lambda concept: _stated(concept, name)


def _truth(value: str) -> str:
    """A value as filters compare it: truth values in small letters."""
    return value.lower() if value.lower() in ("true", "false") else value


def _is_used(system: Listed, name: str) -> bool:
    return any(held.get("code") == name for each in system.concepts.values() for held in each.properties)


def _stated(concept: Concept, name: str) -> list[str]:
    return [text for held in concept.properties if held.get("code") == name for text in _texts(held)]


def _texts(held: dict[str, Any]) -> list[str]:
    value = value_of(held)
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, dict):
        code = value.get("code")
        return [code] if isinstance(code, str) else []
    if isinstance(value, (str, int)):
        return [str(value)]
    if isinstance(value, (float, Decimal)):
        return [format(Decimal(str(value)).normalize(), "f"), str(value)]
    return []
