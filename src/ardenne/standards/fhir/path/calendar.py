"""Adding durations to dates and times (FHIRPath N1, Date/Time Arithmetic)."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from .errors import FhirPathExecutionError
from .quantity import Quantity
from .temporal import Date, DateTime, Parts, Time, start

_KEYWORDS: Final = {
    "wk": "week",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "ms": "millisecond",
}
"""UCUM units that may stand for a calendar duration; 'a' and 'mo' may not."""

_UNITS: Final = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")

_PRECISION: Final = {"year": 1, "month": 2, "week": 3, "day": 3, "hour": 4, "minute": 5}
"""How many parts a DateTime must have for a duration to be added without conversion."""

_SECONDS: Final = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}

Moment = TypeVar("Moment", Date, DateTime, Time)


def add_duration(moment: Date | DateTime | Time, duration: Quantity) -> Date | DateTime | Time | None:
    """`moment + duration` with calendar semantics; None when the year leaves 1 to 9999.

    Decimals count for seconds and milliseconds only. A duration finer than a partial date is
    converted to its finest unit and truncated. Raises FhirPathExecutionError for other units.
    """
    unit = _unit(duration)
    if isinstance(moment, Time):
        return _add_to_time(moment, duration.value, unit)
    is_day = isinstance(moment, Date) and len(moment.parts) == 3
    if is_day and unit not in ("year", "month", "week", "day"):
        return _rebuilt(moment, _plus_days(moment.parts, int(_days(duration.value, unit))))
    amount = duration.value
    if len(moment.parts) < _PRECISION.get(unit, 6):
        amount, unit = _coarser(amount, unit, len(moment.parts))
    if unit in ("year", "month"):
        months = int(amount) * (12 if unit == "year" else 1)
        return _rebuilt(moment, _plus_months(moment.parts, months))
    if unit in ("week", "day"):
        return _rebuilt(moment, _plus_days(moment.parts, int(amount) * (7 if unit == "week" else 1)))
    return _plus_seconds(moment, amount, unit)


def _unit(duration: Quantity) -> str:
    if duration.calendar:
        return duration.unit
    if duration.unit in _KEYWORDS:
        return _KEYWORDS[duration.unit]
    singular = duration.unit.removesuffix("s")
    if singular in _UNITS:
        return singular
    hint = "calendar years and months are written 1 year, 1 month" if duration.unit in ("a", "mo") else ""
    problem = f"'{duration.unit}' cannot be added to a date or time"
    raise FhirPathExecutionError(f"{problem}; {hint}" if hint else problem)


def _days(amount: Decimal, unit: str) -> Decimal:
    seconds = amount / 1000 if unit == "millisecond" else amount * _SECONDS[unit]
    return seconds / 86_400


def _coarser(amount: Decimal, unit: str, precision: int) -> tuple[Decimal, str]:
    """The amount in the finest unit that a partial date knows (1 year = 365 days = 12 months)."""
    if precision >= 4:
        seconds = amount / 1000 if unit == "millisecond" else amount * _SECONDS[unit]
        goal = "hour" if precision == 4 else "minute"
        return Decimal(int(seconds / _SECONDS[goal])), goal
    if unit == "month":
        return Decimal(int(amount / 12)), "year"
    days = int(_days(amount, unit))
    if precision == 3:
        return Decimal(days), "day"
    return (Decimal(int(days / 365)), "year") if precision == 1 else (Decimal(int(days / 30)), "month")


def _plus_months(parts: Parts, months: int) -> Parts | None:
    year, month = int(parts[0]), int(parts[1]) if len(parts) > 1 else 1
    year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    if not MINYEAR <= year <= MAXYEAR:
        return None
    if len(parts) < 3:
        return (year, month)[: len(parts)]
    return (year, month, min(int(parts[2]), _last_day(year, month)), *parts[3:])


def _last_day(year: int, month: int) -> int:
    if month == 12:
        return 31
    return (date(year, month + 1, 1) - timedelta(days=1)).day


def _plus_days(parts: Parts, days: int) -> Parts | None:
    try:
        day = date(int(parts[0]), int(parts[1]), int(parts[2])) + timedelta(days=days)
    except OverflowError:
        return None
    return (day.year, day.month, day.day, *parts[3:])


def _plus_seconds(moment: Date | DateTime, amount: Decimal, unit: str) -> DateTime | None:
    if not isinstance(moment, DateTime):
        return None
    whole = amount if unit in ("second", "millisecond") else Decimal(int(amount))
    try:
        after = start(moment) + _span(whole, unit)
    except OverflowError:
        return None
    parts: Parts = (after.year, after.month, after.day, after.hour, after.minute)
    if len(moment.parts) == 6:
        parts = (*parts, _second(after.second, after.microsecond, moment.parts[5], whole, unit))
    return DateTime(parts[: len(moment.parts)], moment.offset, moment.zone)


def _span(amount: Decimal, unit: str) -> timedelta:
    if unit == "millisecond":
        return timedelta(microseconds=int(amount * 1000))
    return timedelta(microseconds=int(amount * _SECONDS[unit] * 1_000_000))


def _second(second: int, micro: int, written: int | Decimal, amount: Decimal, unit: str) -> Decimal:
    """Seconds with as many decimals as the moment or the duration had, milliseconds at least
    when there is a fraction."""
    exponent = Decimal(written).as_tuple().exponent
    places = max(-exponent if isinstance(exponent, int) else 0, 3 if micro % 1_000_000 else 0)
    if micro % 1000:
        places = 6
    return (Decimal(second) + Decimal(micro) / 1_000_000).quantize(Decimal(1).scaleb(-places))


def _rebuilt(moment: Date | DateTime, parts: Parts | None) -> Date | DateTime | None:
    if parts is None:
        return None
    return Date(parts) if isinstance(moment, Date) else DateTime(parts, moment.offset, moment.zone)


def _add_to_time(moment: Time, amount: Decimal, unit: str) -> Time | None:
    """Wraps around midnight."""
    if unit not in ("hour", "minute", "second", "millisecond"):
        raise FhirPathExecutionError(f"a {unit} cannot be added to a time; use hours, minutes or seconds")
    on_a_day = DateTime((2000, 1, 15, *moment.parts))
    if len(on_a_day.parts) < _PRECISION.get(unit, 6):
        amount, unit = _coarser(amount, unit, len(on_a_day.parts))
    seconds = _span(amount if unit in ("second", "millisecond") else Decimal(int(amount)), unit)
    wrapped = seconds % timedelta(days=1)
    after = _plus_seconds(on_a_day, Decimal(wrapped // timedelta(microseconds=1)) / 1_000_000, "second")
    return Time(after.parts[3:]) if after is not None else None
