"""From the text of an expression to its tokens (FHIRPath N1, Lexical Elements and grammar)."""

from __future__ import annotations

import re
from typing import NamedTuple

from .errors import FhirPathSyntaxError

LONGEST_EXPRESSION = 100_000
"""Characters. The longest expression of the R4 definitions has fewer than 4,000."""


class Token(NamedTuple):
    kind: str
    """name, quoted, string, number, long, datetime, time, special, symbol or end"""
    text: str
    """the value without quotes and escapes"""
    offset: int


_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r\n\f﻿]+|//[^\r\n]*|/\*.*?\*/)
    | (?P<datetime>@\d{4}(?:-\d\d(?:-\d\d)?)?
        (?:T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?)?)?)
    | (?P<time>@T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)
    | (?P<long>\d+L)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<quoted>`(?:\\.|[^\\`])*`)
    | (?P<string>'(?:\\.|[^\\'])*')
    | (?P<special>\$[A-Za-z]+)
    | (?P<symbol><=|>=|!=|!~|[.,()\[\]{}|+\-*/&=~<>%])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"r": "\r", "n": "\n", "t": "\t", "f": "\f"}


def tokens(expression: str) -> list[Token]:
    """All tokens of `expression`, closed by one of kind "end".

    Raises FhirPathSyntaxError at the first character that begins no token.
    """
    if len(expression) > LONGEST_EXPRESSION:
        problem = f"the expression has {len(expression)} characters, at most {LONGEST_EXPRESSION} are read"
        raise FhirPathSyntaxError(problem, "", 0, "split it with defineVariable()")
    found: list[Token] = []
    offset = 0
    while offset < len(expression):
        match = _TOKEN.match(expression, offset)
        if match is None or (
            expression.startswith("/*", offset, match.end() + 1) and match.lastgroup == "symbol"
        ):
            raise _unreadable(expression, offset)
        kind, text = str(match.lastgroup), match.group()
        if kind in ("string", "quoted"):
            text = unescape(text[1:-1])
        if kind != "blank":
            found.append(Token(kind, text, offset))
        offset = match.end()
    found.append(Token("end", "", offset))
    return found


def unescape(text: str) -> str:
    r"""The characters that a string literal means: `\n`, `\'`, `\u00e9`, surrogate pairs."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_meaning, text)
    if any("\ud800" <= letter <= "\udfff" for letter in plain):
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return plain


def _meaning(match: re.Match[str]) -> str:
    body = match.group(1)
    return chr(int(body[1:], 16)) if len(body) == 5 else _ESCAPED.get(body, body)


def _unreadable(expression: str, offset: int) -> FhirPathSyntaxError:
    rest = expression[offset : offset + 2]
    if rest == "/*":
        return FhirPathSyntaxError("this comment has no end", expression, offset, "close it with */")
    if rest[0] in "'`":
        problem = "this text has no closing quote"
        return FhirPathSyntaxError(problem, expression, offset, f"close it with {rest[0]}")
    if rest[0] == '"':
        hint = "write text in single quotes: 'text'"
        return FhirPathSyntaxError("a double quote begins nothing", expression, offset, hint)
    if rest[0] == "@":
        hint = "a date is written @2015-02-04, a time @T14:30"
        return FhirPathSyntaxError("no date or time follows the @", expression, offset, hint)
    problem = f"the character {rest[0]!r} has no meaning here"
    return FhirPathSyntaxError(problem, expression, offset, "")
