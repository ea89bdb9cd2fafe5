"""Telling waiting mail programs that a mailbox changed: one connection of a worker hears it from the database."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import Iterator

from ardenne.kernel.store.database import Database
from ardenne.kernel.store.listening import listen
from ardenne.services.messaging.store_mail import CHANNEL

_BEAT_SECONDS = 5.0


class Changes:
    """Who waits for which mailbox."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextlib.contextmanager
    def of(self, member: uuid.UUID) -> Iterator[asyncio.Event]:
        """Lend an event that is set whenever the mailbox changes."""
        event = asyncio.Event()
        self._waiting[str(member)].add(event)
        try:
            yield event
        finally:
            self._waiting[str(member)].discard(event)

    async def run(self) -> None:
        """Listen for ever; after a lost connection everybody looks again."""
        await listen(self._database, CHANNEL, self, _BEAT_SECONDS, _BEAT_SECONDS)

    def told(self, text: str) -> None:
        """Wake who waits for a member's mailbox."""
        for event in self._waiting.get(text, ()):
            event.set()

    def begun(self) -> None:
        """Wake everybody: what changed while nobody listened is not known."""
        for events in self._waiting.values():
            for event in events:
                event.set()

    def heard(self, asked: float) -> None:
        """Nothing rests on it here."""

    def lost(self) -> None:
        """Nothing rests on it here: who waits looks now and then."""
