"""MIME entities (RFC 2045, 2046) as exact bytes: header fields, parts, decoded contents. Bounded, and never surprised."""

from __future__ import annotations

import base64
import binascii
import email
import email.header
import email.message
import email.utils
import quopri
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from ardenne.standards.refusal import Refused

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_LONGEST_HEAD = 64 * 1024
_MOST_PARTS = 200
_DEEPEST = 12
_LINE = 76


class Entity:
    """Header fields and body. Lines end with CRLF."""

    def __init__(self, raw: bytes) -> None:
        head, body = _cut(raw)
        self.raw, self.head, self.body = raw, head, body

    @cached_property
    def _fields(self) -> email.message.Message:
        return email.message_from_bytes(self.head + b"\r\n")

    def get(self, name: str) -> str:
        """Return the first field of a name as people read it, on one line; empty when there is none."""
        return read_field(str(self._fields.get(name, "")))

    def all(self, name: str) -> list[str]:
        """Return every field of a name as it stands, on one line."""
        return [" ".join(str(value).split()) for value in self._fields.get_all(name, [])]

    @property
    def media_type(self) -> str:
        """Media type in small letters; text/plain when none is given."""
        return self._fields.get_content_type()

    def parameter(self, name: str) -> str:
        """Return a parameter of the media type."""
        try:
            found = self._fields.get_param(name, "")
        except (ValueError, IndexError):
            return ""
        return email.utils.collapse_rfc2231_value(found)

    @property
    def disposition(self) -> str:
        """``attachment``, ``inline`` or empty."""
        return self._fields.get_content_disposition() or ""

    @property
    def file_name(self) -> str:
        """The name of a file, without folders; empty when none is given."""
        try:
            found = self._fields.get_filename() or ""
        except (ValueError, IndexError):
            found = ""
        return re.split(r"[/\\]", read_field(found))[-1][:150]

    @property
    def is_multipart(self) -> bool:
        """Whether it is made of parts."""
        return self.media_type.startswith("multipart/") and bool(self.parameter("boundary"))

    def parts(self) -> list[Entity]:
        """Return the parts of a multipart entity, each byte by byte. Raises Refused."""
        return [Entity(one) for one in _parts(self.body, self.parameter("boundary"))]

    @property
    def content(self) -> bytes:
        """The body without its transfer encoding; what is not encoded properly is read as far as it goes."""
        encoding = str(self._fields.get("content-transfer-encoding", "")).strip().lower()
        if encoding == "base64":
            return _base64(self.body)
        if encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        return self.body

    @property
    def text(self) -> str:
        """The content as text in its own character set."""
        charset = self.parameter("charset") or "utf-8"
        try:
            found = self.content.decode(charset, "replace")
        except (LookupError, ValueError):
            found = self.content.decode("utf-8", "replace")
        return found.replace("\r\n", "\n").replace("\0", "")

    def leaves(self) -> Iterator[Entity]:
        """Yield what is no multipart, in order. Raises Refused beyond any sensible number or depth."""
        yield from _leaves(self, 0, [0])


def entity(raw: bytes) -> Entity:
    """Return the entity of bytes whose lines may end in any way."""
    return Entity(with_crlf(raw))


def with_crlf(raw: bytes) -> bytes:
    """Return text whose lines all end with CRLF (the canonical form, RFC 8551, 3.1.1)."""
    pairs = raw.count(b"\r\n")
    return raw if raw.count(b"\n") == pairs == raw.count(b"\r") else _BARE.sub(b"\r\n", raw)


def read_field(value: str) -> str:
    """Return a header field as people read it: encoded words decoded (RFC 2047), on one line, without control signs."""
    try:
        found = str(email.header.make_header(email.header.decode_header(value)))
    except (ValueError, LookupError, email.errors.HeaderParseError):
        found = value
    clean = "".join(sign if sign.isprintable() else " " for sign in found)
    return " ".join(clean.split())[:2000]


def addresses(fields: Sequence[str]) -> list[tuple[str, str]]:
    """Return names and addresses (in small letters) of fields such as To."""
    found = email.utils.getaddresses(list(fields))
    return [(read_field(name), address.strip().lower()) for name, address in found if "@" in address][:500]


def wrapped(content: bytes) -> bytes:
    """Return content in base64, lines of 76 signs."""
    text = base64.b64encode(content)
    return b"".join(text[at : at + _LINE] + b"\r\n" for at in range(0, len(text), _LINE))


def _cut(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith(b"\r\n"):
        return b"", raw[2:]
    end = raw.find(b"\r\n\r\n", 0, _LONGEST_HEAD)
    if end < 0:
        if len(raw) > _LONGEST_HEAD:
            raise Refused(
                rule="mail-header",
                found="the header is longer than 64 kB",
                mend="Send it with a shorter header.",
            )
        return raw, b""
    return raw[: end + 2], raw[end + 4 :]


def _parts(body: bytes, boundary: str) -> list[bytes]:
    mark = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    text = b"\r\n" + body
    found: list[bytes] = []
    start, place = -1, 0
    while (place := text.find(mark, place)) >= 0 and len(found) <= _MOST_PARTS:
        begin, place = place, place + len(mark)
        end = text.find(b"\r\n", place)
        rest = text[place : end if end >= 0 else len(text)]
        if rest.strip(b" \t") not in (b"", b"--"):
            continue  # another, longer boundary that begins in the same way
        if start >= 0:
            found.append(text[start:begin])
        if rest.startswith(b"--"):
            return found
        start = place + len(rest) + 2
        place += len(rest)
    raise Refused(
        rule="mail-parts", found="a message of parts does not end, or has more than 200",
        mend="Write the message again.",
    )  # fmt: skip


def _leaves(one: Entity, depth: int, count: list[int]) -> Iterator[Entity]:
    count[0] += 1
    if depth > _DEEPEST or count[0] > _MOST_PARTS:
        raise Refused(
            rule="mail-parts",
            found="the message has too many parts inside each other",
            mend="Write it simpler.",
        )
    if not one.is_multipart:
        yield one
        return
    for part in one.parts():
        yield from _leaves(part, depth + 1, count)


def _base64(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        signs = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
        return binascii.a2b_base64(signs[: len(signs) // 4 * 4])
