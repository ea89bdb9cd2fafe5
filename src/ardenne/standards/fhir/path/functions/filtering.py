"""FHIRPath N1, Filtering and projection; types as functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from ..equality import identity, order, system
from ..errors import FhirPathExecutionError, FhirPathLimitError
from ..nodes import Collection, Item
from ..scope import MOST_ROUNDS, Scope
from ..syntax import TypeSpecifier
from ..typing import as_type, is_type, type_of
from ..typing import of_type as only_of_type
from .existence import Test
from .registry import function

Each = Callable[[Item, int, Scope], Collection]
Key = tuple[Callable[[Item, Scope], Any], bool, bool]


@function("where", "criteria", scoped=True)
def where(scope: Scope, items: Collection, test: Test) -> Collection:
    """The items for which the criteria are true."""
    if not items:
        return items
    scope.environment.spend(len(items))
    return [item for index, item in enumerate(items) if test(item, index, scope) is True]


@function("select", "projection", scoped=True)
def select(scope: Scope, items: Collection, each: Each) -> Collection:
    """What the projection gives for each item, in one collection."""
    scope.environment.spend(len(items))
    out: Collection = []
    for index, item in enumerate(items):
        out.extend(each(item, index, scope))
    scope.environment.spend(len(out))
    return out


@function("repeat", "projection", scoped=True)
def repeat(scope: Scope, items: Collection, each: Each) -> Collection:
    """What the projection reaches again and again, each item once."""
    out: Collection = []
    seen = set()
    queue = items
    rounds = 0
    while queue:
        rounds = _next_round(scope, rounds, len(queue))
        found = [new for index, item in enumerate(queue) for new in each(item, index, scope)]
        queue = []
        for item in found:
            key = identity(item)
            if key not in seen:
                seen.add(key)
                queue.append(item)
        out.extend(queue)
    return out


def _next_round(scope: Scope, rounds: int, items: int) -> int:
    scope.environment.spend(items)
    if rounds >= MOST_ROUNDS:
        raise FhirPathLimitError(f"repeat() found new items {MOST_ROUNDS} times; it seems to have no end")
    return rounds + 1


@function("repeatAll", "projection", scoped=True)
def repeat_all(scope: Scope, items: Collection, each: Each) -> Collection:
    """Like repeat(), with repetitions; endless expressions meet the limit on work."""
    out: Collection = []
    queue = items
    rounds = 0
    while queue:
        rounds = _next_round(scope, rounds, len(queue))
        queue = [new for index, item in enumerate(queue) for new in each(item, index, scope)]
        out.extend(queue)
    return out


@function("ofType", "type")
def of_type(items: Collection, kind: TypeSpecifier) -> Collection:
    """The items of the type."""
    return only_of_type(items, kind)


@function("is", "type", result="truth")
def is_(items: Collection, kind: TypeSpecifier) -> bool | None:
    """Whether the item has the type."""
    return is_type(items, kind)


@function("as", "type")
def as_(items: Collection, kind: TypeSpecifier) -> Collection:
    """The item when it has the type."""
    return as_type(items, kind)


@function("type")
def type_(items: Collection) -> Collection:
    """Namespace and name of each item's type (FHIRPath N1, Reflection)."""
    return [type_of(item) for item in items]


@function("sort", "key", required=0, scoped=True, repeating=True)
def sort(scope: Scope, items: Collection, *keys: Key) -> Collection:
    """The items in order; empty keys come first, `desc` turns a key round."""
    scope.environment.spend(len(items) * (len(keys) or 1))
    rules = keys or ((lambda item, scope: system(item), False, False),)
    keyed = [([key(item, scope) for key, _, _ in rules], item) for item in items]
    directions = [(descending, empty_last) for _, descending, empty_last in rules]

    def compare(left: tuple[list[Any], Item], right: tuple[list[Any], Item]) -> int:
        for one, other, (descending, empty_last) in zip(left[0], right[0], directions, strict=True):
            if one is None or other is None:
                result = (one is not None) - (other is not None)
                result = -result if empty_last else result
            else:
                result = -_order(one, other) if descending else _order(one, other)
            if result:
                return result
        return 0

    return [item for _, item in sorted(keyed, key=cmp_to_key(compare))]


def _order(one: Any, other: Any) -> int:
    if type(one) is bool and type(other) is bool:
        return one - other
    result = order(one, other)
    if result is None:
        raise FhirPathExecutionError(f"{one} and {other} have no order; filter such items before sort()")
    return result
