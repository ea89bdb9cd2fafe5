"""The syntax tree of a FHIRPath expression. `at` is the offset of the node in the text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


class Expr(msgspec.Struct, frozen=True):
    """Any node of the tree."""

    at: int


class Literal(Expr, frozen=True):
    """A System value: bool, int, Long, Decimal, str, Date, DateTime, Time or Quantity."""

    value: Any


class Empty(Expr, frozen=True):
    """`{}`"""


class Name(Expr, frozen=True):
    """An element (`given`) or, at the start of a path, a type (`Patient`)."""

    name: str


class Call(Expr, frozen=True):
    """`where(use = 'official')`"""

    name: str
    arguments: tuple[Expr, ...]


class Special(Expr, frozen=True):
    """`$this`, `$index` or `$total`; `name` without the dollar sign."""

    name: str


class External(Expr, frozen=True):
    """An environment variable, `%resource`; `name` without the percent sign."""

    name: str


class Indexer(Expr, frozen=True):
    """`[0]`, a step of a path."""

    index: Expr


class Chain(Expr, frozen=True):
    """A path: its first term and the steps (Name, Call, Special or Indexer) taken from it."""

    first: Expr
    steps: tuple[Expr, ...]


class Unary(Expr, frozen=True):
    """`-x` or `+x`"""

    operator: str
    operand: Expr


class Binary(Expr, frozen=True):
    """`left operator right`"""

    operator: str
    left: Expr
    right: Expr


class TypeSpecifier(msgspec.Struct, frozen=True):
    """`Quantity`, `FHIR.Patient`, `System.String`; `namespace` may be empty."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


class TypeOperation(Expr, frozen=True):
    """`operand is Quantity` or `operand as Quantity`"""

    operator: str
    operand: Expr
    type: TypeSpecifier


class SortKey(Expr, frozen=True):
    """`family desc`, an argument of sort()."""

    key: Expr
    descending: bool


def children(node: Expr) -> tuple[Expr, ...]:
    """The nodes directly below `node`, in the order of the text."""
    match node:
        case Call():
            return node.arguments
        case Indexer():
            return (node.index,)
        case Chain():
            return (node.first, *node.steps)
        case Unary() | TypeOperation():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case SortKey():
            return (node.key,)
        case _:
            return ()


def walk(node: Expr) -> Iterator[Expr]:
    """`node` and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
