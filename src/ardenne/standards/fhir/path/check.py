"""Static checks: can the expression make sense for values of a type?

FHIRPath N1, Type safety and strict evaluation. The checker follows the types through the
expression and refuses only what cannot be meant; where the type is open it stays silent.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ardenne.standards.fhir import definitions

from .equality import type_name as system_name
from .errors import FhirPathSemanticError
from .functions.registry import find
from .syntax import (
    Binary,
    Call,
    Chain,
    Empty,
    Expr,
    External,
    Indexer,
    Literal,
    Name,
    Special,
    TypeOperation,
    Unary,
)
from .syntax import children as nodes_below
from .typing import is_fhir_type, resolved, specifier


class Static(NamedTuple):
    """What is known of a collection before evaluation."""

    types: frozenset[str] | None
    """FHIR types and System types ("System.String") of its items; None when open"""
    ordered: bool = True


_OPEN: Final = Static(None)
_BOOLEAN: Final = Static(frozenset(("System.Boolean",)))
_ABSTRACT: Final = frozenset(("Resource", "DomainResource", "Element", "BackboneElement"))
_ORDER_NEEDED: Final = frozenset(("first", "last", "tail", "skip", "take"))
_KEEPING: Final = _ORDER_NEEDED | frozenset(
    (
        "where",
        "single",
        "distinct",
        "exclude",
        "intersect",
        "trace",
        "defineVariable",
        "sort",
        "checkModifiers",
    )
)
_ITERATING: Final = frozenset(("criteria", "projection", "key", "total"))
_ON_INPUT: Final = frozenset(("expression", "condition"))


class Checker:
    """Checks one expression. `strict` also asks for Boolean conditions."""

    def __init__(self, ordered: bool = False, strict: bool = False) -> None:
        self.ordered = ordered
        self.strict = strict

    def check(self, tree: Expr, type_name: str) -> Static:
        """The static type of the result. Raises FhirPathSemanticError."""
        known = is_fhir_type(type_name.partition(".")[0])
        return self.of(tree, Static(frozenset((type_name,))) if known else _OPEN)

    def of(self, node: Expr, this: Static) -> Static:
        """The static type of `node` where `$this` has the type `this`."""
        match node:
            case Literal(value=value):
                return Static(frozenset((f"System.{system_name(value)}",)))
            case Empty():
                return Static(frozenset())
            case Name(name=name):
                return self.start(name, this)
            case Special(name="this"):
                return this
            case Special() | External():
                return _OPEN
            case Call():
                return self.call(node, this, this)
            case Chain(first=first, steps=steps):
                return self.chain(first, steps, this)
            case TypeOperation(operator=operator, operand=operand, type=kind):
                self.of(operand, this)
                return _BOOLEAN if operator == "is" else Static(frozenset((resolved(kind).name,)))
            case Binary(operator="|"):
                return _joined(self.of(node.left, this), self.of(node.right, this))
        for part in nodes_below(node):
            self.of(part, this)
        return _OPEN if isinstance(node, Unary | Binary) else this

    def start(self, name: str, this: Static) -> Static:
        """A first name is a type that the context has, or one of its elements."""
        if not (name[:1].isupper() and is_fhir_type(name)):
            return self.member(name, this)
        if this.types is None:
            return Static(frozenset((name,)))
        if any(definitions.is_subtype(t, name) or definitions.is_subtype(name, t) for t in this.types):
            return this if not this.types & _ABSTRACT else Static(frozenset((name,)))
        found = ", ".join(sorted(this.types)) or "nothing"
        raise FhirPathSemanticError(f"the expression is about {name}, but stands where {found} is")

    def chain(self, first: Expr, steps: tuple[Expr, ...], this: Static) -> Static:
        current = self.of(first, this)
        for step in steps:
            match step:
                case Name(name=name):
                    current = self.member(name, current)
                case Call():
                    current = self.call(step, current, this)
                case Indexer(index=index):
                    self.in_order(current, "[ ]")
                    self.of(index, this)
                case _:
                    current = self.of(step, this)
        return current

    def member(self, name: str, owner: Static) -> Static:
        types = owner.types
        if types is None or not types or types & _ABSTRACT:
            return _OPEN
        reached: set[str] = set()
        found = False
        for type_name in types:
            element = None if type_name.startswith("System.") else definitions.child(type_name, name)
            if element is not None:
                found = True
                reached.update(element[1])
        if not found:
            raise _unknown_element(name, types)
        return Static(frozenset(reached) if reached else None, owner.ordered)

    def call(self, node: Call, subject: Static, this: Static) -> Static:
        """A function on `subject`; its arguments see the outer `this` or the items."""
        known = find(node)
        if known.name in _ORDER_NEEDED:
            self.in_order(subject, f"{known.name}()")
        if known.input == "text":
            self.text_expected(known.name, subject)
        results: list[Static] = []
        last = len(known.parameters) - 1
        for place, argument in enumerate(node.arguments):
            kind = known.parameters[min(place, last)]
            if kind == "type":
                results.append(Static(frozenset((specifier(argument).name,))))
                continue
            results.append(self.of(argument, subject if kind in _ITERATING | _ON_INPUT else this))
            if kind == "condition":
                self.boolean_expected(results[-1])
        return self.result(known.name, known.result, subject, results)

    def result(self, name: str, kind: str, subject: Static, arguments: list[Static]) -> Static:
        if name in _KEEPING:
            return subject
        if name in ("ofType", "as", "select") and arguments:
            return Static(arguments[0].types, subject.ordered)
        if name in ("union", "combine") and arguments:
            return _joined(subject, arguments[0])
        if name == "extension":
            return Static(frozenset(("Extension",)), subject.ordered)
        if name in ("children", "descendants"):
            return Static(None, ordered=False)
        return _BOOLEAN if kind == "truth" else _OPEN

    def in_order(self, subject: Static, name: str) -> None:
        if self.ordered and not subject.ordered:
            raise FhirPathSemanticError(
                f"{name} counts items, but children() and descendants() have no order"
            )

    def text_expected(self, name: str, subject: Static) -> None:
        types = subject.types
        if types and not types & _ABSTRACT and not any(_is_text(type_name) for type_name in types):
            found = ", ".join(sorted(types))
            raise FhirPathSemanticError(
                f"{name}() takes a String, not {found}; use toString() or an element of it"
            )

    def boolean_expected(self, condition: Static) -> None:
        types = condition.types
        if self.strict and types and not types & {"System.Boolean", "boolean"}:
            found = ", ".join(sorted(types))
            raise FhirPathSemanticError(f"a condition must be Boolean, not {found}; use exists()")


def _is_text(type_name: str) -> bool:
    if type_name == "System.String":
        return True
    not_text = ("boolean", "integer", "decimal", "date", "dateTime", "instant", "time")
    is_primitive = type_name in definitions.PRIMITIVE_TYPES
    return is_primitive and not any(definitions.is_subtype(type_name, other) for other in not_text)


def _joined(one: Static, other: Static) -> Static:
    ordered = one.ordered and other.ordered
    if one.types is None or other.types is None:
        return Static(None, ordered)
    return Static(one.types | other.types, ordered)


def _unknown_element(name: str, types: frozenset[str]) -> FhirPathSemanticError:
    owners = ", ".join(sorted(types))
    for type_name in types:
        for element in _elements(type_name):
            stem = element.name[:-3]
            if element.choice and name.startswith(stem) and len(name) > len(stem):
                kind = next((t for t in element.types if stem + t[0].upper() + t[1:] == name), "")
                if kind:
                    return FhirPathSemanticError(
                        f"{owners} has no element {name}; write {stem}.ofType({kind})"
                    )
            if element.name.lower() == name.lower():
                return FhirPathSemanticError(f"{owners} has no element {name}; did you mean {element.name}?")
    return FhirPathSemanticError(f"{owners} has no element {name}")


def _elements(type_name: str) -> list[definitions.Element]:
    try:
        return list(definitions.structure(type_name).elements.values())
    except KeyError:
        return []
