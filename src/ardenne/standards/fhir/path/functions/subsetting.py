"""FHIRPath N1, Subsetting."""

from __future__ import annotations

from ..equality import distinct, identity
from ..errors import FhirPathExecutionError
from ..nodes import Collection
from .registry import function


@function("single")
def single(items: Collection) -> Collection:
    """The only item. Raises FhirPathExecutionError for several."""
    if len(items) > 1:
        raise FhirPathExecutionError(f"single() found {len(items)} items")
    return items


@function("first")
def first(items: Collection) -> Collection:
    """The first item."""
    return items[:1]


@function("last")
def last(items: Collection) -> Collection:
    """The last item."""
    return items[-1:]


@function("tail")
def tail(items: Collection) -> Collection:
    """All but the first item."""
    return items[1:]


@function("skip", "integer")
def skip(items: Collection, number: int | None) -> Collection:
    """All but the first `number` items."""
    if number is None:
        return []
    return items[number:] if number > 0 else items


@function("take", "integer")
def take(items: Collection, number: int | None) -> Collection:
    """The first `number` items."""
    return items[:number] if number is not None and number > 0 else []


@function("intersect", "collection")
def intersect(items: Collection, other: Collection) -> Collection:
    """The items that are in both, each once."""
    both = {identity(item) for item in other}
    return distinct(item for item in items if identity(item) in both)


@function("exclude", "collection")
def exclude(items: Collection, other: Collection) -> Collection:
    """The items that are not in the other collection, in their order."""
    unwanted = {identity(item) for item in other}
    return [item for item in items if identity(item) not in unwanted]
