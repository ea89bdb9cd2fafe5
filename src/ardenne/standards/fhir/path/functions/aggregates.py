"""FHIRPath, Aggregates."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any

from ..arithmetic import OPERATIONS
from ..equality import order, system
from ..errors import FhirPathExecutionError
from ..nodes import Collection, Item
from ..scope import Scope
from .registry import function


@function("aggregate", "total", "collection", required=1, scoped=True)
def aggregate(
    scope: Scope,
    items: Collection,
    step: Callable[[Item, int, Collection, Scope], Collection],
    start: Collection | None = None,
) -> Collection:
    """`$total` after the step was taken for every item."""
    scope.environment.spend(len(items))
    total: Collection = start or []
    for index, item in enumerate(items):
        total = step(item, index, total, scope)
        scope.environment.spend(len(total))
    return total


def _values(items: Collection) -> list[Any]:
    values = [system(item) for item in items]
    if len({type(value) for value in values}) > 1:
        raise FhirPathExecutionError("the items must have the same type")
    return values


@function("sum", result="value")
def total(items: Collection) -> Any:
    """The sum of numbers or quantities."""
    return reduce(OPERATIONS["+"], _values(items)) if items else None


@function("avg", result="value")
def average(items: Collection) -> Any:
    """The sum divided by the number of items."""
    return OPERATIONS["/"](total(items), Decimal(len(items))) if items else None


def _least(one: Any, other: Any) -> Any:
    return other if order(other, one) == -1 else one


def _greatest(one: Any, other: Any) -> Any:
    return other if order(other, one) == 1 else one


@function("min", result="value")
def least(items: Collection) -> Any:
    """The least item."""
    return reduce(_least, _values(items)) if items else None


@function("max", result="value")
def greatest(items: Collection) -> Any:
    """The greatest item."""
    return reduce(_greatest, _values(items)) if items else None
