"""Packing of contents: zstd (RFC 8878), br (RFC 7932), gzip (RFC 1952), deflate; chosen as RFC 9110, 12.5.3 has it."""

from __future__ import annotations

import gzip
import sys
import zlib
from functools import lru_cache

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ENCODINGS = ("zstd", "br", "gzip")
"""What answers are packed with, the quickest first: of those that a client likes best, the first is taken."""

READ = ("gzip", "deflate", "br", "zstd")
"""What requests may be packed with."""

_BROTLI_QUALITY = 1
_ZSTD_LEVEL = 1
_GZIP_LEVEL = 1


class DamagedContent(ValueError):
    """The content is not what its encoding says."""


class TooLarge(ValueError):
    """The unpacked content is larger than allowed."""


@lru_cache(maxsize=256)
def chosen(accepted: str) -> str:
    """Return the encoding for an Accept-Encoding header, empty for none."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        key, _, value = parameter.partition("=")
        try:
            weights[name.strip()] = float(value) if key.strip() == "q" else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    liked = {name: weights.get(name, weights.get("*", 0.0)) for name in ENCODINGS}
    best = max(liked.values())
    if best <= 0 or best < weights.get("identity", 0.0):
        return ""
    return next(name for name in ENCODINGS if liked[name] == best)


def pack(encoding: str, body: bytes) -> bytes:
    """Return a body packed."""
    match encoding:
        case "zstd":
            return zstd.compress(body, _ZSTD_LEVEL)
        case "br":
            packed: bytes = brotli.compress(body, quality=_BROTLI_QUALITY)
            return packed
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


def unpack(encoding: str, body: bytes, limit: int) -> bytes:
    """Return a body unpacked, never holding more than ``limit`` bytes. Raises DamagedContent, TooLarge."""
    try:
        plain, whole = _unpacked(encoding, body, limit)
    except (zlib.error, brotli.error, zstd.ZstdError):
        raise DamagedContent(f"the content is not valid {encoding}") from None
    if len(plain) > limit:
        raise TooLarge(f"the unpacked content is larger than {limit} bytes: send it in parts")
    if not whole:
        raise DamagedContent(f"the {encoding} content ends before its end")
    return plain


def _unpacked(encoding: str, body: bytes, limit: int) -> tuple[bytes, bool]:
    match encoding:
        case "zstd":
            frames = zstd.ZstdDecompressor()
            return frames.decompress(body, limit + 1), frames.eof
        case "br":
            stream = brotli.Decompressor()
            plain = stream.process(body, output_buffer_limit=limit + 1)
            while len(plain) <= limit and not stream.is_finished():
                more = stream.process(b"", output_buffer_limit=limit + 1 - len(plain))
                if not more:
                    break
                plain += more
            return plain, stream.is_finished()
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    return unpacker.decompress(body, limit + 1), unpacker.eof
