"""Entities byte by byte, against the parser of the standard library where both must agree."""

from __future__ import annotations

import base64
import email
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.standards.mail.entity import addresses, entity, read_field, with_crlf, wrapped


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_base64_is_that_of_the_library(content: bytes) -> None:
    text = wrapped(content)
    assert base64.b64decode(text) == content
    assert text == base64.encodebytes(content).replace(b"\n", b"\r\n")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="\r\nab", max_size=30).map(str.encode))
def test_lines_end_with_crlf_and_doing_it_again_changes_nothing(raw: bytes) -> None:
    found = with_crlf(raw)
    assert with_crlf(found) == found
    assert found.replace(b"\r\n", b"").count(b"\n") == found.replace(b"\r\n", b"").count(b"\r") == 0
    assert found.replace(b"\r\n", b"\n") == raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="ascii", exclude_characters="\r\0"), max_size=80), min_size=1, max_size=4
    )
)
def test_parts_are_those_of_the_library(texts: list[str]) -> None:
    made = EmailMessage(policy=SMTP)
    made.make_mixed()
    for text in texts:
        made.add_attachment(text, filename="a.txt")
    raw = made.as_bytes()
    ours = entity(raw).parts()
    theirs = email.message_from_bytes(raw, policy=SMTP).iter_parts()
    assert [one.content.replace(b"\r\n", b"\n").rstrip() for one in ours] == [
        bytes(one.get_payload(decode=True)).replace(b"\r\n", b"\n").rstrip() for one in theirs
    ]
    assert [one.file_name for one in ours] == ["a.txt"] * len(texts)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # examples of RFC 2047, section 8, and of RFC 2231, section 3
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-2?Q?a?=  =?no-such-set?Q?b?=", "=?ISO-8859-2?Q?a?= =?no-such-set?Q?b?="),
        ("plain\r\n folded \x07", "plain folded"),
    ],
)
def test_fields(written: str, read: str) -> None:
    assert read_field(written) == read


def test_a_file_name_in_pieces() -> None:
    raw = b"Content-Disposition: attachment;\r\n filename*0*=us-ascii'en'C%3A%5CThis%20is%20;\r\n filename*1*=even%20more\r\n\r\nx"
    assert entity(raw).file_name == "This is even more"


def test_addresses_come_with_their_names() -> None:
    found = addresses(['=?utf-8?q?Jos=C3=A9e?= <Josee@Mail.example>, "X, Y" <xy@mail.example>, nobody'])
    assert found == [("Josée", "josee@mail.example"), ("X, Y", "xy@mail.example")]
