"""Adding a period of the supporting data to a day: CALCDT-1 to CALCDT-6 of the CDSi logic specification."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

FOREVER = date(2999, 12, 31).toordinal()
"""Assumed for a missing end (12/31/2999 in the attribute tables of the specification)."""
BEGINNING = date(1900, 1, 1).toordinal()
"""Assumed for a missing beginning (01/01/1900)."""

_PART = re.compile(r"\s*([+-]?)\s*(\d+)\s*(year|month|week|day)s?\b", re.IGNORECASE)


class PeriodError(ValueError):
    """A period that the supporting data's language does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """A period of whole years, months and days, such as ``12 months - 4 days``; parts may be negative.

    :func:`period` gives the same object for the same text: looking one up by identity is what makes ages cheap.
    """

    years: int
    months: int
    days: int


@lru_cache(maxsize=4096)
def period(text: str) -> Period | None:
    """Read ``4 weeks``, ``16 years - 4 months``; None for an empty text.

    :raises PeriodError: when the text is no period.
    """
    if not text.strip():
        return None
    years = months = days = end = 0
    for part in _PART.finditer(text):
        if part.start() != end:
            break
        end = part.end()
        amount = int(part[2]) * (-1 if part[1] == "-" else 1)
        unit = part[3].lower()
        years += amount if unit == "year" else 0
        months += amount if unit == "month" else 0
        days += amount * (7 if unit == "week" else 1) if unit in ("week", "day") else 0
    if end == 0 or text[end:].strip():
        raise PeriodError(f"{text!r} is no period; write for example '12 months - 4 days'")
    return Period(years, months, days)


def _existing(year: int, month: int, day: int) -> date:
    """The day itself, or the first of the next month when it does not exist (CALCDT-5)."""
    if day <= 28 or day <= monthrange(year, month)[1]:
        return date(year, month, day)
    return date(year + month // 12, month % 12 + 1, 1)


def shift(day: int, by: Period) -> int:
    """The day after a period: first years, then months, then days (CALCDT-6).

    >>> date.fromordinal(shift(date(2000, 7, 31).toordinal(), Period(0, 2, 0))).isoformat()
    '2000-10-01'
    """
    return _moved(day, by) if by.years or by.months else day + by.days


@lru_cache(maxsize=65_536)
def _moved(day: int, by: Period) -> int:
    """Kept, because the antigens of a vaccine, and persons of an age, ask for the same days."""
    start = date.fromordinal(day)
    if start.day <= 28:  # every month has this day: both steps are one
        count = (start.year + by.years) * 12 + start.month - 1 + by.months
        return date(count // 12, count % 12 + 1, start.day).toordinal() + by.days
    if by.years:
        start = _existing(start.year + by.years, start.month, start.day)
    if by.months:
        count = start.year * 12 + start.month - 1 + by.months
        start = _existing(count // 12, count % 12 + 1, start.day)
    return start.toordinal() + by.days
