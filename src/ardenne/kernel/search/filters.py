"""``_filter``: an expression over search parameters (R4, Search filter).

``given eq "peter" and birthdate ge 2014-10-10``, ``not(...)``, ``and``, ``or``, parentheses; chains with dots.
Operators: eq ne co sw ew gt lt ge le ap sa eb pr in ss sb.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import Parameter
from ardenne.kernel.store import conditions as ask

_TOKEN = re.compile(r'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|([^\s()"]+))')
_COMPARISONS = frozenset({"gt", "lt", "ge", "le", "ap", "sa", "eb"})
_MODIFIERS = {"co": "contains", "in": "in", "ss": "below", "sb": "above"}
_OPERATORS = _COMPARISONS | _MODIFIERS.keys() | {"eq", "ne", "sw", "ew", "pr", "po", "re"}
_MAX_DEPTH = 30

Translate = Callable[[Parameter], ask.Condition]
"""Gives the condition of one parameter as if it stood in the query."""


class _Word(NamedTuple):
    text: str
    quoted: bool
    place: int


def condition(text: str, kind_of: Callable[[str], str], translate: Translate) -> ask.Condition:
    """Return the condition of a filter. ``kind_of`` gives the type of a parameter. Raises SearchError."""
    return _Parser(_words(text), kind_of, translate).whole()


def _fail(message: str) -> SearchError:
    return SearchError("_filter", message)


def _words(text: str) -> list[_Word]:
    found: list[_Word] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise _fail(f"at character {place + 1} a quotation mark is missing")
        bracket, quoted, plain = match.groups()
        if quoted is not None:
            found.append(_Word(re.sub(r"\\(.)", r"\1", quoted), True, place + 1))
        else:
            found.append(_Word(bracket or plain, False, place + 1))
        place = match.end()
    return found


class _Parser:
    def __init__(self, words: list[_Word], kind_of: Callable[[str], str], translate: Translate) -> None:
        self._words = words
        self._next = 0
        self._kind_of = kind_of
        self._translate = translate

    def whole(self) -> ask.Condition:
        found = self._or(0)
        if self._next < len(self._words):
            word = self._words[self._next]
            raise _fail(f"at character {word.place} '{word.text[:30]}' was not expected")
        return found

    def _peek(self) -> str:
        if self._next >= len(self._words) or self._words[self._next].quoted:
            return ""
        return self._words[self._next].text

    def _take(self, what: str) -> _Word:
        if self._next >= len(self._words):
            raise _fail(f"{what} is missing at the end")
        self._next += 1
        return self._words[self._next - 1]

    def _or(self, depth: int) -> ask.Condition:
        parts = [self._and(depth)]
        while self._peek() == "or":
            self._next += 1
            parts.append(self._and(depth))
        return parts[0] if len(parts) == 1 else ask.Any(tuple(parts))

    def _and(self, depth: int) -> ask.Condition:
        parts = [self._one(depth)]
        while self._peek() == "and":
            self._next += 1
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else ask.All(tuple(parts))

    def _one(self, depth: int) -> ask.Condition:
        if depth > _MAX_DEPTH:
            raise _fail(f"brackets are nested deeper than {_MAX_DEPTH}")
        if self._peek() == "not":
            self._next += 1
            return ask.Not(self._one(depth + 1))
        if self._peek() == "(":
            self._next += 1
            found = self._or(depth + 1)
            if self._take("a closing bracket").text != ")":
                raise _fail("a closing bracket is missing")
            return found
        return self._comparison()

    def _comparison(self) -> ask.Condition:
        name, operator, value = self._take("a parameter"), self._take("an operator"), self._take("a value")
        if operator.text not in _OPERATORS:
            known = " ".join(sorted(_OPERATORS))
            raise _fail(f"at character {operator.place} '{operator.text[:20]}' is none of {known}")
        text = value.text.replace(",", "\\,") if value.quoted else value.text
        return self._condition(name.text, operator.text, text)

    def _condition(self, name: str, operator: str, value: str) -> ask.Condition:
        head, _, chain = name.partition(".")
        base, _, modifier = head.partition(":")
        parameter = Parameter(base, modifier, chain, value, f"_filter {name}")
        if operator == "ne":
            return ask.Not(self._condition(name, "eq", value))
        if operator == "pr":
            missing = "false" if value == "true" else "true"
            return self._translate(self._modified(parameter, "missing", missing))
        if operator in ("re", "po", "ew"):
            raise _fail(f"the operator '{operator}' is not answered here")
        if operator in _MODIFIERS:
            return self._translate(self._modified(parameter, _MODIFIERS[operator], value))
        if operator in _COMPARISONS:
            return self._translate(parameter._replace(value=operator + value))
        if operator == "eq" and not chain and self._kind_of(base) == "string":
            # in a filter eq means the whole string, unlike in a query
            return self._translate(self._modified(parameter, "exact", value))
        return self._translate(parameter)

    def _modified(self, parameter: Parameter, modifier: str, value: str) -> Parameter:
        if parameter.chain:
            return parameter._replace(chain=f"{parameter.chain}:{modifier}", value=value)
        return parameter._replace(modifier=modifier, value=value)
