"""The arithmetic of tamper evidence: chained lines and Merkle roots (pure).

Merkle tree hashes as RFC 9162, section 2.1: leaves are hashed with a 0x00 in front, inner nodes with a 0x01.
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct

_COLUMNS = Struct(">qqqqhhi").pack


def first(lane: int) -> bytes:
    """Return what the first line of a lane is chained to."""
    return sha256(lane.to_bytes(4, "big")).digest()


def link(
    before: bytes,
    digest: bytes,
    seq: int,
    at: int,
    patient: int | None,
    account: int,
    action: int,
    outcome: int,
    version: int,
) -> bytes:
    """Return the hash of a line: over the hash before it, the SHA-256 of its content and its columns."""
    columns = _COLUMNS(seq, at, patient or 0, account, action, outcome, version)
    return sha256(before + digest + columns).digest()


class MerkleTree:
    """The root over leaves that are added one by one, in memory of the tree's height."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add the content of one leaf."""
        node = sha256(b"\x00" + leaf).digest()
        size = self.size
        while size & 1:
            node = sha256(b"\x01" + self._peaks.pop() + node).digest()
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the Merkle tree hash of the leaves so far; of none it is the hash of nothing."""
        if not self._peaks:
            return sha256(b"").digest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = sha256(b"\x01" + peak + node).digest()
        return node
