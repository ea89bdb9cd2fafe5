"""The encrypted form of a content: AES-256-GCM in chunks, with a key made for this content from its record's key.

Every content has a key of its own (HMAC of the record's key and the content's hash), so that a counter serves as
nonce and the same content always becomes the same bytes. The last chunk is marked in its nonce: nothing can be
changed, left out, exchanged or cut off unnoticed.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 64 * 1024
_TAG = 16
SEALED_CHUNK = CHUNK + _TAG


class ContentDamaged(ValueError):
    """A content on disk is not what was stored: it was changed, or belongs to another key. Restore it from a backup."""


def _cipher(key: bytes, digest: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"content" + digest, "sha256"))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def seal(key: bytes, digest: bytes, data: bytes) -> Iterator[bytes]:
    """Yield the encrypted chunks of a content whose SHA-256 is ``digest``; an empty content has one, too."""
    cipher = _cipher(key, digest)
    view = memoryview(data)
    number = max(1, -(-len(data) // CHUNK))
    for place in range(number):
        part = view[place * CHUNK : (place + 1) * CHUNK]
        yield cipher.encrypt(_nonce(place, place == number - 1), bytes(part), None)


def unseal(key: bytes, digest: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the plain chunks of ``SEALED_CHUNK`` bytes each (the last one shorter). Raises ContentDamaged.

    Each yielded chunk is genuine; that nothing is missing at the end is known only when the iterator ends.
    """
    cipher = _cipher(key, digest)
    place, waiting = 0, next(chunks, None)
    while waiting is not None:
        following = next(chunks, None)
        try:
            yield cipher.decrypt(_nonce(place, following is None), waiting, None)
        except InvalidTag:
            raise ContentDamaged(
                f"the content {digest.hex()} is damaged on disk: restore it from a backup"
            ) from None
        place, waiting = place + 1, following
    if place == 0:
        raise ContentDamaged(f"the content {digest.hex()} is empty on disk: restore it from a backup")


def sealed_size(size: int) -> int:
    """Return how many bytes a content of ``size`` bytes takes encrypted."""
    return size + _TAG * max(1, -(-size // CHUNK))
