"""Telling waiting mail programs that a mailbox changed: one connection of a worker hears it from the database."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import asyncpg

from ardenne.kernel.store.database import BROKEN, Database, DatabaseUnavailable
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
        while True:
            try:
                connection = await self._database.dedicated()
            except DatabaseUnavailable:
                await asyncio.sleep(_BEAT_SECONDS)
                continue
            try:
                await connection.add_listener(CHANNEL, self._told)
                self._tell_all()
                while True:
                    await connection.execute("select 1", timeout=_BEAT_SECONDS)
                    await asyncio.sleep(_BEAT_SECONDS)
            except (*BROKEN, asyncpg.PostgresError, TimeoutError):
                pass
            finally:
                with contextlib.suppress(Exception):
                    connection.terminate()
            await asyncio.sleep(_BEAT_SECONDS)

    def _told(self, _connection: Any, _process: int, _channel: str, member: object) -> None:
        for event in self._waiting.get(str(member), ()):
            event.set()

    def _tell_all(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()
