"""Values of primitive types (FHIR R4, Data types, 2.24.0.1).

Each check returns "" when the value is right, otherwise what is wrong and how to write it. The published
regular expressions are the base; dates must exist in the calendar, base64 may hold line breaks, numbers have
their ranges.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import isfinite

from ardenne.standards.fhir.validator.xhtml import narrative_problem

MAX_STRING = 1024 * 1024  # characters, FHIR R4 string
_INT = 2**31

_match_code = re.compile(r"[^\s]+(?:[\s][^\s]+)*").fullmatch
_match_id = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
_match_oid = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+").fullmatch
_match_uuid = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_match_time = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?").fullmatch
_CLOCK = (
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
)
_match_date = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?").fullmatch
_match_datetime = re.compile(rf"([0-9]{{4}})(?:-([0-9]{{2}})(?:-([0-9]{{2}})(?:{_CLOCK})?)?)?").fullmatch
_match_instant = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}}){_CLOCK}").fullmatch
_find_control = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]").search
_find_blank = re.compile(r"\s").search
_is_word = re.compile(r"\S+").fullmatch

Check = Callable[[object], str]


def _text(value: object) -> str:
    if type(value) is not str:
        return "write it as a JSON string"
    if value.isprintable() and value and len(value) <= MAX_STRING:
        return ""
    if not value:
        return "it is empty; leave the element out"
    if len(value) > MAX_STRING:
        return f"it has {len(value)} characters, {MAX_STRING} are allowed"
    control = _find_control(value)
    return f"it has the control character U+{ord(control[0]):04X}; remove it" if control else ""


def _code(value: object) -> str:
    if type(value) is str and _match_code(value):
        return ""
    return _text(value) or "a code has no blanks at its ends and single blanks within; remove the others"


def _uri(value: object) -> str:
    if type(value) is str and _is_word(value):
        return ""
    return _text(value) or "a URI has no blanks; write %20 or remove them"


def _id(value: object) -> str:
    if type(value) is str and _match_id(value):
        return ""
    return _text(value) or "an id has 1 to 64 of the characters A-Z a-z 0-9 - and ."


def _oid(value: object) -> str:
    if type(value) is str and _match_oid(value):
        return ""
    return _text(value) or "write an OID as urn:oid:1.2.3"


def _uuid(value: object) -> str:
    if type(value) is str and _match_uuid(value):
        return ""
    return _text(value) or "write a UUID as urn:uuid: and 36 characters in lower case"


def _boolean(value: object) -> str:
    return "" if type(value) is bool else "write true or false without quotes"


def _integer(low: int, high: int) -> Check:
    def check(value: object) -> str:
        if type(value) is int and low <= value <= high:
            return ""
        if type(value) is not int:
            return "write a JSON number without fraction and without quotes"
        return f"the number must be between {low} and {high}"

    return check


def _decimal(value: object) -> str:
    if type(value) is float:
        return "" if isfinite(value) else "write a finite number"
    if type(value) is int or (isinstance(value, Decimal) and value.is_finite()):
        return ""
    return "write a JSON number without quotes"


@lru_cache(maxsize=4096)
def _calendar(year: str, month: str | None, day: str | None) -> str:
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        return f"the calendar has no such day ({error})"
    return ""


def _dated(match: Callable[[str], re.Match[str] | None], form: str) -> Check:
    def check(value: object) -> str:
        if type(value) is str and (found := match(value)) is not None:
            return _calendar(*found.groups())
        return _text(value) or form

    return check


def _time(value: object) -> str:
    if type(value) is str and _match_time(value):
        return ""
    return _text(value) or "write a time as hh:mm:ss"


def _base64(value: object) -> str:
    if type(value) is not str:
        return "write it as a JSON string"
    try:
        dense = value if value.isalnum() else "".join(value.split())
        if a2b_base64(dense.encode("ascii"), strict_mode=True) or dense:
            return ""
    except (Base64Error, UnicodeEncodeError) as error:
        return f"it is no base64 ({error})"
    return "it is empty; leave the element out"


CHECKS: dict[str, Check] = {
    "base64Binary": _base64,
    "boolean": _boolean,
    "canonical": _uri,
    "code": _code,
    "date": _dated(_match_date, "write YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": _dated(
        _match_datetime, "write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or +hh:mm"
    ),
    "decimal": _decimal,
    "id": _id,
    "instant": _dated(_match_instant, "write YYYY-MM-DDThh:mm:ss with Z or +hh:mm"),
    "integer": _integer(-_INT, _INT - 1),
    "markdown": _text,
    "oid": _oid,
    "positiveInt": _integer(1, _INT - 1),
    "string": _text,
    "time": _time,
    "unsignedInt": _integer(0, _INT - 1),
    "uri": _uri,
    "url": _uri,
    "uuid": _uuid,
    "xhtml": narrative_problem,
}
"""Primitive type -> check of a value."""
