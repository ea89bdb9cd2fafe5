"""What IMAP is written in: arguments, sets, times, structures, questions; nothing strange breaks them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.services.messaging.doors.imap import searching, shape, syntax
from ardenne.services.messaging.doors.imap.searching import Numbers
from ardenne.services.messaging.doors.imap.selected import Known, Selected
from ardenne.services.messaging.doors.imap.syntax import BadCommand, arguments, members, string
from ardenne.services.messaging.store_folders import Row
from ardenne.standards.mail.entity import entity

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
# the message of RFC 3501, 7.4.2 and 8, whose structure stands there
EXAMPLE = (
    (
        b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n"
        b"Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n"
        b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
        b"Message-Id: <B27397-0100000@cac.washington.edu>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n"
    )
    + b"x" * 31
    + b"\r\n"
)


def test_the_envelope_of_the_standard_s_example() -> None:
    assert shape.envelope(entity(EXAMPLE)) == (
        b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) '
        b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
        b'"<B27397-0100000@cac.washington.edu>")'
    )
    assert shape.structure(entity(EXAMPLE), extended=False) == (
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 33 1)'
    )


def test_sections_of_parts_inside_parts() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="a"\r\nSubject: s\r\n\r\n--a\r\n\r\nfirst\r\n--a\r\n'
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nX: y\r\n\r\ndeep\r\n--b--\r\n--a--\r\n"
    )
    message = entity(raw)
    assert shape.section(message, "") == raw
    assert shape.section(message, "1") == b"first"
    assert shape.section(message, "2.HEADER.FIELDS (SUBJECT)") == b"Subject: inner\r\n\r\n"
    assert shape.section(message, "2.1") == b"deep"
    assert shape.section(message, "2.1.MIME") == b"X: y\r\n\r\n"
    assert shape.section(message, "header.fields.not (content-type)") == b"Subject: s\r\n\r\n"
    assert shape.section(message, "3") is None and shape.section(message, "1.HEADER") is None
    with pytest.raises(BadCommand):
        shape.section(message, "1.NOTHING")
    told = shape.structure(message, extended=True)
    assert told.startswith(b'(("TEXT" "PLAIN"') and b'("MESSAGE" "RFC822"' in told
    assert told.count(b"(") == told.count(b")")


def test_arguments() -> None:
    found = arguments(b'1:3 (FLAGS BODY.PEEK[HEADER.FIELDS (FROM TO)]<0.9>) "a \\"b\\\\" \0\0', [b"liter al"])
    assert found == ["1:3", ["FLAGS", "BODY.PEEK[HEADER.FIELDS (FROM TO)]<0.9>"], b'a "b\\', b"liter al"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='aA1:*,()[]"\\ {}<>.%', max_size=60))
def test_any_text_is_arguments_or_a_bad_command(text: str) -> None:
    try:
        given_ = arguments(text.encode(), [])
        searching.condition(given_ or ["ALL"], Numbers(range(1, 4), [2, 5, 9]))
    except BadCommand:
        pass


@given(
    st.lists(st.integers(1, 30), max_size=8, unique=True).map(sorted), st.integers(1, 40), st.integers(1, 40)
)
def test_sets_name_what_lies_between(known: list[int], first: int, last: int) -> None:
    low, high = min(first, last), max(first, last)
    assert members(f"{first}:{last}", known) == [one for one in known if low <= one <= high]
    top = known[-1:] or []
    assert members("*", known) == top
    # RFC 3501, 9: a set that begins beyond the end still names the last one
    assert members("99:*", known) == top


@given(st.binary(max_size=80))
def test_strings_come_back_as_they_were(value: bytes) -> None:
    written = string(value)
    if written.startswith(b"{"):
        assert written.partition(b"\r\n")[2] == value
    else:
        assert arguments(written, []) == [value]


def test_times() -> None:
    assert syntax.moment(" 1-Feb-2026 10:00:00 +0130") == datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    assert syntax.stamp(datetime(2026, 2, 1, 8, 30, tzinfo=UTC)) == '"01-Feb-2026 08:30:00 +0000"'
    for wrong in ("1-Feb-2026", "31-Feb-2026 10:00:00 +0000", "1-Feb-2026 25:00:00 +0000"):
        with pytest.raises(BadCommand):
            syntax.moment(wrong)


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("ALL", [1, 2, 3]),
        ("SEEN", [2]),
        ("UNSEEN NOT 3", [1]),
        ("OR 1 UID 30", [1, 3]),
        ("(SEEN) LARGER 150", [2]),
        ("SMALLER 150", [1]),
        ("SINCE 25-Nov-2026", [2, 3]),
        ("BEFORE 25-Nov-2026", [1]),
        ("ON 25-Nov-2026 UNFLAGGED", [2]),
        ('FROM "ANNA"', [1, 2, 3]),
        ("HEADER X-Other y", []),
        ('HEADER Subject ""', [1, 2, 3]),
        ("TEXT minutes", [1, 2, 3]),
        ("BODY minutes", []),
        ("KEYWORD $Forwarded", [3]),
        ("NEW", []),
        ("SENTBEFORE 1-Jan-1997", [1, 2, 3]),
    ],
)
def test_questions(question: str, numbers: list[int]) -> None:
    head = EXAMPLE.replace(b"Terry Gray", b"Anna").partition(b"\r\n\r\n")[0] + b"\r\n"
    rows = [
        Row(1, 10, [], 1, 100, NOW - timedelta(days=1)),
        Row(2, 20, ["\\Seen"], 2, 200, NOW),
        Row(3, 30, ["\\Flagged", "$Forwarded"], 3, 300, NOW),
    ]
    known = [Known(place, row, head) for place, row in enumerate(rows, 1)]
    holds = searching.condition(arguments(question.encode(), []), Numbers(range(1, 4), [10, 20, 30]))
    assert [one.number for one in known if holds(one)] == numbers


def test_numbers_change_only_when_it_is_told() -> None:
    first = [Row(n, n * 10, [], n, 1, NOW) for n in (1, 2, 3)]
    selected = Selected(1, "INBOX", first, writes=True)
    now = [first[0], first[2]._replace(flags=["\\Seen"]), Row(4, 40, [], 4, 1, NOW)]
    told = selected.renewed(now, expunges=False)
    # what is gone keeps its number while numbers may not change
    assert told == [b"* 3 FETCH (UID 30 FLAGS (\\Seen))", b"* 4 EXISTS"]
    assert selected.renewed(now, expunges=True) == [b"* 2 EXPUNGE"]
    assert [row.uid for row in selected.rows] == [10, 30, 40]
    assert selected.renewed(now, expunges=True) == []
    assert [one.number for one in selected.chosen("20:40", by_uid=True)] == [2, 3]
