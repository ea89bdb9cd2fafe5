"""FHIRPath N1, Combining; iif() and coalesce()."""

from __future__ import annotations

from collections.abc import Callable

from ..equality import distinct
from ..errors import FhirPathExecutionError
from ..nodes import Collection
from ..scope import Scope
from .registry import function


@function("union", "collection", scoped=True)
def union(scope: Scope, items: Collection, other: Collection) -> Collection:
    """Both collections without repetitions."""
    scope.environment.spend(len(items) + len(other))
    return distinct([*items, *other])


@function("combine", "collection", "value", required=1, scoped=True)
def combine(scope: Scope, items: Collection, other: Collection, _keep_order: object = None) -> Collection:
    """Both collections with their repetitions; the order is always kept."""
    scope.environment.spend(len(items) + len(other))
    return [*items, *other]


@function("iif", "condition", "expression", "expression", required=2, scoped=True)
def iif(
    scope: Scope,
    items: Collection,
    condition: Callable[[Collection, Scope], bool | None],
    then: Callable[[Collection, Scope], Collection],
    otherwise: Callable[[Collection, Scope], Collection] | None = None,
) -> Collection:
    """`then` when the condition is true, else `otherwise`; the other one is not evaluated."""
    if len(items) > 1:
        raise FhirPathExecutionError(f"iif() takes one item, not {len(items)}; use select(iif(...))")
    if condition(items, scope):
        return then(items, scope)
    return otherwise(items, scope) if otherwise is not None else []


@function("coalesce", "lazy", repeating=True)
def coalesce(items: Collection, *choices: Callable[[], Collection]) -> Collection:
    """The first argument that is not empty; later ones are not evaluated."""
    for choice in choices:
        found = choice()
        if found:
            return found
    return []
