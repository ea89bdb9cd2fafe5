"""From tokens to the syntax tree: precedence climbing over the grammar of FHIRPath N1."""

from __future__ import annotations

from decimal import Decimal

from .errors import FhirPathSyntaxError
from .lexer import Token, tokens
from .quantity import CALENDAR_UNITS, Quantity
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
    SortKey,
    Special,
    TypeOperation,
    TypeSpecifier,
    Unary,
)
from .temporal import parse_literal
from .values import Long, integer_literal

DEEPEST = 60
"""Levels of brackets and arguments. Real expressions need fewer than 10."""

HIGHEST = 250
"""Levels of the syntax tree, e.g. operators in a row. Real expressions need fewer than 60."""

_PRECEDENCE = {
    "implies": 1,
    "or": 2,
    "xor": 2,
    "and": 3,
    "in": 4,
    "contains": 4,
    "=": 5,
    "~": 5,
    "!=": 5,
    "!~": 5,
    "<": 6,
    ">": 6,
    "<=": 6,
    ">=": 6,
    "|": 7,
    "is": 8,
    "as": 8,
    "+": 9,
    "-": 9,
    "&": 9,
    "*": 10,
    "/": 10,
    "div": 10,
    "mod": 10,
}
"""Operator precedence, weakest first (FHIRPath N1, Operator Precedence)."""

_SPECIAL = ("$this", "$index", "$total")


