"""Dates as FHIR writes them, as half-open intervals of time.

A date states its precision by what is left out: "2023" is the whole year, "2023-05-01T10:00:00Z" the
second from 10:00:00 until before 10:00:01 (FHIR R4, Data types, dateTime; Search, 3.1.1.4.7).
Times are microseconds since 1970-01-01T00:00:00Z.
"""

import re
from datetime import date
from functools import lru_cache

SECOND = 1_000_000
DAY = 86_400 * SECOND
_EPOCH = date(1970, 1, 1).toordinal()

MIN_US = (date(1, 1, 1).toordinal() - _EPOCH) * DAY
"""Start of an interval that is open to the past: the first instant that FHIR can write."""
MAX_US = (date(9999, 12, 31).toordinal() + 1 - _EPOCH) * DAY
"""End of an interval that is open to the future."""

_PARTS = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
).fullmatch
_FORM = "use YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone (Z or +hh:mm)"


@lru_cache(maxsize=4096)
def _day(year: str, month: str, day: str) -> int:
    """Microseconds at the start of a day; ValueError when the calendar has no such day."""
    return (date(int(year), int(month), int(day)).toordinal() - _EPOCH) * DAY


def span(text: str) -> tuple[int, int]:
    """`[low, high)` of a date, dateTime or instant of any precision; without time zone it is UTC.

    Raises ValueError that says what is wrong and how to write it.
    """
    found = _PARTS(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no FHIR date; {_FORM}")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        if hour is None:
            return _days(year, month, day)
        low = _day(year, month, day) + _time(hour, minute, second) - _offset(zone)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no date of the calendar: {error}; {_FORM}") from None
    if second is None:
        return _clamp(low, 60 * SECOND)
    if fraction is None:
        return _clamp(low, SECOND)
    digits = fraction[:6]
    return _clamp(low + int(digits.ljust(6, "0")), int(10 ** (6 - len(digits))))


def point(text: str) -> int:
    """The first instant of a date, for sorting."""
    return span(text)[0]


def _clamp(low: int, width: int) -> tuple[int, int]:
    """Time zones may push the first and last day out of what FHIR can write."""
    low = min(max(low, MIN_US), MAX_US - width)
    return low, low + width


def _days(year: str, month: str | None, day: str | None) -> tuple[int, int]:
    if day is not None and month is not None:
        low = _day(year, month, day)
        return low, low + DAY
    if month is None:
        low = _day(year, "01", "01")
        return low, (_day(f"{int(year) + 1:04}", "01", "01") if year != "9999" else MAX_US)
    low = _day(year, month, "01")
    if month == "12":
        return low, low + 31 * DAY
    return low, _day(year, f"{int(month) + 1:02}", "01")


def _time(hour: str, minute: str, second: str | None) -> int:
    """Microseconds of the day. Second 60 (leap second) counts as the second before it."""
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 60:
        raise ValueError(f"there is no time {hour}:{minute}:{second or '00'}")
    return ((hours * 60 + minutes) * 60 + min(seconds, 59)) * SECOND


def _offset(zone: str | None) -> int:
    """Microseconds ahead of UTC; FHIR allows up to 14 hours."""
    if zone is None or zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError(f"there is no time zone {zone}")
    offset = (hours * 60 + minutes) * 60 * SECOND
    return -offset if zone[0] == "-" else offset
