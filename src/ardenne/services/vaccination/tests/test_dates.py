"""Date rules CALCDT-1 to -6: the examples of the specification, and what holds for every day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.services.vaccination.rules.dates import PeriodError, period, shift

_DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


def plus(day: date, text: str) -> date:
    by = period(text)
    assert by is not None
    return date.fromordinal(shift(day.toordinal(), by))


@pytest.mark.parametrize(
    ("day", "text", "result"),
    [
        (date(2000, 1, 1), "3 years", date(2003, 1, 1)),
        (date(2000, 1, 1), "3 months", date(2000, 4, 1)),
        (date(2000, 11, 1), "3 months", date(2001, 2, 1)),
        (date(2000, 1, 1), "3 weeks", date(2000, 1, 22)),
        (date(2000, 1, 1), "3 days", date(2000, 1, 4)),
        (date(2000, 2, 1), "5 weeks", date(2000, 3, 7)),
        (date(2001, 2, 1), "5 weeks", date(2001, 3, 8)),
        (date(2000, 1, 15), "- 4 days", date(2000, 1, 11)),
        (date(2000, 7, 31), "2 months", date(2000, 10, 1)),
        (date(2001, 1, 31), "1 month", date(2001, 3, 1)),
        # The specification prints 01/31/2000 + 1 month - 4 days = 02/25/2000, which contradicts its own CALCDT-5 in a
        # leap year; it is the result of 2001.
        (date(2001, 1, 31), "1 month - 4 days", date(2001, 2, 25)),
        (date(2000, 1, 31), "1 month - 4 days", date(2000, 2, 26)),
    ],
)
def test_examples_of_the_specification(day: date, text: str, result: date) -> None:
    assert plus(day, text) == result


@given(_DAYS, st.integers(0, 120))
def test_the_day_of_the_month_stays_or_the_next_month_begins(day: date, months: int) -> None:
    result = plus(day, f"{months} months")
    count = result.year * 12 + result.month - day.year * 12 - day.month
    assert (result.day == day.day and count == months) or (result.day == 1 and count == months + 1)


@given(_DAYS, st.integers(0, 5000), st.integers(0, 5000))
def test_days_add_up(day: date, one: int, other: int) -> None:
    assert plus(plus(day, f"{one} days"), f"{other} days") == plus(day, f"{one + other} days")


@given(_DAYS, _DAYS, st.integers(0, 240))
def test_who_is_older_is_never_later(one: date, other: date, months: int) -> None:
    assert (one <= other) == (plus(one, f"{months} months") <= plus(other, f"{months} months")) or plus(
        one, f"{months} months"
    ) == plus(other, f"{months} months")


@given(_DAYS, st.integers(0, 100))
def test_years_keep_day_and_month_except_the_leap_day(day: date, years: int) -> None:
    result = plus(day, f"{years} years")
    assert (result.month, result.day) == (day.month, day.day) or (
        day.month,
        day.day,
        result.month,
        result.day,
    ) == (2, 29, 3, 1)


@pytest.mark.parametrize("text", ["soon", "4", "4 fortnights", "4 weeks later", "weeks 4"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodError, match="no period"):
        period(text)


def test_nothing_is_no_period() -> None:
    assert period("  ") is None
