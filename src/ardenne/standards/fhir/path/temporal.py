"""Date, DateTime and Time with the precision to which they were written.

FHIRPath N1, Literals, Date/Time Equality and Comparison. Seconds and milliseconds are one
precision. A date-time without offset has an unknown offset, not the server's.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

Parts: TypeAlias = tuple[int | Decimal, ...]
"""(year, month, day, hour, minute, second) or (hour, minute, second), as far as they are
known; seconds are a Decimal."""

_DATE = r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
_TIME = r"(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?"
_DATE_ONLY = re.compile(_DATE)
_TIME_ONLY = re.compile(rf"T?{_TIME}")
_DATE_TIME = re.compile(rf"{_DATE}(?:T(?:{_TIME}(Z|[+-]\d\d:\d\d)?)?)?")

_WIDEST_OFFSET: Final = 14 * 60
"""Minutes. Offsets run from -12:00 to +14:00."""


class Temporal(msgspec.Struct, frozen=True):
    """What Date, DateTime and Time share: the parts that are known."""

    parts: Parts


class Date(Temporal, frozen=True):
    """A day, month or year."""

    def __str__(self) -> str:
        return _date_text(self.parts)


class DateTime(Temporal, frozen=True):
    """A moment, or a longer span down to a year; `offset` in minutes east of UTC or None, `zone`
    the offset as it was written (+00:00 and Z are the same offset)."""

    offset: int | None = None
    zone: str = ""

    def __str__(self) -> str:
        text = _date_text(self.parts[:3])
        if len(self.parts) > 3:
            text += "T" + _time_text(self.parts[3:])
            if self.offset is not None:
                text += self.zone or offset_text(self.offset)
        return text


class Time(Temporal, frozen=True):
    """A time of day without offset."""

    def __str__(self) -> str:
        return _time_text(self.parts)


def parse_literal(text: str) -> Date | DateTime | Time:
    """The value of a literal with its leading `@`. Raises ValueError with the reason."""
    body = text[1:]
    if body.startswith("T"):
        return _required(parse_time(body), body)
    if "T" in body:
        return _required(parse_date_time(body), body)
    return _required(parse_date(body), body)


def _required(value: Date | DateTime | Time | None, text: str) -> Date | DateTime | Time:
    if value is None:
        raise ValueError(f"{text} is not in the calendar or on the clock")
    return value


@lru_cache(4096)
def parse_date(text: str) -> Date | None:
    """`2015`, `2015-02` or `2015-02-04`; None for anything else or a day that is not."""
    match = _DATE_ONLY.fullmatch(text)
    if match is None:
        return None
    parts = tuple(int(part) for part in match.groups() if part is not None)
    return Date(parts) if _is_date(parts) else None


@lru_cache(4096)
def parse_date_time(text: str) -> DateTime | None:
    """A date, or a date with time and optional offset; None for anything else."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    *numbers, offset = match.groups()
    parts = _numbers(numbers[:3]) + _time_numbers(numbers[3:])
    if not _is_date(parts[:3]) or not _is_time(parts[3:]) or (offset and len(parts) < 4):
        return None
    if len(parts) > 3 and numbers[2] is None:
        return None
    return DateTime(parts, _minutes(offset) if offset else None, offset or "")


@lru_cache(1024)
def parse_time(text: str) -> Time | None:
    """`14`, `14:30`, `14:30:28.123`, with or without a leading T; None for anything else."""
    match = _TIME_ONLY.fullmatch(text)
    if match is None:
        return None
    parts = _time_numbers(list(match.groups()))
    return Time(parts) if _is_time(parts) else None


def _numbers(texts: list[str | None]) -> Parts:
    return tuple(int(text) for text in texts if text is not None)


def _time_numbers(texts: list[str | None]) -> Parts:
    parts: list[int | Decimal] = [int(text) for text in texts[:2] if text is not None]
    if texts[2] is not None:
        parts.append(Decimal(texts[2]))
    return tuple(parts)


def _minutes(offset: str) -> int:
    if offset == "Z":
        return 0
    size = int(offset[1:3]) * 60 + int(offset[4:6])
    return -size if offset[0] == "-" else size


def _is_date(parts: Parts) -> bool:
    year, month, day = (*(int(part) for part in parts), 1, 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_time(parts: Parts) -> bool:
    hour, minute, second = (*parts, 0, 0, 0)[:3]
    return hour < 24 and minute < 60 and second < 60


def _date_text(parts: Parts) -> str:
    return "-".join(f"{part:02d}" if place else f"{part:04d}" for place, part in enumerate(parts))


def _time_text(parts: Parts) -> str:
    texts = [f"{int(part):02d}" for part in parts[:2]]
    if len(parts) > 2:
        texts.append(f"{parts[2]:f}" if parts[2] >= 10 else f"0{parts[2]:f}")
    return ":".join(texts)


def offset_text(minutes: int) -> str:
    """`Z` or `+02:00`"""
    if minutes == 0:
        return "Z"
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def as_date_time(value: Date | DateTime) -> DateTime:
    """The implicit conversion of a Date: same parts, no time, no offset."""
    return value if isinstance(value, DateTime) else DateTime(value.parts)


def compare(left: Temporal, right: Temporal) -> int | None:
    """-1, 0 or 1; None when the precisions or an unknown offset leave it open.

    Both must be Time, or both Date or DateTime.
    """
    if isinstance(left, Time) or isinstance(right, Time):
        return _compare_parts(left.parts, right.parts)
    return _compare_moments(as_date_time(left), as_date_time(right))  # type: ignore[arg-type]


def _compare_moments(left: DateTime, right: DateTime) -> int | None:
    if left.offset == right.offset or min(len(left.parts), len(right.parts)) < 4:
        return _compare_parts(left.parts, right.parts)
    if left.offset is not None and right.offset is not None:
        return _compare_parts(in_utc(left), in_utc(right))
    return _compare_with_unknown_offset(left, right)


def _compare_parts(left: Parts, right: Parts) -> int | None:
    for one, other in zip(left, right, strict=False):
        if one != other:
            return -1 if one < other else 1
    return 0 if len(left) == len(right) else None


def in_utc(value: DateTime) -> Parts:
    """The parts by the clock of UTC."""
    moment = start(value) - timedelta(minutes=value.offset or 0)
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute)
    if len(value.parts) == 6:
        return (*parts, value.parts[5])
    return parts[: len(value.parts)] if len(value.parts) > 4 or (value.offset or 0) % 60 == 0 else parts


def _compare_with_unknown_offset(left: DateTime, right: DateTime) -> int | None:
    """Certain only when even the widest offset could not turn the order round."""
    apart = start(left) - start(right)
    slack = timedelta(minutes=_WIDEST_OFFSET + max(abs(left.offset or 0), abs(right.offset or 0)), hours=1)
    if apart > slack:
        return 1
    return -1 if apart < -slack else None


def start(value: DateTime) -> datetime:
    """The first moment of the span, by its own clock (without offset).

    Moments before year 1 or after 9999 are cut to these limits by the caller's arithmetic.
    """
    rest: Parts = (1, 1, 1, 0, 0, 0)[len(value.parts) :]
    year, month, day, hour, minute, second = (*value.parts, *rest)
    whole = int(second)
    micro = int((Decimal(second) - whole) * 1_000_000)
    return datetime(int(year), int(month), int(day), int(hour), int(minute), whole, micro)  # noqa: DTZ001
