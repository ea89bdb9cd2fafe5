"""The syntax tree of a GraphQL query (GraphQL October 2021, section 2). `at` is (line, column)."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

At: TypeAlias = tuple[int, int]


class Variable(msgspec.Struct, frozen=True):
    """`$name` where a value is expected."""

    name: str
    at: At


class Directive(msgspec.Struct, frozen=True):
    """`@include(if: $x)`"""

    name: str
    arguments: dict[str, Any]
    at: At


class Selection(msgspec.Struct, frozen=True):
    """A field, an inline fragment or the use of a fragment."""

    directives: tuple[Directive, ...]
    at: At


class Field(Selection, frozen=True):
    """`alias: name(arguments) @directives { selections }`"""

    name: str
    alias: str
    arguments: dict[str, Any]
    selections: tuple[Selection, ...]

    @property
    def key(self) -> str:
        """The property in the answer."""
        return self.alias or self.name


class Inline(Selection, frozen=True):
    """`... on Patient { selections }`; `type` may be empty."""

    type: str
    selections: tuple[Selection, ...]


class Spread(Selection, frozen=True):
    """`...name`"""

    name: str


class Fragment(msgspec.Struct, frozen=True):
    """`fragment name on Patient { selections }`"""

    name: str
    type: str
    selections: tuple[Selection, ...]
    at: At


class Parameter(msgspec.Struct, frozen=True):
    """A variable that an operation declares."""

    name: str
    type: str
    """as written, "String!" or "[ID]" """
    default: Any
    has_default: bool


class Operation(msgspec.Struct, frozen=True):
    """A query."""

    kind: str
    name: str
    parameters: tuple[Parameter, ...]
    selections: tuple[Selection, ...]
    at: At


class Document(msgspec.Struct, frozen=True):
    """All operations and fragments of a query text."""

    operations: tuple[Operation, ...]
    fragments: dict[str, Fragment]
