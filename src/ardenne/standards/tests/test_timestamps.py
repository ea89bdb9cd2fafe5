"""HL7 points in time: forms of HL7 v2.5.1 chapter 2A.77.1 and what FHIR R4 allows for dateTime."""

from __future__ import annotations

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.standards.timestamps import read

LUXEMBOURG_SUMMER = datetime.timezone(datetime.timedelta(hours=2))
# The regular expression of the FHIR R4 specification, datatypes.html#dateTime.
FHIR_DATETIME = re.compile(
    r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014", "2014"),
        ("201410", "2014-10"),
        ("20141015", "2014-10-15"),
        ("20141015103026-0500", "2014-10-15T10:30:26-05:00"),
        ("201210161904-0400", "2012-10-16T19:04:00-04:00"),
        ("19970219110000.1234+0000", "1997-02-19T11:00:00.1234+00:00"),
        ("20240101120000Z", "2024-01-01T12:00:00Z"),
        ("20110220+0100", "2011-02-20"),
        ("20170614082309", "2017-06-14"),
        ("2000040714", "2000-04-07"),
    ],
)
def test_precision_is_kept_and_no_zone_is_invented(text: str, expected: str) -> None:
    assert read(text).fhir() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20170614082309", "2017-06-14T08:23:09+02:00"),
        ("2000040714", "2000-04-07T14:00:00+02:00"),
        ("20141015103026-0500", "2014-10-15T10:30:26-05:00"),
        ("20141015", "2014-10-15"),
    ],
)
def test_a_given_zone_fills_a_missing_one_only(text: str, expected: str) -> None:
    assert read(text).fhir(LUXEMBOURG_SUMMER) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1347275600049", "since 1970"),
        ("2012121200099", "not of the form"),
        ("2014-10-15", "hyphens"),
        ("20141315", "month"),
        ("20140230", "day"),
        ("2014101525", "hour"),
        ("20141015103026-0560", "zone"),
        ("", "not of the form"),
        ("٢٠١٤", "not of the form"),
    ],
)
def test_what_is_not_a_time_is_explained(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(text)


@given(
    st.datetimes(min_value=datetime.datetime(1800, 1, 1)),  # noqa: DTZ001 (a date alone)
    st.sampled_from(["", "Z", "+0130", "-1100", "+1400"]),
    st.integers(4, 14),
)
def test_every_time_becomes_a_fhir_datetime(moment: datetime.datetime, zone: str, length: int) -> None:
    text = moment.strftime("%Y%m%d%H%M%S")[: length // 2 * 2] + zone
    assert FHIR_DATETIME.fullmatch(read(text).fhir(LUXEMBOURG_SUMMER))
