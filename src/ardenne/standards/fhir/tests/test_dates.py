"""Intervals of dates (expected values by the calendar and FHIR R4, Search 3.1.1.4.7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.standards.fhir.dates import MAX_US, MIN_US, point, span


def us(*parts: int) -> int:
    return (datetime(*parts, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2023", us(2023, 1, 1), us(2024, 1, 1)),
        ("2023-12", us(2023, 12, 1), us(2024, 1, 1)),
        ("2024-02", us(2024, 2, 1), us(2024, 3, 1)),
        ("2024-02-29", us(2024, 2, 29), us(2024, 3, 1)),
        ("2023-05-01T10:00", us(2023, 5, 1, 10), us(2023, 5, 1, 10, 1)),
        ("2023-05-01T10:00:00Z", us(2023, 5, 1, 10), us(2023, 5, 1, 10, 0, 1)),
        ("2023-05-01T10:00:00+02:00", us(2023, 5, 1, 8), us(2023, 5, 1, 8, 0, 1)),
        ("2023-05-01T22:00:00-05:30", us(2023, 5, 2, 3, 30), us(2023, 5, 2, 3, 30, 1)),
        ("2023-05-01T10:00:00.5Z", us(2023, 5, 1, 10, 0, 0, 500_000), us(2023, 5, 1, 10, 0, 0, 600_000)),
        ("1970-01-01T00:00:00.123456789Z", 123_456, 123_457),
        ("2016-12-31T23:59:60Z", us(2016, 12, 31, 23, 59, 59), us(2017, 1, 1)),
        ("0001", MIN_US, us(2, 1, 1)),
        ("9999", us(9999, 1, 1), MAX_US),
        ("9999-12", us(9999, 12, 1), MAX_US),
        ("0001-01-01T00:00:00+14:00", MIN_US, MIN_US + 1_000_000),
        ("9999-12-31T23:59:59-14:00", MAX_US - 1_000_000, MAX_US),
    ],
)  # fmt: skip
def test_span(text: str, low: int, high: int) -> None:
    assert span(text) == (low, high)
    assert point(text) == low


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no FHIR date"),
        ("23", "no FHIR date"),
        ("2023-5", "no FHIR date"),
        ("2023-05-01T10", "no FHIR date"),
        ("2023-05-01 10:00:00Z", "no FHIR date"),
        ("2023-05-01T10:00:00.Z", "no FHIR date"),
        ("٢٠٢٣", "no FHIR date"),
        ("2023-05-01\n", "no FHIR date"),
        ("0000", "calendar"),
        ("2023-13", "calendar"),
        ("2023-02-29", "calendar"),
        ("2023-02-30T10:00:00Z", "calendar"),
        ("2023-05-01T24:00:00Z", "no time"),
        ("2023-05-01T10:60:00Z", "no time"),
        ("2023-05-01T10:00:00+14:01", "no time zone"),
        ("2023-05-01T10:00:00+02:60", "no time zone"),
    ],
)
def test_refused_with_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        span(text)


_FIRST, _LAST = datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31")


@given(
    st.datetimes(min_value=_FIRST, max_value=_LAST),
    st.integers(-14 * 60, 14 * 60),
)
def test_instants_agree_with_the_standard_library(moment: datetime, minutes: int) -> None:
    sign, size = ("-", -minutes) if minutes < 0 else ("+", minutes)
    text = f"{moment.isoformat(timespec='microseconds')}{sign}{size // 60:02}:{size % 60:02}"
    exact = (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert span(text) == (exact, exact + 1)
