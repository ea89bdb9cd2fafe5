"""Collections, single values and truth: each made of the other.

FHIRPath N1, Singleton Evaluation of Collections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from .equality import system, type_name
from .errors import FhirPathExecutionError
from .nodes import Collection
from .scope import Scope

Evaluate: TypeAlias = Callable[[Collection, Scope], Collection]
Truth: TypeAlias = Callable[[Collection, Scope], "bool | None"]
Value: TypeAlias = Callable[[Collection, Scope], Any]

EMPTY: Final[Collection] = []
TRUE: Final[Collection] = [True]
FALSE: Final[Collection] = [False]


def as_collection(value: Any) -> Collection:
    """A System value or None as a collection."""
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    return EMPTY if value is None else [value]


def as_value(items: Collection) -> Any:
    """The only System value of a collection, None when it is empty.

    Raises FhirPathExecutionError for several items (FHIRPath N1, Singleton Evaluation).
    """
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathExecutionError(
            f"{len(items)} items stand where one is needed; choose one with where() or first()"
        )
    return system(items[0])


def as_truth(items: Collection) -> bool | None:
    """The truth of a collection: empty is None, a single item that is no Boolean is true."""
    value = as_value(items)
    if value is None:
        return bool(items) or None
    return value if type(value) is bool else True


def single_value(expected: str, items: Collection) -> Any:
    """The only value, which must be of the expected kind: "text", "integer" or "number"."""
    value = as_value(items)
    if value is None:
        return None
    fitting = {"text": type(value) is str, "integer": isinstance(value, int), "number": True}[expected]
    if not fitting or (expected == "integer" and type(value) is bool):
        raise FhirPathExecutionError(
            f"a {type_name(value)} stands where {NAMES_OF_KINDS[expected]} is needed"
        )
    return value


NAMES_OF_KINDS: Final = {"text": "a String", "integer": "an Integer", "number": "a number"}
