"""The selected folder as a mail program knows it: sequence numbers that change only when it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from ardenne.services.messaging.doors.imap.searching import Numbers
from ardenne.services.messaging.doors.imap.syntax import members
from ardenne.services.messaging.store_folders import Row
from ardenne.standards.mail.entity import Entity


@dataclass
class Known:
    """A message of the selected folder; ``number`` is its place, counted from 1."""

    number: int
    row: Row
    raw_head: bytes = b""

    @property
    def uid(self) -> int:
        return self.row.uid

    @property
    def flags(self) -> frozenset[str]:
        return frozenset(self.row.flags)

    @property
    def received(self) -> datetime:
        return self.row.received

    @property
    def size(self) -> int:
        return self.row.size

    @cached_property
    def head(self) -> Entity:
        return Entity(self.raw_head)


class Selected:
    """A folder that a mail program has open. ``writes``: SELECT, not EXAMINE."""

    def __init__(self, folder: int, name: str, rows: Sequence[Row], *, writes: bool) -> None:
        self.folder, self.name, self.writes = folder, name, writes
        self.rows = list(rows)

    @property
    def numbers(self) -> Numbers:
        """All sequence numbers and uids."""
        return Numbers(range(1, len(self.rows) + 1), [row.uid for row in self.rows])

    def chosen(self, word: str, *, by_uid: bool) -> list[Known]:
        """Return the messages that a set names."""
        numbers = self.numbers
        if by_uid:
            wanted = set(members(word, numbers.uids))
            return [Known(place, row) for place, row in enumerate(self.rows, 1) if row.uid in wanted]
        return [Known(place, self.rows[place - 1]) for place in members(word, numbers.sequence)]

    def all(self) -> list[Known]:
        """Return every message."""
        return [Known(place, row) for place, row in enumerate(self.rows, 1)]

    def renewed(self, rows: Sequence[Row], *, expunges: bool) -> list[bytes]:
        """Take over what the folder holds now; return what is told of it.

        Without ``expunges`` what is gone keeps its number until the next command that may tell it.
        """
        told: list[bytes] = []
        now = {row.uid: row for row in rows}
        if expunges:
            for place in range(len(self.rows), 0, -1):
                if self.rows[place - 1].uid not in now:
                    told.append(b"* %d EXPUNGE" % place)
                    del self.rows[place - 1]
        for place, known in enumerate(self.rows):
            fresh = now.get(known.uid)
            if fresh is not None and set(fresh.flags) != set(known.flags):
                self.rows[place] = fresh
                told.append(b"* %d FETCH (UID %d FLAGS %b)" % (place + 1, fresh.uid, flags(fresh.flags)))
        last = self.rows[-1].uid if self.rows else 0
        new = [row for row in rows if row.uid > last]
        if new:
            self.rows += new
            told.append(b"* %d EXISTS" % len(self.rows))
        return told


def flags(found: Sequence[str]) -> bytes:
    """Return flags as IMAP writes them."""
    return b"(" + " ".join(sorted(found)).encode() + b")"


class Conversation(Protocol):
    """What commands need of the conversation that they are given in."""

    selected: Selected | None

    async def tell(self, line: bytes) -> None:
        """Send one line."""
