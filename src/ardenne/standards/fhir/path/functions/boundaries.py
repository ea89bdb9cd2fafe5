"""FHIRPath: lowBoundary() and highBoundary(), the limits of what a value may stand for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from ..equality import is_number, type_name
from ..errors import FhirPathExecutionError
from ..quantity import Quantity
from ..temporal import Date, DateTime, Parts, Time
from ..values import DECIMALS, decimal_of, decimal_places
from .registry import function

_MOST_PLACES: Final = 28
_EARLIEST_OFFSET, _LATEST_OFFSET = 14 * 60, -12 * 60
"""Minutes: a moment without offset begins first at +14:00 and ends last at -12:00."""

_PRECISIONS: Final = {4: 1, 6: 2, 8: 3, 10: 4, 12: 5, 14: 6, 17: 6}
"""Digits of a date-time to the number of its parts."""


@function("lowBoundary", "integer", input="single", result="value", required=0)
def low_boundary(value: Any, precision: int | None = None) -> Any:
    """The least value that the input may stand for, to the precision; empty beyond the possible."""
    return _boundary(value, precision, high=False)


@function("highBoundary", "integer", input="single", result="value", required=0)
def high_boundary(value: Any, precision: int | None = None) -> Any:
    """The greatest value that the input may stand for, to the precision."""
    return _boundary(value, precision, high=True)


def _boundary(value: Any, precision: int | None, high: bool) -> Any:
    if isinstance(value, Quantity):
        bound = _decimal_boundary(value.value, 8 if precision is None else precision, high)
        return None if bound is None else Quantity(bound, value.unit, value.calendar)
    if is_number(value):
        return _decimal_boundary(decimal_of(value), 8 if precision is None else precision, high)
    if isinstance(value, Date):
        return _date_boundary(value, 8 if precision is None else precision, high)
    if isinstance(value, DateTime):
        return _date_time_boundary(value, 17 if precision is None else precision, high)
    if isinstance(value, Time):
        return _time_boundary(value, 9 if precision is None else precision, high)
    raise FhirPathExecutionError(f"a {type_name(value)} has no boundaries; use a number, date or time")


def _decimal_boundary(value: Decimal, places: int, high: bool) -> Decimal | None:
    if not 0 <= places <= _MOST_PLACES:
        return None
    half = Decimal("0.5").scaleb(-decimal_places(value))
    edge = value + half if high else value - half
    if places < decimal_places(value):
        edge = value
    bound = edge.quantize(Decimal(1).scaleb(-places), ROUND_CEILING if high else ROUND_FLOOR, DECIMALS)
    return _near_zero(value, bound, places)


def _near_zero(value: Decimal, bound: Decimal, places: int) -> Decimal:
    """A value that is nothing to the precision keeps zero as its boundary."""
    if abs(value) < Decimal(1).scaleb(-places - 1):
        return Decimal(0).quantize(Decimal(1).scaleb(-places)).copy_sign(value)
    return bound


def _date_boundary(value: Date, digits: int, high: bool) -> Date | None:
    if digits not in (4, 6, 8):
        return None
    return Date(_filled_date(value.parts, high)[: _PRECISIONS[digits]])


def _filled_date(parts: Parts, high: bool) -> Parts:
    year = int(parts[0])
    month = int(parts[1]) if len(parts) > 1 else (12 if high else 1)
    day = int(parts[2]) if len(parts) > 2 else (_last_day(year, month) if high else 1)
    return (year, month, day)


def _last_day(year: int, month: int) -> int:
    return 31 if month == 12 else (date(year, month + 1, 1) - timedelta(days=1)).day


def _date_time_boundary(value: DateTime, digits: int, high: bool) -> DateTime | None:
    if digits not in _PRECISIONS:
        return None
    filled = (*_filled_date(value.parts[:3], high), *_filled_time(value.parts[3:], high))
    parts = filled[: _PRECISIONS[digits]]
    if len(parts) == 6:
        parts = (*parts[:5], _seconds(parts[5], digits - 14))
    offset = value.offset
    if offset is None and len(parts) > 3:
        offset = _LATEST_OFFSET if high else _EARLIEST_OFFSET
    return DateTime(parts, offset if len(parts) > 3 else None)


def _filled_time(parts: Parts, high: bool) -> Parts:
    limits: Parts = (23, 59, Decimal("59.999")) if high else (0, 0, Decimal("0.000"))
    if len(parts) < 3:
        return (*parts, *limits[len(parts) :])
    seconds = Decimal(parts[2])
    places = decimal_places(seconds)
    if places >= 3:
        return parts
    slack = Decimal(1).scaleb(-places) - Decimal("0.001") if high else Decimal("0.000")
    return (*parts[:2], seconds + slack)


def _seconds(value: int | Decimal, places: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_FLOOR, DECIMALS)


def _time_boundary(value: Time, digits: int, high: bool) -> Time | None:
    if digits not in (2, 4, 6, 9):
        return None
    parts = _filled_time(value.parts, high)[: min(digits // 2, 3)]
    if len(parts) == 3:
        parts = (*parts[:2], _seconds(parts[2], digits - 6))
    return Time(parts)