def parse(expression: str) -> Expr:
    """The syntax tree of `expression`. Raises FhirPathSyntaxError."""
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = tokens(expression)
        self.next = 0
        self.depth = 0
        self.height = 0
        """levels of the tree that was read last"""

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def whole(self) -> Expr:
        if self.token.kind == "end":
            raise self.error("the expression is empty")
        tree = self.binary(1)
        if self.token.kind != "end":
            raise self.unexpected("the expression should end here or go on with an operator")
        return tree

    def binary(self, weakest: int) -> Expr:
        """An expression whose operators bind at least as strongly as `weakest`."""
        self.deeper()
        left = self.unary()
        while True:
            token = self.token
            strength = _PRECEDENCE.get(token.text, 0) if token.kind in ("name", "symbol") else 0
            if strength < weakest or strength == 0:
                break
            self.next += 1
            height = self.height
            if token.text in ("is", "as"):
                left = TypeOperation(token.offset, token.text, left, self.type_specifier())
            else:
                left = Binary(token.offset, token.text, left, self.binary(strength + 1))
            self.higher(max(height, self.height))
        self.depth -= 1
        return left

    def unary(self) -> Expr:
        token = self.token
        if token.kind == "symbol" and token.text in "+-":
            self.next += 1
            self.deeper()
            operand = self.unary()
            self.depth -= 1
            self.higher(self.height)
            return Unary(token.offset, token.text, operand)
        return self.path()

    def path(self) -> Expr:
        self.height = 0
        first = self.term()
        steps: list[Expr] = []
        height = self.height
        while self.token.kind == "symbol" and self.token.text in (".", "["):
            opening = self.token
            self.next += 1
            if opening.text == ".":
                steps.append(self.invocation("a name or a function should follow the dot"))
            else:
                index = self.binary(1)
                self.expect("]", opening)
                steps.append(Indexer(opening.offset, index))
            height = max(height, self.height)
        self.higher(height)
        return Chain(first.at, first, tuple(steps)) if steps else first

    def term(self) -> Expr:
        token = self.token
        match token.kind:
            case "symbol" if token.text == "(":
                self.next += 1
                inner = self.binary(1)
                self.expect(")", token)
                return inner
            case "symbol" if token.text == "{":
                self.next += 1
                self.expect("}", token)
                return Empty(token.offset)
            case "symbol" if token.text == "%":
                return self.external()
            case "name" if token.text in ("true", "false"):
                self.next += 1
                return Literal(token.offset, token.text == "true")
            case "name" | "quoted" | "special":
                return self.invocation("")
            case "symbol" | "end":
                raise self.unexpected("a value, a name or a function is missing before it")
        self.next += 1
        return self.literal(token)

    def literal(self, token: Token) -> Expr:
        match token.kind:
            case "string":
                return Literal(token.offset, token.text)
            case "long":
                return Literal(token.offset, Long(token.text[:-1]))
            case "number":
                return self.number(token)
        try:
            return Literal(token.offset, parse_literal(token.text))
        except ValueError as reason:
            raise FhirPathSyntaxError(str(reason), self.expression, token.offset) from None

    def number(self, token: Token) -> Expr:
        unit = self.token
        if unit.kind == "string":
            self.next += 1
            return Literal(token.offset, Quantity(Decimal(token.text), unit.text))
        if unit.kind == "name" and unit.text in CALENDAR_UNITS:
            self.next += 1
            return Literal(token.offset, Quantity(Decimal(token.text), CALENDAR_UNITS[unit.text], True))
        value = Decimal(token.text) if "." in token.text else integer_literal(token.text)
        return Literal(token.offset, value)

    def external(self) -> Expr:
        percent = self.token
        self.next += 1
        token = self.token
        if token.kind not in ("name", "quoted", "string"):
            raise self.unexpected("the name of a variable should follow the %")
        self.next += 1
        return External(percent.offset, token.text)

    def invocation(self, hint: str) -> Expr:
        token = self.token
        if token.kind == "special":
            if token.text not in _SPECIAL:
                raise self.error(f"{token.text} does not exist", f"known are {', '.join(_SPECIAL)}")
            self.next += 1
            return Special(token.offset, token.text[1:])
        if token.kind not in ("name", "quoted"):
            raise self.unexpected(hint)
        self.next += 1
        if self.token.kind == "symbol" and self.token.text == "(":
            return self.call(token)
        return Name(token.offset, token.text)

    def call(self, name: Token) -> Expr:
        opening = self.token
        self.next += 1
        self.height = 0
        arguments: list[Expr] = []
        if not (self.token.kind == "symbol" and self.token.text == ")"):
            arguments.append(self.argument(name.text))
            while self.token.kind == "symbol" and self.token.text == ",":
                self.next += 1
                arguments.append(self.argument(name.text))
        self.expect(")", opening)
        return Call(name.offset, name.text, tuple(arguments))

    def argument(self, function: str) -> Expr:
        height = self.height
        expression = self.binary(1)
        self.height = max(height, self.height)
        if function == "sort" and self.token.kind == "name" and self.token.text in ("asc", "desc"):
            descending = self.token.text == "desc"
            self.next += 1
            return SortKey(expression.at, expression, descending)
        return expression

    def type_specifier(self) -> TypeSpecifier:
        names = [self.identifier()]
        while self.token.kind == "symbol" and self.token.text == "." and len(names) < 2:
            following = self.tokens[self.next + 1]
            after = self.tokens[min(self.next + 2, len(self.tokens) - 1)]
            if following.kind not in ("name", "quoted") or after.text == "(":
                break
            self.next += 1
            names.append(self.identifier())
        return TypeSpecifier("" if len(names) == 1 else names[0], names[-1])

    def identifier(self) -> str:
        if self.token.kind not in ("name", "quoted"):
            raise self.unexpected("the name of a type should follow, e.g. Quantity")
        self.next += 1
        return self.tokens[self.next - 1].text

    def expect(self, closing: str, opening: Token) -> None:
        if self.token.kind != "symbol" or self.token.text != closing:
            place = f"the {opening.text!r} at column {opening.offset + 1} is closed by {closing!r}"
            raise self.unexpected(place)
        self.next += 1

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"nested more than {DEEPEST} levels deep", "split it with defineVariable()")

    def higher(self, height: int) -> None:
        """One level above trees of `height`."""
        self.height = height + 1
        if self.height > HIGHEST:
            problem = f"the expression has more than {HIGHEST} levels"
            raise self.error(problem, "split it with defineVariable()")

    def unexpected(self, hint: str) -> FhirPathSyntaxError:
        found = "the end of the text" if self.token.kind == "end" else repr(self.token.text)
        return self.error(f"unexpected {found}", hint)

    def error(self, problem: str, hint: str = "") -> FhirPathSyntaxError:
        return FhirPathSyntaxError(problem, self.expression, self.token.offset, hint)
