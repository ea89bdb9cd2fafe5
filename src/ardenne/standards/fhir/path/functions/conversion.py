"""FHIRPath N1, Conversion: toX() and convertsToX()."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .. import quantity
from ..date_formats import parse_formatted
from ..equality import is_number
from ..quantity import CALENDAR_UNITS, Quantity
from ..temporal import Date, DateTime, Time, as_date_time, parse_date, parse_date_time, parse_time
from ..values import GREATEST_LONG, LEAST_LONG, Long, decimal_of, decimal_text, in_range
from .registry import function

_INTEGER = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?")
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|([a-zA-Z]+))?")
_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")


def _boolean(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    if is_number(value):
        return {1: True, 0: False}.get(value)
    if type(value) is str:
        text = value.lower()
        return True if text in _TRUE else False if text in _FALSE else None
    return None


def _integer(value: Any) -> int | None:
    if isinstance(value, int):
        return in_range(int(value))
    if type(value) is str and _INTEGER.fullmatch(value) and len(value) < 40:
        return in_range(int(value))
    return None


def _long(value: Any) -> Long | None:
    if isinstance(value, int) or (type(value) is str and _INTEGER.fullmatch(value) and len(value) < 40):
        number = int(value)
        return Long(number) if LEAST_LONG <= number <= GREATEST_LONG else None
    return None


def _decimal(value: Any) -> Decimal | None:
    if type(value) is bool:
        return Decimal("1.0") if value else Decimal("0.0")
    if is_number(value):
        return decimal_of(value)
    if type(value) is str and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None


def _date(value: Any, form: str | None = None) -> Date | None:
    if isinstance(value, Date):
        return value
    if isinstance(value, DateTime):
        return Date(value.parts[:3])
    if type(value) is not str:
        return None
    if form is not None:
        found = parse_formatted(value, form)
        return Date(found.parts[:3]) if found else None
    moment = parse_date_time(value)
    return parse_date(value) or (Date(moment.parts[:3]) if moment else None)


def _date_time(value: Any, form: str | None = None) -> DateTime | None:
    if isinstance(value, (Date, DateTime)):
        return as_date_time(value)
    if type(value) is not str:
        return None
    return parse_date_time(value) if form is None else parse_formatted(value, form)


def _time(value: Any) -> Time | None:
    if isinstance(value, Time):
        return value
    return parse_time(value) if type(value) is str else None


def _quantity(value: Any, unit: str | None = None) -> Quantity | None:
    found = _unconverted(value)
    return found if found is None or unit is None else quantity.convert(found, unit)


def _unconverted(value: Any) -> Quantity | None:
    if isinstance(value, Quantity):
        return value
    if type(value) is bool:
        return Quantity(Decimal("1.0") if value else Decimal("0.0"), "1")
    if is_number(value):
        return Quantity(decimal_of(value), "1")
    match = _QUANTITY.fullmatch(value) if type(value) is str else None
    if match is None:
        return None
    amount, code, keyword = match.groups()
    if keyword is not None:
        return Quantity(Decimal(amount), CALENDAR_UNITS[keyword], True) if keyword in CALENDAR_UNITS else None
    return Quantity(Decimal(amount), code or "1")


def text_of(value: Any) -> str | None:
    """toString(): the text of a System value; None for what has none."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, (Date, DateTime, Time, Quantity)):
        return str(value)
    return None


def _declare(name: str, convert: Callable[..., Any], *parameters: Any) -> None:
    """toX() gives what the conversion gives; convertsToX() whether it gives anything."""
    options: dict[str, Any] = {"input": "single", "required": 0}
    function(f"to{name}", *parameters, result="value", **options)(convert)

    def converts(value: Any, *arguments: Any) -> bool:
        return convert(value, *arguments) is not None

    function(f"convertsTo{name}", *parameters, result="truth", **options)(converts)


_declare("Boolean", _boolean)
_declare("Integer", _integer)
_declare("Long", _long)
_declare("Decimal", _decimal)
_declare("Date", _date, "text")
_declare("DateTime", _date_time, "text")
_declare("Time", _time)
_declare("Quantity", _quantity, "text")
_declare("String", text_of)
