"""zlib and raw DEFLATE with a limit: a card of a few kilobytes must not become gigabytes."""

from __future__ import annotations

import zlib

from ardenne.standards.cards.errors import CardError

MAX_TEXT = 32_768
"""Characters of a card's text. A QR holds 4,296; cards in files and links may be longer."""
MAX_CONTENT = 1 << 20
"""Bytes of a card after unpacking."""


def unpack(content: bytes, *, raw: bool = False, limit: int = MAX_CONTENT) -> bytes:
    """:raises CardError: ``compression`` or ``size``."""
    machine = zlib.decompressobj(-15 if raw else 15)
    try:
        found = machine.decompress(content, limit + 1)
    except zlib.error:
        raise CardError("compression", "the content cannot be unpacked") from None
    if len(found) > limit:
        raise CardError("size", f"the card unpacks to more than {limit} bytes")
    if not machine.eof or machine.unused_data:
        raise CardError("compression", "the packed content is cut off, or something follows it")
    return found


def pack(content: bytes, *, raw: bool = False) -> bytes:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15 if raw else 15)
    return machine.compress(content) + machine.flush()
