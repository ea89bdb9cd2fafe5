"""Filters of value sets as conditions of the database on loaded concepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import orjson

from ardenne.kernel.terminology.store import Conditions
from ardenne.standards.fhir.path import FhirPathError
from ardenne.standards.fhir.path.regex import compiled as pattern
from ardenne.standards.fhir.terminology import Concept, Filter, UnknownFilter
from ardenne.standards.fhir.terminology.concepts import value_of
from ardenne.standards.fhir.text import normalise

_IDENTITY: Final = frozenset({"code", "concept"})
_LIKE: Final = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
_HIERARCHY: Final[dict[str, str]] = {
    "is-a": "(c.number = {0} or c.above @> array[{1}::bigint])",
    "is-not-a": "not (c.number = {0} or c.above @> array[{1}::bigint])",
    "descendent-of": "({0}::int is not null and c.above @> array[{1}::bigint])",
    "descendent-leaf": "({0}::int is not null and c.leaf and c.above @> array[{1}::bigint])",
    "child-of": "({0}::int is not null and c.above @> array[{1}::bigint] and {1} = any(c.parents))",
}
_COLUMNS: Final = {"display": "c.display", "definition": "c.definition", "status": "c.status"}
_FLAGS: Final = {"inactive": "c.inactive", "notSelectable": "c.abstract"}


class Numbered(Protocol):
    """What conditions ask of a loaded code system."""

    property_uris: Mapping[str, str]

    def number_of(self, code: str) -> int | None:
        """The number of a concept."""

    def related(self, code: str, *, upward: bool) -> Iterator[str]:
        """Codes of all ancestors or descendants."""

    def key(self, number: int) -> int:
        """How the arrays of ancestors name a concept of this system."""


def conditions(system: Numbered, filters: Sequence[Filter], text: str, active: bool) -> Conditions:
    """The conditions that say the same as the filters, except for those of `tests`. Raises UnknownFilter."""
    found = Conditions()
    for each in filters:
        _add(system, each, found)
    for word in normalise(text).split():
        found.add("c.words like {}", f"%{word.translate(_LIKE)}%")
    if active:
        found.add("not c.inactive")
    return found


def _add(system: Numbered, asked: Filter, found: Conditions) -> None:
    if asked.operator in _HIERARCHY or asked.operator == "generalizes":
        if asked.property not in _IDENTITY:
            raise UnknownFilter(f"{asked.operator} applies to the property 'concept'")
        _add_hierarchy(system, asked, found)
    elif asked.operator == "regex":
        _check_property(system, asked.property)
        tests([asked])
    elif asked.operator in ("=", "in", "not-in"):
        values = [asked.value] if asked.operator == "=" else [part.strip() for part in asked.value.split(",")]
        _add_values(system, asked, values, found)
    elif asked.operator == "exists":
        if asked.value not in ("true", "false"):
            raise UnknownFilter("exists takes true or false")
        _check_property(system, asked.property)
        column = _COLUMNS.get(asked.property)
        negation = "" if asked.value == "true" else "not "
        if column:
            found.add(f"{negation}({column} <> '')")
        else:
            found.add(negation + "(c.properties ? {})", asked.property)
    else:
        raise UnknownFilter(f"the operator '{asked.operator[:40]}' is not known")


def _add_hierarchy(system: Numbered, asked: Filter, found: Conditions) -> None:
    number = system.number_of(asked.value)
    if number is None:
        found.add("true" if asked.operator == "is-not-a" else "false")
    elif asked.operator == "generalizes":
        codes = [asked.value, *system.related(asked.value, upward=True)]
        found.add("c.code = any({}::text[])", codes)
    else:
        found.add(_HIERARCHY[asked.operator], number, system.key(number))


def _add_values(system: Numbered, asked: Filter, values: list[str], found: Conditions) -> None:
    negation = "not " if asked.operator == "not-in" else ""
    name = asked.property
    if name in _IDENTITY:
        found.add(negation + "(c.code = any({}::text[]))", values)
    elif name in ("parent", "child"):
        operator = "child-of" if name == "parent" else "generalizes"
        for value in values[:1]:
            _add_hierarchy(system, Filter("concept", operator, value), found)
    elif name in _COLUMNS:
        found.add(negation + f"({_COLUMNS[name]} = any({{}}::text[]))", values)
    elif name in _FLAGS and name not in system.property_uris:
        found.add(negation + f"({_FLAGS[name]}::text = any({{}}::text[]))", values)
    else:
        _check_property(system, name)
        wanted = [orjson.dumps({name: [value]}).decode() for value in values]
        found.add(negation + "(c.properties @> any({}::jsonb[]))", wanted)


def _check_property(system: Numbered, name: str) -> None:
    if name in _IDENTITY or name in _COLUMNS or name in system.property_uris:
        return
    there = ", ".join(sorted(system.property_uris)) or "none"
    raise UnknownFilter(f"the code system has no property '{name[:60]}'; there are: {there}")


def tests(filters: Sequence[Filter]) -> list[Callable[[Concept], bool]]:
    """The filters that the database cannot answer in bounded time: patterns of strangers."""
    return [_pattern(each) for each in filters if each.operator == "regex"]


def _pattern(asked: Filter) -> Callable[[Concept], bool]:
    try:
        matcher = pattern(asked.value)
    except FhirPathError as error:
        raise UnknownFilter(str(error)) from None

    def test(concept: Concept) -> bool:
        try:
            return any(matcher.found(value, whole=True) for value in _values(concept, asked.property))
        except FhirPathError as error:
            raise UnknownFilter(str(error)) from None

    return test


def _values(concept: Concept, name: str) -> list[str]:
    if name in _IDENTITY:
        return [concept.code]
    if name in _COLUMNS:
        return [str(getattr(concept, name))]
    values: list[Any] = [value_of(held) for held in concept.properties if held.get("code") == name]
    return [str(value) for value in values]
