"""Operators whose result is a truth, and `&` (FHIRPath N1, Comparison, Collections, Boolean logic)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .arithmetic import limited
from .coercion import Evaluate, Truth, Value
from .equality import contains, order, system, type_name
from .errors import FhirPathExecutionError
from .nodes import Collection
from .scope import Scope

TRUTH_OPERATORS: Final = frozenset(
    ("and", "or", "xor", "implies", "=", "!=", "~", "!~", "<", ">", "<=", ">=", "in", "contains")
)


def joined_text(left: Any, right: Any) -> str:
    for side in (left, right):
        if side is not None and type(side) is not str:
            raise FhirPathExecutionError(f"& joins texts, not a {type_name(side)}; use toString()")
    return limited((left or "") + (right or ""))


def equals_text(left: Evaluate, text: str, wanted: bool) -> Truth:
    def run(this: Collection, scope: Scope) -> bool | None:
        items = left(this, scope)
        if len(items) != 1:
            return (not wanted) if items else None
        value = system(items[0])
        return None if value is None else (type(value) is str and value == text) is wanted

    return run


def comparison(operator: str, left: Value, right: Value) -> Truth:
    wanted = {"<": (-1,), ">": (1,), "<=": (-1, 0), ">=": (1, 0)}[operator]

    def run(this: Collection, scope: Scope) -> bool | None:
        one, other = left(this, scope), right(this, scope)
        if one is None or other is None:
            return None
        result = order(one, other)
        return None if result is None else result in wanted

    return run


def membership(item: Evaluate, items: Evaluate) -> Truth:
    def run(this: Collection, scope: Scope) -> bool | None:
        one = item(this, scope)
        if not one:
            return None
        if len(one) > 1:
            raise FhirPathExecutionError(f"membership is asked of one item, not of {len(one)}")
        return contains(items(this, scope), one[0])

    return run


def _and(left: Truth, right: Truth) -> Truth:
    def run(this: Collection, scope: Scope) -> bool | None:
        one = left(this, scope)
        if one is False:
            return False
        other = right(this, scope)
        return other if one else False if other is False else None

    return run


def _or(left: Truth, right: Truth) -> Truth:
    def run(this: Collection, scope: Scope) -> bool | None:
        one = left(this, scope)
        if one:
            return True
        other = right(this, scope)
        return True if other else other if one is False else None

    return run


def _xor(left: Truth, right: Truth) -> Truth:
    def run(this: Collection, scope: Scope) -> bool | None:
        one, other = left(this, scope), right(this, scope)
        return None if one is None or other is None else one is not other

    return run


def _implies(left: Truth, right: Truth) -> Truth:
    def run(this: Collection, scope: Scope) -> bool | None:
        one = left(this, scope)
        if one is False:
            return True
        other = right(this, scope)
        return other if one else True if other else None

    return run


LOGIC: Final[dict[str, Callable[[Truth, Truth], Truth]]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}
