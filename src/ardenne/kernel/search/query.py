"""A search as the client wrote it: parameters, chains and how the result should look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

from ardenne.kernel.search.errors import SearchError

RESULT_PARAMETERS = frozenset({
    "_sort", "_count", "_include", "_revinclude", "_summary", "_elements", "_total", "_contained",
    "_containedType", "_format", "_pretty", "_cursor", "_maxresults", "_score", "_type",
})  # fmt: skip
MAX_COUNT = 1000
DEFAULT_COUNT = 50
_PLAIN = re.compile(r"[A-Za-z0-9_.\-~:,/]*")
_NAME = re.compile(r"[A-Za-z0-9_\-:.]+")


class Parameter(NamedTuple):
    """One criterion: name, modifier (without colon) and the raw value with its alternatives.

    ``chain`` holds what follows a dot: ``subject:Patient.name`` is name ``subject``, modifier
    ``Patient``, chain ``name``. ``text`` is the name as written, for messages.
    """

    name: str
    modifier: str
    chain: str
    value: str
    text: str


class IncludeText(NamedTuple):
    """``_include`` or ``_revinclude`` as written."""

    reverse: bool
    iterate: bool
    source: str
    parameter: str
    target: str
    text: str


class Query(NamedTuple):
    """A parsed search."""

    parameters: tuple[Parameter, ...] = ()
    sorts: tuple[tuple[str, bool], ...] = ()
    """Parameter names with whether descending."""
    page_size: int = DEFAULT_COUNT
    includes: tuple[IncludeText, ...] = ()
    summary: str = ""
    elements: tuple[str, ...] = ()
    total: str = ""
    types: tuple[str, ...] = ()
    cursor: str = ""
    contained: str = ""
    contained_type: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    """What was asked, for the self link; without the cursor."""

    @property
    def text(self) -> str:
        """What was asked as a query string. The colons of modifiers stay readable."""
        return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in self.pairs])


def _quoted(text: str) -> str:
    # looking is quicker than quoting, and most texts need none
    return text if _PLAIN.fullmatch(text) else quote(text, safe=":,/")


def read_pairs(text: str) -> list[tuple[str, str]]:
    """Return names and values of a query string or a form body."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=500)
    except (ValueError, UnicodeDecodeError):
        raise SearchError("", "the query is not well encoded, or has more than 500 parameters") from None


def parse(pairs: Iterable[tuple[str, str]]) -> Query:
    """Return the query of name/value pairs. Raises SearchError."""
    parameters: list[Parameter] = []
    results: dict[str, list[str]] = {}
    includes: list[IncludeText] = []
    kept: list[tuple[str, str]] = []
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise SearchError(name.replace("\0", ""), "the character U+0000 cannot be searched")
        base, _, modifier = name.partition(":")
        if name != "_cursor":
            kept.append((name, value))
        if base in ("_include", "_revinclude"):
            includes.append(_include(name, base, modifier, value))
        elif base in RESULT_PARAMETERS:
            results.setdefault(base, []).append(value)
        elif value:
            parameters.append(_parameter(name, value))
    return Query(
        tuple(parameters),
        tuple(_sorts(results.get("_sort", []))),
        _count(results.get("_count", results.get("_maxresults", []))),
        tuple(includes),
        _one_of("_summary", results, ("true", "text", "data", "count", "false")),
        tuple(part for value in results.get("_elements", []) for part in value.split(",") if part),
        _one_of("_total", results, ("none", "estimate", "accurate")),
        tuple(part for value in results.get("_type", []) for part in value.split(",") if part),
        (results.get("_cursor") or [""])[-1],
        _one_of("_contained", results, ("true", "false", "both")),
        _one_of("_containedType", results, ("container", "contained")),
        tuple(kept),
    )


def _parameter(name: str, value: str) -> Parameter:
    if name.startswith("_has:"):
        return Parameter("_has", "", name[5:], value, name)
    if not _NAME.fullmatch(name):
        raise SearchError(name, "the name has characters that no search parameter has")
    head, _, chain = name.partition(".")
    base, _, modifier = head.partition(":")
    return Parameter(base, modifier, chain, value, name)


def _include(name: str, base: str, modifier: str, value: str) -> IncludeText:
    if modifier not in ("", "iterate", "recurse"):
        raise SearchError(name, f"the modifier '{modifier}' is not known: use :iterate or none")
    parts = value.split(":")
    reverse, iterate = base == "_revinclude", bool(modifier)
    if value == "*" and not reverse:
        return IncludeText(reverse, iterate, "", "*", "", f"{name}={value}")
    if not 2 <= len(parts) <= 3 or not all(parts[:2]):
        raise SearchError(name, f"'{value}' is not of the form Type:parameter or Type:parameter:TargetType")
    return IncludeText(
        reverse, iterate, parts[0], parts[1], parts[2] if len(parts) == 3 else "", f"{name}={value}"
    )


def _sorts(values: list[str]) -> Iterable[tuple[str, bool]]:
    for value in values:
        for part in value.split(","):
            name = part.strip()
            if name:
                yield name.removeprefix("-"), name.startswith("-")


def _count(values: list[str]) -> int:
    if not values:
        return DEFAULT_COUNT
    if not values[-1].isascii() or not values[-1].isdigit():
        raise SearchError("_count", f"'{values[-1][:20]}' is not a whole number of 0 or more")
    return min(int(values[-1][:9]), MAX_COUNT)


def _one_of(name: str, results: dict[str, list[str]], allowed: tuple[str, ...]) -> str:
    value = (results.get(name) or [""])[-1]
    if value and value not in allowed:
        raise SearchError(name, f"'{value[:40]}' is none of {', '.join(allowed)}")
    return value
