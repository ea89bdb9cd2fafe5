"""What is hostile, strange or changed on its way; whom a certificate speaks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardenne.standards.mail.entity import Entity, entity, with_crlf, wrapped
from ardenne.standards.mail.plain import words
from ardenne.standards.refusal import Refused
from ardenne.standards.smime import ber, certificates, enveloped, letter, opening
from ardenne.standards.smime.letter import Attachment, Letter, Party
from ardenne.standards.smime.tests.conftest import NOW, World

ANNA = Party("Anna", "anna@mail.example")


@pytest.mark.parametrize(
    ("hexed", "dotted"),
    [("06032a0304", "1.2.3.4"), ("06062a864886f70d", "1.2.840.113549"), ("0603883703", "2.999.3")],
)
def test_object_identifiers(hexed: str, dotted: str) -> None:
    # the first two stand in X.690, 8.19, and RFC 8017; 2.999 is the example arc of X.660
    assert ber.read(bytes.fromhex(hexed)).oid == dotted


@pytest.mark.parametrize(
    "hexed",
    [
        "",
        "30",
        "3005",
        "300501",
        "3080",
        "30800201",
        "02810500",
        "1f2101",
        "0480",
        "3003020100ff",
        "02890100",
    ],
)
def test_broken_structures_are_refused(hexed: str) -> None:
    with pytest.raises(Refused):
        ber.read(bytes.fromhex(hexed))


def test_depth_and_number_are_bounded() -> None:
    with pytest.raises(Refused, match="deeper"):
        ber.read(b"\x30\x80" * 5000)
    with pytest.raises(Refused, match="deeper"):
        ber.read(b"\x30\x83\x06\x1a\x80" + b"\x05\x00" * 200_000)


def test_pieces_of_an_octet_string_are_joined() -> None:
    assert ber.read(bytes.fromhex("2480 0402 6162 2404 0402 6364 0000".replace(" ", ""))).octets == b"abcd"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (ber.read, enveloped.read):
        try:
            read(data)
        except Refused:
            continue


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_changed_message_is_never_taken_for_the_writer_s(world: World, place: int, change: int) -> None:
    raw = letter.written(_letter("what was written"), world.anna, [world.bert.certificate])
    head = raw.partition(b"\r\n\r\n")[0]
    sealed = bytearray(Entity(raw).content)
    sealed[place % len(sealed)] ^= change
    try:
        found = opening.open_(head + b"\r\n\r\n" + wrapped(bytes(sealed)), [world.bert])
    except Refused:
        return
    # what changes nothing that is signed may pass; anything else must show
    assert (found.text.strip() == "what was written" and found.subject == "S") or not found.signatures


def _letter(text: str, attachments: tuple[Attachment, ...] = ()) -> Letter:
    return Letter(ANNA, (ANNA,), "S", text, datetime(2026, 1, 1, tzinfo=UTC), "<1@mail.example>", attachments)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=300),
    content=st.binary(max_size=300),
    name=st.text(max_size=40),
)
def test_whatever_is_written_is_read_again(world: World, text: str, content: bytes, name: str) -> None:
    raw = letter.written(
        _letter(text, (Attachment(name, "image/png", content + b"x"),)), world.anna, [world.anna.certificate]
    )
    assert with_crlf(raw) == raw and max(map(len, raw.split(b"\r\n"))) <= 998
    found = opening.open_(raw, [world.anna])
    assert found.text.rstrip("\n") == text.rstrip("\n") and found.flaw is None and len(found.signatures) == 1
    (file,) = found.attachments
    assert file.content == content + b"x" and file.name and "/" not in file.name


def test_headers_wrapped_the_older_way_are_read(world: World) -> None:
    inner = (
        b"Content-Type: message/rfc822; forwarded=no\r\n\r\nFrom: anna@mail.example\r\nSubject: inside\r\n"
        b"Content-Type: text/plain\r\n\r\nhello"
    )
    sealed = enveloped.seal(inner, [world.bert.certificate])
    raw = b"From: x@y.example\r\nSubject: outside\r\nContent-Type: application/pkcs7-mime\r\n"
    raw += b"Content-Transfer-Encoding: base64\r\n\r\n" + wrapped(sealed)
    found = opening.open_(raw, [world.bert])
    assert (found.subject, found.sender.address, found.text) == ("inside", "anna@mail.example", "hello")


def test_two_writers_are_nobody() -> None:
    assert opening.open_(b"From: a@x.example, b@x.example\r\n\r\nhi", []).sender.address == ""


@pytest.mark.parametrize("boundary", ["", "x"])
def test_parts_that_do_not_end_are_refused(boundary: str) -> None:
    raw = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n--x\n\nhello\n'.encode()
    if boundary:
        with pytest.raises(Refused):
            opening.open_(raw, [])
    else:
        assert "hello" not in opening.open_(raw, []).text


def test_parts_inside_parts_end_somewhere() -> None:
    raw = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(50))
    raw += b"\nx" + b"".join(b"\n--%d--" % n for n in reversed(range(50)))
    with pytest.raises(Refused, match="parts inside"):
        list(entity(raw).leaves())


def test_of_html_only_the_words_are_read() -> None:
    html = "<html><head><title>t</title></head><body><p>One&nbsp;&amp; two<script>bad()</script></p><img src='http://x'>three"
    assert words(html) == "One & two\nthree"


def test_for_whom_a_certificate_speaks(world: World) -> None:
    trusted = [world.authority.certificate]
    anna, carl = world.anna.certificate, world.carl.certificate
    assert certificates.problem(anna, trusted, "Anna@mail.example", NOW) == ""
    assert certificates.problem(anna, trusted, "bert@mail.example", NOW) == "address"
    assert certificates.problem(carl, trusted, "carl@mail.example", NOW) == "time"
    assert certificates.problem(anna, trusted, "anna@mail.example", NOW - timedelta(days=1)) == "time"
    other = certificates.authority("Test authority", certificates.new_key(2048), NOW)
    assert certificates.problem(anna, [other.certificate], "anna@mail.example", NOW) == "authority"
    # a member is no authority, whatever it signs
    forged = certificates.member(
        certificates.Authority(anna, world.anna.key),
        world.bert.key.public_key(),
        "x",
        "bert@mail.example",
        NOW,
    )
    assert certificates.problem(forged, [anna], "bert@mail.example", NOW) == "authority"
    door = certificates.server(world.authority, world.bert.key.public_key(), [], NOW)
    assert certificates.problem(door, trusted, "bert@mail.example", NOW) == "address"
    assert certificates.can_be_encrypted_for(anna)
