"""What a PDF says of itself in its Info dictionary, where that is plain to read (PDF 1.7, chapter 14.3.3).

Compressed or encrypted dictionaries are left alone: a description file says it better.
"""

from __future__ import annotations

import re

_TITLE = re.compile(rb"/Title\s*(\((?:[^()\\]|\\.){0,400}\)|<[0-9A-Fa-f\s]{0,1600}>)", re.DOTALL)
_CREATED = re.compile(
    rb"/CreationDate\s*\(D:(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?)?(?:(Z)|([+-])(\d\d)'?(\d\d)?'?)?"
)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"", b"f": b""}
_ENDS = 1 << 18


def _info(data: bytes) -> bytes:
    """The beginning and the end of the file, where the dictionary stands."""
    return data if len(data) <= 2 * _ENDS else data[:_ENDS] + data[-_ENDS:]


def title(data: bytes) -> str:
    """The title, "" when there is none that can be read."""
    found = _TITLE.search(_info(data))
    if found is None or b"/Encrypt" in data:
        return ""
    raw = found[1]
    text = _hexadecimal(raw[1:-1]) if raw.startswith(b"<") else _unescaped(raw[1:-1])
    if text.startswith(b"\xfe\xff"):
        words = text[2:].decode("utf-16-be", errors="replace")
    elif text.startswith(b"\xef\xbb\xbf"):
        words = text[3:].decode("utf-8", errors="replace")
    else:
        words = text.decode("iso-8859-1")
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:200]


def _hexadecimal(raw: bytes) -> bytes:
    digits = b"".join(raw.split())
    return bytes.fromhex((digits + b"0" if len(digits) % 2 else digits).decode())


def _unescaped(raw: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        if found[1].isdigit():
            return bytes([int(found[1], 8) & 0xFF])
        return _ESCAPES.get(found[1], found[1])

    return re.sub(rb"\\([0-7]{1,3}|.)", one, raw, flags=re.DOTALL)


def created(data: bytes) -> str:
    """The creation date as FHIR dateTime; only the date when it has no zone; "" when there is none."""
    found = _CREATED.search(_info(data))
    if found is None or b"/Encrypt" in data:
        return ""
    year, month, day, hour, minute, second, utc, sign, zone_hour, zone_minute = (
        (part or b"").decode() for part in found.groups()
    )
    date = "-".join(part for part in (year, month, day if month else "") if part)
    zone = "Z" if utc else f"{sign}{zone_hour}:{zone_minute or '00'}" if sign else ""
    if not (hour and day and zone):
        return date
    return f"{date}T{hour}:{minute}:{second or '00'}{zone}"
