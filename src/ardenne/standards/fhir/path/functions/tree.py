"""FHIRPath N1, Tree navigation."""

from __future__ import annotations

from ..nodes import Collection
from ..nodes import children as children_of
from ..scope import Scope
from .registry import function


@function("children", scoped=True)
def children(scope: Scope, items: Collection) -> Collection:
    """The immediate children of all items."""
    scope.environment.spend(len(items))
    return [child for item in items for child in children_of(item)]


@function("descendants", scoped=True)
def descendants(scope: Scope, items: Collection) -> Collection:
    """Everything below the items, level by level."""
    out: Collection = []
    level = items
    while level:
        level = children(scope, level)
        out.extend(level)
    return out
