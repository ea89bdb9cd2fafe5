"""From the text of a GraphQL query to its tree (GraphQL October 2021, sections 2.1 to 2.12)."""

from __future__ import annotations

import json
import re
from textwrap import dedent
from typing import Any, Final, NamedTuple

from .errors import GraphQLError
from .syntax import (
    At,
    Directive,
    Document,
    Field,
    Fragment,
    Inline,
    Operation,
    Parameter,
    Selection,
    Spread,
    Variable,
)

LONGEST: Final = 100_000
DEEPEST: Final = 30

_TOKEN: Final = re.compile(
    r"""
      (?P<blank>[\s,﻿]+|\#[^\r\n]*)
    | (?P<dots>\.\.\.)
    | (?P<name>[_A-Za-z][_0-9A-Za-z]*)
    | (?P<float>-?(?:0|[1-9]\d*)(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)(?![\w.]))
    | (?P<int>-?(?:0|[1-9]\d*)(?![\w.]))
    | (?P<block>\"\"\"(?:\\\"\"\"|(?!\"\"\").)*\"\"\")
    | (?P<text>"(?:\\.|[^"\\\r\n])*")
    | (?P<sign>[!$&()\[\]{}:=@|])
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """`kind` is name, int, float, text, sign, dots or end; `text` is the value."""

    kind: str
    text: str
    at: At


def parse(query: str) -> Document:
    """The tree of a query text. Raises GraphQLError with line and column."""
    if len(query) > LONGEST:
        raise GraphQLError(f"The query has {len(query)} characters; at most {LONGEST} are read.")
    return _Parser(_tokens(query)).document()


def _tokens(query: str) -> list[Token]:
    found: list[Token] = []
    place, line, line_start = 0, 1, 0
    while place < len(query):
        match = _TOKEN.match(query, place)
        at = (line, place - line_start + 1)
        if match is None:
            raise GraphQLError(f"Line {line}: the character {query[place]!r} has no meaning here.", *at)
        kind, text = str(match.lastgroup), match.group()
        if kind == "block":
            kind, text = "text", dedent(text[3:-3].replace('\\"""', '"""')).strip("\n")
        elif kind == "text":
            text = _unescaped(text, at)
        if kind != "blank":
            found.append(Token(kind, text, at))
        line += match.group().count("\n")
        if "\n" in match.group():
            line_start = place + match.group().rindex("\n") + 1
        place = match.end()
    found.append(Token("end", "", (line, place - line_start + 1)))
    return found


def _unescaped(text: str, at: At) -> str:
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        raise GraphQLError(f"Line {at[0]}: the text {text} has an unknown escape.", *at) from None


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.next = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def take(self) -> Token:
        token = self.token
        self.next += 1
        return token

    def accept(self, sign: str) -> bool:
        found = self.token.kind in ("sign", "dots") and self.token.text == sign
        self.next += found
        return found

    def expect(self, sign: str) -> None:
        if not self.accept(sign):
            raise self.unexpected(f"{sign!r} is expected")

    def name(self, what: str) -> str:
        if self.token.kind != "name":
            raise self.unexpected(f"{what} is expected")
        return self.take().text

    def unexpected(self, hint: str) -> GraphQLError:
        found = "the end of the query" if self.token.kind == "end" else repr(self.token.text)
        return GraphQLError(f"Line {self.token.at[0]}: found {found}, but {hint}.", *self.token.at)

    def document(self) -> Document:
        operations: list[Operation] = []
        fragments: dict[str, Fragment] = {}
        while self.token.kind != "end":
            if self.token.kind == "name" and self.token.text == "fragment":
                fragment = self.fragment()
                if fragment.name in fragments:
                    raise GraphQLError(f"The fragment {fragment.name} is defined twice.", *fragment.at)
                fragments[fragment.name] = fragment
            else:
                operations.append(self.operation())
        if not operations:
            raise GraphQLError('The query is empty; write e.g. { Patient(id: "p") { id } }.')
        return Document(tuple(operations), fragments)

    def operation(self) -> Operation:
        at = self.token.at
        if self.token.text == "{" and self.token.kind == "sign":
            return Operation("query", "", (), self.selections(), at)
        kind = self.name("query or {")
        if kind not in ("query", "mutation", "subscription"):
            raise GraphQLError(f"Line {at[0]}: {kind!r} begins nothing; write query or {{.", *at)
        name = self.take().text if self.token.kind == "name" else ""
        parameters = self.parameters() if self.accept("(") else ()
        self.directives()
        return Operation(kind, name, parameters, self.selections(), at)

    def parameters(self) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        while not self.accept(")"):
            self.expect("$")
            name = self.name("the name of a variable")
            self.expect(":")
            kind = self.type_reference()
            has_default = self.accept("=")
            found.append(Parameter(name, kind, self.value(True) if has_default else None, has_default))
            self.directives()
        return tuple(found)

    def type_reference(self) -> str:
        if self.accept("["):
            inner = self.type_reference()
            self.expect("]")
            kind = f"[{inner}]"
        else:
            kind = self.name("a type")
        return kind + ("!" if self.accept("!") else "")

    def fragment(self) -> Fragment:
        at = self.take().at
        name = self.name("the name of the fragment")
        if self.name("on") != "on":
            raise GraphQLError(f"Line {at[0]}: write fragment {name} on Type.", *at)
        kind = self.name("a type")
        self.directives()
        return Fragment(name, kind, self.selections(), at)

    def selections(self) -> tuple[Selection, ...]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise GraphQLError(f"The query is nested more than {DEEPEST} levels deep.", *self.token.at)
        self.expect("{")
        found: list[Selection] = []
        while not self.accept("}"):
            found.append(self.selection())
        self.depth -= 1
        if not found:
            raise self.unexpected("a selection names at least one field")
        return tuple(found)

    def selection(self) -> Selection:
        at = self.token.at
        if not self.accept("..."):
            return self.field()
        if self.token.kind == "name" and self.token.text != "on":
            name = self.take().text
            return Spread(self.directives(), at, name)
        kind = ""
        if self.token.kind == "name":
            self.next += 1
            kind = self.name("a type")
        directives = self.directives()
        return Inline(directives, at, kind, self.selections())

    def field(self) -> Field:
        at = self.token.at
        name, alias = self.name("the name of a field"), ""
        if self.accept(":"):
            name, alias = self.name("the name of a field"), name
        arguments = self.arguments() if self.accept("(") else {}
        directives = self.directives()
        has_body = self.token.kind == "sign" and self.token.text == "{"
        return Field(directives, at, name, alias, arguments, self.selections() if has_body else ())

    def arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.accept(")"):
            token = self.token
            name = self.name("the name of an argument")
            if name in found:
                raise GraphQLError(f"The argument {name} stands twice.", *token.at)
            self.expect(":")
            found[name] = self.value(False)
        return found

    def directives(self) -> tuple[Directive, ...]:
        found: list[Directive] = []
        while self.token.kind == "sign" and self.token.text == "@":
            at = self.take().at
            name = self.name("the name of a directive")
            found.append(Directive(name, self.arguments() if self.accept("(") else {}, at))
        return tuple(found)

    def value(self, constant: bool) -> Any:
        token = self.token
        match token.kind, token.text:
            case "sign", "$" if not constant:
                self.next += 1
                return Variable(self.name("the name of a variable"), token.at)
            case "sign", "[":
                return self.list_value(constant)
            case "sign", "{":
                return self.object_value(constant)
            case "name", word:
                self.next += 1
                return {"true": True, "false": False, "null": None}.get(word, word)
            case "int", digits if len(digits) < 20:
                self.next += 1
                return int(digits)
            case "float", digits:
                self.next += 1
                return float(digits)
            case "text", text:
                self.next += 1
                return text
        raise self.unexpected("a value is expected")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise GraphQLError(f"The query is nested more than {DEEPEST} levels deep.", *self.token.at)

    def list_value(self, constant: bool) -> list[Any]:
        self.deeper()
        self.expect("[")
        found = []
        while not self.accept("]"):
            found.append(self.value(constant))
        self.depth -= 1
        return found

    def object_value(self, constant: bool) -> dict[str, Any]:
        self.deeper()
        self.expect("{")
        found = {}
        while not self.accept("}"):
            name = self.name("the name of a property")
            self.expect(":")
            found[name] = self.value(constant)
        self.depth -= 1
        return found
