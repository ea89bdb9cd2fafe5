"""A drawn electrocardiogram as PNG (ISO/IEC 15948), without compression so that its bytes never differ."""

from __future__ import annotations

import math
import struct
import zlib

_WIDTH, _HEIGHT = 640, 200
_PAPER, _GRID, _INK = 0, 1, 2
_PALETTE = bytes((255, 250, 250, 240, 200, 200, 20, 20, 40))


def electrocardiogram() -> bytes:
    """Return a picture of an irregular rhythm: beats at uneven distances on ruled paper."""
    rows = [
        bytearray(_GRID if x % 20 == 0 or y % 20 == 0 else _PAPER for x in range(_WIDTH))
        for y in range(_HEIGHT)
    ]
    beats = (40, 105, 205, 262, 368, 430, 545, 600)
    before = _height(0, beats)
    for x in range(_WIDTH):
        now = _height(x, beats)
        for y in range(min(before, now), max(before, now) + 2):
            rows[y][x] = _INK
        before = now
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 3, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 0)
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", content), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _height(x: int, beats: tuple[int, ...]) -> int:
    """The line: a trembling baseline, a narrow spike at each beat and a low wave after it."""
    level = 2.5 * math.sin(x / 3.1) + 1.5 * math.sin(x / 1.7)
    for beat in beats:
        level += 85 * math.exp(-(((x - beat) / 3.0) ** 2)) - 22 * math.exp(-(((x - beat - 6) / 3.0) ** 2))
        level += 14 * math.exp(-(((x - beat - 32) / 9.0) ** 2))
    return round(120 - level)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
