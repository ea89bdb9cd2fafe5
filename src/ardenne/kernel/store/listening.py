"""Hearing what the database tells (LISTEN): one connection of its own, opened again for ever when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Protocol

import asyncpg

from ardenne.kernel.store.database import BROKEN, Connection, Database, DatabaseUnavailable


class Hearer(Protocol):
    """Who is told."""

    def begun(self) -> None:
        """Listening begins: what changed before is not known."""

    def told(self, text: str) -> None:
        """The database tells a text of the channel."""

    def heard(self, asked: float) -> None:
        """The connection answered a question of a time (monotonic)."""

    def lost(self) -> None:
        """The connection is lost: nothing is heard until ``begun``."""


async def listen(database: Database, channel: str, hearer: Hearer, beat: float, deaf: float) -> None:
    """Listen to a channel until cancelled. The connection is asked every ``beat`` seconds, lost after ``deaf`` without answer."""

    def told(_connection: Any, _process: int, _channel: str, text: object) -> None:
        hearer.told(str(text))

    while True:
        try:
            connection = await database.dedicated()
        except DatabaseUnavailable:
            await asyncio.sleep(beat)
            continue
        try:
            await connection.add_listener(channel, told)
            hearer.begun()
            await _beat(connection, hearer, beat, deaf)
        except (*BROKEN, asyncpg.PostgresError, TimeoutError):
            # it is opened anew
            pass
        finally:
            hearer.lost()
            with contextlib.suppress(Exception):
                connection.terminate()
        await asyncio.sleep(beat)


async def _beat(connection: Connection, hearer: Hearer, beat: float, deaf: float) -> None:
    while True:
        asked = time.monotonic()
        await connection.execute("select 1", timeout=deaf)
        hearer.heard(asked)
        await asyncio.sleep(beat)
