"""JSON of FHIR: strict in, exact out (FHIR R4, JSON; RFC 8259).

Refused: what is no JSON, NaN and infinities, lone surrogates, a byte order mark, property names that
occur twice in one object, nesting deeper than 100 levels, and anything but an object at the top.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson

from ardenne.standards.fhir.outcome import Issue

MAX_DEPTH = 100
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]', re.DOTALL)
_COMMENT = re.compile(rb'("(?:[^"\\]|\\.)*+")|//[^\r\n]*|/\*.*?\*/', re.DOTALL)


class FhirSyntaxError(ValueError):
    """The text is no FHIR JSON (or XML); `issue` says why, `line` and `column` (from 1) where."""

    def __init__(self, issue: Issue, line: int = 0, column: int = 0) -> None:
        super().__init__(issue.message)
        self.issue = issue
        self.line = line
        self.column = column


def parse(data: bytes) -> dict[str, Any]:
    """The object in `data`. Decimals become floats; see `parse_exact` to keep their precision.

    Raises FhirSyntaxError with line and column.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _syntax_error(data, error.msg, error.pos) from None
    if type(value) is not dict:
        raise _error(data, 0, "object", f"Found {_kind(value)}, but a resource is a JSON object {{...}}.")
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        _check_depth(data, value)
    _check_names(data, value)
    return value


def parse_exact(data: bytes) -> dict[str, Any]:
    """As `parse`, but decimals are `decimal.Decimal` with the digits as written ("1.00" keeps its zeros)."""
    parse(data)
    value: dict[str, Any] = json.loads(data, parse_float=Decimal)
    return value


def without_comments(data: bytes) -> bytes:
    """JSON with its `//` and `/* */` comments blanked out, so that all places stay where they are."""
    return _COMMENT.sub(lambda found: found[1] or re.sub(rb"[^\r\n]", b" ", found[0]), data)


def dump(resource: dict[str, Any]) -> bytes:
    """Compact JSON; `Decimal` values keep their digits."""
    return orjson.dumps(resource, default=_exact)


def _exact(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} has no JSON form in FHIR")


def _check_depth(data: bytes, value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return
    message = f"Nested deeper than {MAX_DEPTH} levels. Flatten the content or send it in parts."
    raise _error(data, _too_deep(data), "nesting-depth", message, "too-costly")


def _too_deep(data: bytes) -> int:
    """Where the nesting limit is passed."""
    depth = 0
    for token in _TOKEN.finditer(data):
        depth += token[0] in (b"{", b"[")
        depth -= token[0] in (b"}", b"]")
        if depth > MAX_DEPTH:
            return token.start()
    return 0


def _check_names(data: bytes, value: dict[str, Any]) -> None:
    """Refuse duplicate property names.

    Written back, a repeated name is gone, and its colon with it: equal counts of colons prove that there
    is none, at a tenth of the cost of looking at every object. Only an escaped colon would spoil the
    count; it leads to the exact search.
    """
    if data.count(b":") == orjson.dumps(value).count(b":") and b"\\u003" not in data:
        return
    for at, name in _repeated_names(data):
        message = f"The property {name!r} occurs twice in one object. Keep one of them."
        raise _error(data, at, "duplicate-property", message)


def _repeated_names(data: bytes) -> Iterator[tuple[int, str]]:
    """Place and name of each property that its object has already. `data` is valid JSON."""
    objects: list[set[str] | None] = []
    expects_name = False
    for token in _TOKEN.finditer(data):
        mark = token[0]
        if mark == b"{":
            objects.append(set())
            expects_name = True
        elif mark == b"[":
            objects.append(None)
            expects_name = False
        elif mark in (b"}", b"]"):
            objects.pop()
            expects_name = False
        elif mark == b",":
            expects_name = objects[-1] is not None
        elif mark != b":" and expects_name:
            names = objects[-1]
            name = orjson.loads(mark)
            expects_name = False
            if names is not None and name in names:
                yield token.start(), name
            elif names is not None:
                names.add(name)


def _syntax_error(data: bytes, reason: str, position: int) -> FhirSyntaxError:
    if not data.strip():
        return _error(data, 0, "empty", "The content is empty. Send one resource as a JSON object.")
    if data.startswith(b"\xef\xbb\xbf"):
        return _error(data, 0, "byte-order-mark", "The content starts with a byte order mark. Leave it out.")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        message = f"Byte {error.start} is no UTF-8. Write the content in UTF-8."
        return _error(data, error.start, "utf-8", message)
    rule = "nesting-depth" if "depth" in reason else "json"
    return _error(data, len(text[:position].encode()), rule, f"No JSON: {reason}.")


def _error(data: bytes, at: int, rule: str, message: str, code: str = "structure") -> FhirSyntaxError:
    before = data[:at]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    issue = Issue("fatal", code, "", f"Line {line}, column {column}: {message}", rule)
    return FhirSyntaxError(issue, line, column)


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
