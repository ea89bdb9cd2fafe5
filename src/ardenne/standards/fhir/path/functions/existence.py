"""FHIRPath N1, Existence; not() of Boolean Logic."""

from __future__ import annotations

from collections.abc import Callable

from ..equality import distinct as without_repetitions
from ..equality import identity, system, type_name
from ..errors import FhirPathExecutionError
from ..nodes import Collection, Item
from ..scope import Scope
from .registry import function

Test = Callable[[Item, int, Scope], "bool | None"]


@function("empty", result="truth")
def empty(items: Collection) -> bool:
    """Whether there is no item."""
    return not items


@function("exists", "criteria", required=0, result="truth", scoped=True)
def exists(scope: Scope, items: Collection, test: Test | None = None) -> bool:
    """Whether there is an item, or one for which the criteria are true."""
    if test is None:
        return bool(items)
    scope.environment.spend(len(items))
    return any(test(item, index, scope) is True for index, item in enumerate(items))


@function("all", "criteria", result="truth", scoped=True)
def all_(scope: Scope, items: Collection, test: Test) -> bool:
    """Whether the criteria are true for every item; true for none."""
    scope.environment.spend(len(items))
    return all(test(item, index, scope) is True for index, item in enumerate(items))


def _booleans(items: Collection) -> list[bool]:
    values = [system(item) for item in items]
    for value in values:
        if type(value) is not bool:
            raise FhirPathExecutionError(f"the items must be Boolean, one is a {type_name(value)}")
    return values


@function("allTrue", result="truth")
def all_true(items: Collection) -> bool:
    """Whether all are true; true for no items."""
    return all(_booleans(items))


@function("anyTrue", result="truth")
def any_true(items: Collection) -> bool:
    """Whether one is true."""
    return any(_booleans(items))


@function("allFalse", result="truth")
def all_false(items: Collection) -> bool:
    """Whether all are false; true for no items."""
    return not any(_booleans(items))


@function("anyFalse", result="truth")
def any_false(items: Collection) -> bool:
    """Whether one is false."""
    return not all(_booleans(items))


@function("subsetOf", "collection", result="truth")
def subset_of(items: Collection, other: Collection) -> bool:
    """Whether every item is among the others."""
    return {identity(item) for item in items} <= {identity(item) for item in other}


@function("supersetOf", "collection", result="truth")
def superset_of(items: Collection, other: Collection) -> bool:
    """Whether every other item is among the items."""
    return subset_of(other, items)


@function("count", result="value")
def count(items: Collection) -> int:
    """The number of items."""
    return len(items)


@function("distinct")
def distinct(items: Collection) -> Collection:
    """The items without repetitions."""
    return without_repetitions(items)


@function("isDistinct", result="truth")
def is_distinct(items: Collection) -> bool:
    """Whether no two items are equal."""
    return len({identity(item) for item in items}) == len(items)


@function("not", result="truth")
def not_(items: Collection) -> bool | None:
    """The opposite truth; a single item that is no Boolean counts as true."""
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathExecutionError(f"not() takes one item, not {len(items)}")
    value = system(items[0])
    return not value if type(value) is bool else False
