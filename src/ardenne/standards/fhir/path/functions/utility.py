"""FHIRPath N1, Utility functions: trace() and defineVariable()."""

from __future__ import annotations

from collections.abc import Callable

from ..conversion import to_python
from ..errors import FhirPathExecutionError
from ..nodes import Collection, Element, Item
from ..scope import Scope
from .registry import function


@function("trace", "text", "projection", required=1, scoped=True)
def trace(
    scope: Scope,
    items: Collection,
    name: str | None,
    each: Callable[[Item, int, Scope], Collection] | None = None,
) -> Collection:
    """Shows the items, or their projection, to the caller's log; gives the items unchanged."""
    log = scope.environment.helpers.trace
    shown = items
    if each is not None:
        shown = [found for index, item in enumerate(items) for found in each(item, index, scope)]
    if log is not None:
        log(name or "", [item.value if type(item) is Element else to_python(item) for item in shown])
    return items


@function("defineVariable", "text", "collection", required=1, scoped=True)
def define_variable(
    scope: Scope, items: Collection, name: str | None, value: Collection | None = None
) -> Collection:
    """Names a collection for the rest of the path; gives the items unchanged."""
    if not name:
        raise FhirPathExecutionError("defineVariable() needs a name")
    scope.define(name, items if value is None else value)
    return items
