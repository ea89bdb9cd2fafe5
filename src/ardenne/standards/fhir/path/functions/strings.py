"""FHIRPath, String Manipulation and Additional String Functions."""

from __future__ import annotations

import base64
import binascii
import html
import re

import orjson

from .. import regex
from ..arithmetic import limited
from ..equality import system, type_name
from ..errors import FhirPathExecutionError, FhirPathLimitError
from ..nodes import Collection
from ..scope import LONGEST_TEXT
from .registry import function


@function("indexOf", "text", input="text", result="value")
def index_of(text: str, part: str | None) -> int | None:
    """The first place of `part`, from 0; -1 when it is not there."""
    return None if part is None else text.find(part)


@function("lastIndexOf", "text", input="text", result="value")
def last_index_of(text: str, part: str | None) -> int | None:
    """The last place of `part`; -1 when it is not there."""
    return None if part is None else text.rfind(part)


@function("substring", "integer", "integer", input="text", result="value", required=1)
def substring(text: str, start: int | None, length: int | None = None) -> str | None:
    """The text from `start`, at most `length` characters; empty when it starts outside."""
    if start is None or not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + max(length, 0)]


@function("startsWith", "text", input="text", result="truth")
def starts_with(text: str, prefix: str | None) -> bool | None:
    """Whether the text begins with the prefix."""
    return None if prefix is None else text.startswith(prefix)


@function("endsWith", "text", input="text", result="truth")
def ends_with(text: str, suffix: str | None) -> bool | None:
    """Whether the text ends with the suffix."""
    return None if suffix is None else text.endswith(suffix)


@function("contains", "text", input="text", result="truth")
def contains(text: str, part: str | None) -> bool | None:
    """Whether `part` stands in the text."""
    return None if part is None else part in text


@function("upper", input="text", result="value")
def upper(text: str) -> str:
    """In capitals."""
    return text.upper()


@function("lower", input="text", result="value")
def lower(text: str) -> str:
    """In small letters."""
    return text.lower()


@function("replace", "text", "text", input="text", result="value")
def replace(text: str, pattern: str | None, substitution: str | None) -> str | None:
    """Every `pattern` replaced; an empty pattern surrounds every character."""
    if pattern is None or substitution is None:
        return None
    times = text.count(pattern)
    if len(text) + times * (len(substitution) - len(pattern)) > LONGEST_TEXT:
        raise FhirPathLimitError(f"replace() would build a text of more than {LONGEST_TEXT} characters")
    return text.replace(pattern, substitution)


@function("matches", "text", "text", input="text", result="truth", required=1)
def matches(text: str, pattern: str | None, flags: str | None = None) -> bool | None:
    """Whether the regular expression is found in the text."""
    return None if pattern is None else regex.compiled(pattern, flags or "").found(text)


@function("matchesFull", "text", "text", input="text", result="truth", required=1)
def matches_full(text: str, pattern: str | None, flags: str | None = None) -> bool | None:
    """Whether the regular expression takes the whole text."""
    return None if pattern is None else regex.compiled(pattern, flags or "").found(text, whole=True)


_GROUP = re.compile(r"\$(?:\{(\w+)\}|(\d{1,2})|(\$))")


@function("replaceMatches", "text", "text", "text", input="text", result="value", required=2)
def replace_matches(
    text: str, pattern: str | None, substitution: str | None, flags: str | None = None
) -> str | None:
    """Every match replaced; `$1` and `${name}` in the substitution stand for groups."""
    if pattern is None or substitution is None:
        return None
    if not pattern:
        return text
    ready = regex.compiled(pattern, flags or "")
    if not ready.is_safe(text):
        raise regex.refusal(pattern, "replacing needs the matches themselves")

    def filled(match: re.Match[str]) -> str:
        return _GROUP.sub(lambda group: _group(match, group), substitution)

    return limited(ready.matcher.sub(filled, text))


def _group(match: re.Match[str], wanted: re.Match[str]) -> str:
    name, number, dollar = wanted.groups()
    if dollar:
        return "$"
    try:
        found = match[int(number)] if number else match[int(name) if name.isdigit() else name]
    except IndexError:
        return wanted.group()
    return found or ""


@function("length", input="text", result="value")
def length(text: str) -> int:
    """The number of characters."""
    return len(text)


@function("toChars", input="text")
def to_chars(text: str) -> Collection:
    """The characters one by one."""
    return list(text)


@function("encode", "text", input="text", result="value")
def encode(text: str, form: str | None) -> str | None:
    """The text as hex, base64, urlbase64 or ascii."""
    match form:
        case "hex":
            return text.encode().hex()
        case "base64":
            return base64.b64encode(text.encode()).decode()
        case "urlbase64":
            return base64.urlsafe_b64encode(text.encode()).decode()
        case "ascii":
            return text.encode("ascii", "replace").decode()
    _refuse_unknown(form, "hex, base64, urlbase64, ascii")
    return None


@function("decode", "text", input="text", result="value")
def decode(text: str, form: str | None) -> str | None:
    """The text behind hex, base64 or urlbase64; empty when it is not UTF-8."""
    try:
        match form:
            case "hex":
                return bytes.fromhex(text).decode()
            case "base64":
                return base64.b64decode(text, validate=True).decode()
            case "urlbase64":
                return base64.b64decode(text, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        return None
    _refuse_unknown(form, "hex, base64, urlbase64")
    return None


def _refuse_unknown(form: str | None, known: str) -> None:
    if form is not None:
        raise FhirPathExecutionError(f"the form '{form}' is not known; use one of {known}")


@function("escape", "text", input="text", result="value")
def escape(text: str, target: str | None) -> str | None:
    """The text as it must stand in html or json."""
    match target:
        case "html":
            return html.escape(text, quote=False).replace('"', "&quot;")
        case "json":
            return orjson.dumps(text).decode()[1:-1]
    _refuse_unknown(target, "html, json")
    return None


@function("unescape", "text", input="text", result="value")
def unescape(text: str, target: str | None) -> str | None:
    """The text that stands in html or json; empty when it is not valid there."""
    match target:
        case "html":
            return html.unescape(text)
        case "json":
            try:
                return str(orjson.loads(f'"{text}"'))
            except orjson.JSONDecodeError:
                return None
    _refuse_unknown(target, "html, json")
    return None


@function("trim", input="text", result="value")
def trim(text: str) -> str:
    """Without white space at both ends."""
    return text.strip(" \t\r\n")


@function("split", "text", input="text")
def split(text: str, separator: str | None) -> Collection:
    """The parts between the separators."""
    if separator is None:
        return []
    return list(text.split(separator)) if separator else list(text)


@function("join", "text", required=0)
def join(items: Collection, separator: str | None = None) -> Collection:
    """The texts in one, with the separator between them."""
    texts = [system(item) for item in items]
    for text in texts:
        if text is not None and type(text) is not str:
            raise FhirPathExecutionError(f"join() takes texts, not a {type_name(text)}; use toString()")
    known = [text for text in texts if text is not None]
    return [limited((separator or "").join(known))] if known else []
