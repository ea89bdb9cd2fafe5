"""Packed contents (RFC 9110, 8.4 and 12.5.3)."""

from __future__ import annotations

import gzip
import zlib

import pytest

from ardenne.kernel.http.compression import DamagedContent, TooLarge, chosen, pack, unpack

TEXT = b'{"resourceType":"Patient"}' * 5000


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("identity", ""),
        ("*", "zstd"),
        ("*;q=0", ""),
        ("zstd;q=0, *", "br"),
        ("identity;q=1, gzip;q=0.5", ""),
        ("GZIP", "gzip"),
        ("gzip;q=x", ""),
        ("x-unknown", ""),
    ],
)
def test_the_choice(accepted: str, expected: str) -> None:
    assert chosen(accepted) == expected


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_there_and_back(encoding: str) -> None:
    packed = pack(encoding, TEXT)
    assert len(packed) < len(TEXT) // 10
    assert unpack(encoding, packed, len(TEXT)) == TEXT
    with pytest.raises(TooLarge):
        unpack(encoding, packed, len(TEXT) - 1)
    with pytest.raises(DamagedContent):
        unpack(encoding, packed[:-8], len(TEXT))
    with pytest.raises(DamagedContent):
        unpack(encoding, b"\x00\x01 no such thing" + packed, len(TEXT))


def test_deflate_and_what_others_pack() -> None:
    assert unpack("deflate", zlib.compress(TEXT), len(TEXT)) == TEXT
    assert unpack("gzip", gzip.compress(TEXT), len(TEXT)) == TEXT


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_a_bomb_is_never_unpacked_whole(encoding: str) -> None:
    with pytest.raises(TooLarge):
        unpack(encoding, pack(encoding, bytes(50_000_000)), 1000)
