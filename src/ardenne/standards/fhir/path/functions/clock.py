"""FHIRPath: now(), today(), timeOfDay(), the parts of dates and times, and intervals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ..errors import FhirPathExecutionError
from ..nodes import Collection
from ..scope import Scope
from ..temporal import Date, DateTime, Parts, Temporal, Time, as_date_time, in_utc, start
from .registry import function


def _second(moment: datetime) -> Decimal:
    return (Decimal(moment.second) + Decimal(moment.microsecond // 1000) / 1000).quantize(Decimal("0.001"))


@function("now", result="value", scoped=True)
def now(scope: Scope, items: Collection) -> DateTime:
    """The moment of the evaluation, the same wherever it is asked for."""
    moment = scope.environment.now
    offset = moment.utcoffset() or timedelta()
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute, _second(moment))
    return DateTime(parts, int(offset.total_seconds() // 60))


@function("today", result="value", scoped=True)
def today(scope: Scope, items: Collection) -> Date:
    """The day of the evaluation."""
    moment = scope.environment.now
    return Date((moment.year, moment.month, moment.day))


@function("timeOfDay", result="value", scoped=True)
def time_of_day(scope: Scope, items: Collection) -> Time:
    """The time of the evaluation."""
    moment = scope.environment.now
    return Time((moment.hour, moment.minute, _second(moment)))


def _part(place: int) -> Callable[[Any], Any]:
    def take(value: Any) -> int | None:
        if isinstance(value, Time):
            parts = (None, None, None, *value.parts)
        elif isinstance(value, (Date, DateTime)):
            parts = value.parts
        else:
            return None
        found = parts[place] if place < len(parts) else None
        return None if found is None else int(found)

    return take


for _place, _unit in enumerate(("year", "month", "day", "hour", "minute", "second")):
    function(f"{_unit}Of", input="single", result="value")(_part(_place))


@function("millisecondOf", input="single", result="value")
def millisecond_of(value: Any) -> int | None:
    """The milliseconds; empty where seconds are unknown."""
    parts = value.parts if isinstance(value, Time) else value.parts[3:] if isinstance(value, DateTime) else ()
    return int(Decimal(parts[2]) % 1 * 1000) if len(parts) == 3 else None


@function("timezoneOffsetOf", input="single", result="value")
def timezone_offset_of(value: Any) -> Decimal | None:
    """Hours east of UTC."""
    if not isinstance(value, DateTime) or value.offset is None:
        return None
    return Decimal(value.offset) / 60


@function("dateOf", input="single", result="value")
def date_of(value: Any) -> Date | None:
    """The date of a date-time."""
    return Date(value.parts[:3]) if isinstance(value, (Date, DateTime)) else None


@function("timeOf", input="single", result="value")
def time_of(value: Any) -> Time | None:
    """The time of a date-time."""
    return Time(value.parts[3:]) if isinstance(value, DateTime) and len(value.parts) > 3 else None


_NEEDED: Final = {
    "year": 1,
    "month": 2,
    "week": 3,
    "day": 3,
    "hour": 4,
    "minute": 5,
    "second": 6,
    "millisecond": 6,
}
_MICROSECONDS: Final = {
    "week": 604_800_000_000,
    "day": 86_400_000_000,
    "hour": 3_600_000_000,
    "minute": 60_000_000,
    "second": 1_000_000,
    "millisecond": 1_000,
}


@function("duration", "value", "text", input="single", result="value")
def duration(value: Any, other: Any, precision: str | None) -> int | None:
    """Whole periods from the value to the other one; negative when it lies before."""
    pair = _pair(value, other, precision)
    if pair is None or precision is None:
        return None
    first, second = pair
    sign = 1 if first <= second else -1
    early, late = min(first, second), max(first, second)
    if precision not in ("year", "month"):
        return sign * ((late - early) // timedelta(microseconds=_MICROSECONDS[precision]))
    months = (late.year - early.year) * 12 + late.month - early.month
    if (late.day, late.time()) < (early.day, early.time()):
        months -= 1
    return sign * (months // 12 if precision == "year" else months)


@function("difference", "value", "text", input="single", result="value")
def difference(value: Any, other: Any, precision: str | None) -> int | None:
    """Boundaries crossed from the value to the other one; weeks begin on Sunday."""
    pair = _pair(value, other, precision)
    if pair is None or precision is None:
        return None
    first, second = pair
    if precision == "year":
        return second.year - first.year
    if precision == "month":
        return (second.year - first.year) * 12 + second.month - first.month
    unit = timedelta(microseconds=_MICROSECONDS[precision])
    return (second - _SUNDAY) // unit - (first - _SUNDAY) // unit


_SUNDAY: Final = datetime.combine(date(1, 1, 7), datetime.min.time())


def _pair(value: Any, other: Any, precision: str | None) -> tuple[datetime, datetime] | None:
    if other is None or precision is None:
        return None
    if precision not in _NEEDED:
        raise FhirPathExecutionError(f"'{precision}' is no precision; use one of {', '.join(_NEEDED)}")
    if not isinstance(value, Temporal) or not isinstance(other, Temporal):
        raise FhirPathExecutionError("intervals lie between two dates, date-times or times")
    first, second = _moment(value), _moment(other)
    if min(len(first.parts), len(second.parts)) < _NEEDED[precision]:
        return None
    if _NEEDED[precision] > 3 and first.offset is not None and second.offset is not None:
        return start(DateTime(in_utc(first))), start(DateTime(in_utc(second)))
    return start(first), start(second)


def _moment(value: Temporal) -> DateTime:
    if isinstance(value, Time):
        day: Parts = (2000, 1, 1)
        return DateTime((*day, *value.parts))
    return as_date_time(value)  # type: ignore[arg-type]
