"""Unpack gzip without being drowned by it."""

from __future__ import annotations

import zlib

from ardenne.standards.refusal import Refused

_CHUNK = 1 << 20


def is_packed(data: bytes) -> bool:
    """Whether the bytes begin like a gzip file (RFC 1952)."""
    return data[:2] == b"\x1f\x8b"


def unpack(data: bytes, limit: int = 1 << 30) -> bytes:
    """The content of a gzip file with one or several members; raises Refused beyond `limit` bytes."""
    found = bytearray()
    rest = data
    while rest:
        reader = zlib.decompressobj(wbits=31)
        try:
            while not reader.eof:
                piece = reader.decompress(rest, _CHUNK)
                found += piece
                if len(found) > limit:
                    raise Refused(
                        rule="gzip-size",
                        found=f"the file unpacks to more than {limit} bytes",
                        mend="Split the file",
                    )
                rest = reader.unconsumed_tail if not reader.eof else reader.unused_data
                if not piece and not reader.eof and not rest:
                    raise _broken("it ends in the middle")
        except zlib.error as error:
            raise _broken(str(error)) from error
        rest = rest.lstrip(b"\x00")
    return bytes(found)


def _broken(reason: str) -> Refused:
    return Refused(
        rule="gzip-broken", found=f"the file cannot be unpacked: {reason}", mend="Send it again, complete"
    )
