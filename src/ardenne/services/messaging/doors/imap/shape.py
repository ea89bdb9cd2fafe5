"""A message as IMAP shows it: envelope, structure, sections (RFC 3501, 6.4.5 and 7.4.2; pure)."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Sequence

from ardenne.services.messaging.doors.imap.syntax import BadCommand, listed, string
from ardenne.standards.mail.entity import Entity, entity
from ardenne.standards.refusal import Refused

_SECTION = re.compile(
    r"(?P<path>\d{1,4}(?:\.\d{1,4})*)?\.?(?P<what>HEADER|TEXT|MIME|HEADER\.FIELDS(?:\.NOT)? \((?P<names>[^()]*)\))?",
    re.IGNORECASE,
)
_PARAMETERS = (
    "charset",
    "name",
    "boundary",
    "smime-type",
    "protocol",
    "micalg",
    "report-type",
    "format",
    "type",
)
_DEEPEST = 12


def envelope(message: Entity) -> bytes:
    """Return the envelope: date, subject, from, sender, reply-to, to, cc, bcc, in-reply-to, message-id."""
    writers = message.all("from")
    parts = [_field(message, "date"), _field(message, "subject"), _addresses(writers)]
    parts += [_addresses(message.all(name) or writers) for name in ("sender", "reply-to")]
    parts += [_addresses(message.all(name)) for name in ("to", "cc", "bcc")]
    return listed([*parts, _field(message, "in-reply-to"), _field(message, "message-id")])


def _field(message: Entity, name: str) -> bytes:
    found = message.all(name)
    return string(found[0] if found else None)


def _addresses(fields: Sequence[str]) -> bytes:
    found = []
    for name, address in email.utils.getaddresses(list(fields))[:500]:
        local, at, domain = address.rpartition("@")
        if at:
            found.append(listed([string(name or None), b"NIL", string(local), string(domain)]))
    return b"(" + b"".join(found) + b")" if found else b"NIL"


def structure(message: Entity, *, extended: bool, depth: int = 0) -> bytes:
    """Return BODY, or BODYSTRUCTURE when ``extended``."""
    kind, _, sub = message.media_type.upper().partition("/")
    if message.is_multipart and depth < _DEEPEST:
        try:
            parts = message.parts()
        except Refused:
            parts = []
        if parts:
            inner = b"".join(structure(one, extended=extended, depth=depth + 1) for one in parts)
            found = inner + b" " + string(sub)
            if extended:
                found += b" " + _parameters(message) + b" " + _disposition(message) + b" NIL NIL"
            return b"(" + found + b")"
    encoding = (message.all("content-transfer-encoding") or ["7BIT"])[0].upper()
    fields = [
        string(kind), string(sub), _parameters(message), _field(message, "content-id"),
        _field(message, "content-description"), string(encoding), b"%d" % len(message.body),
    ]  # fmt: skip
    if kind == "TEXT":
        fields.append(b"%d" % message.body.count(b"\n"))
    if message.media_type == "message/rfc822" and depth < _DEEPEST:
        inside = entity(message.body)
        fields += [
            envelope(inside), structure(inside, extended=extended, depth=depth + 1),
            b"%d" % message.body.count(b"\n"),
        ]  # fmt: skip
    if extended:
        fields += [b"NIL", _disposition(message), b"NIL", b"NIL"]
    return listed(fields)


def _parameters(message: Entity) -> bytes:
    found = [(name, message.parameter(name)) for name in _PARAMETERS]
    parts = [part for name, value in found if value for part in (string(name.upper()), string(value))]
    if not parts and message.media_type == "text/plain":
        parts = [string("CHARSET"), string("US-ASCII")]
    return listed(parts) if parts else b"NIL"


def _disposition(message: Entity) -> bytes:
    if not message.disposition:
        return b"NIL"
    name = message.file_name
    inside = listed([string("FILENAME"), string(name)]) if name else b"NIL"
    return listed([string(message.disposition.upper()), inside])


def section(message: Entity, asked: str) -> bytes | None:
    """Return what a section such as ``HEADER``, ``1.2.MIME`` or nothing at all names; None: it is not there.

    Raises BadCommand for one that cannot be read.
    """
    found = _SECTION.fullmatch(asked)
    if found is None:
        raise BadCommand("there is no such section")
    what, one = (found["what"] or "").upper(), message
    if found["path"]:
        place = _part(message, [int(number) for number in found["path"].split(".")])
        if place is None:
            return None
        one = place
    if not what:
        return one.body if found["path"] else one.raw
    if what == "MIME":
        return one.head + b"\r\n"
    if found["path"] and what != "MIME":
        if one.media_type != "message/rfc822":
            return None
        one = entity(one.body)
    if what == "TEXT":
        return one.body
    if what == "HEADER":
        return one.head + b"\r\n"
    return _fields(one, found["names"] or "", negated=".NOT" in what)


def _part(message: Entity, path: Sequence[int]) -> Entity | None:
    one = message
    for depth, number in enumerate(path):
        if depth and one.media_type == "message/rfc822":
            one = entity(one.body)
        try:
            parts = one.parts() if one.is_multipart else [one]
        except Refused:
            return None
        if not 1 <= number <= len(parts) or (
            not one.is_multipart and depth and number == 1 and parts == [one]
        ):
            return None
        one = parts[number - 1]
    return one


def _fields(message: Entity, names: str, *, negated: bool) -> bytes:
    wanted = {name.strip('"').lower().encode() for name in names.split()}
    lines = re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", message.head)
    kept = [line for line in lines if (line.partition(b":")[0].strip().lower() in wanted) != negated]
    return b"".join(kept) + b"\r\n"
