"""The background work of the journal: a root every hour, contents out at the end of their retention."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ardenne.kernel.audit import store
from ardenne.kernel.audit.keys import signing_key
from ardenne.kernel.audit.sealing import seal
from ardenne.kernel.background import repeat
from ardenne.kernel.store.change import now
from ardenne.kernel.store.database import Database

_DAY = 86_400_000_000
_RETRY_SECONDS = 5.0


class JournalRunner:
    """Works until cancelled. Every worker process has one; of several the first seals."""

    def __init__(self, database: Database, data: Path, seal_minutes: int, retention_days: int) -> None:
        self._database = database
        self._data = data
        self._pause = seal_minutes * 60.0
        self._retention_days = retention_days

    async def run(self) -> None:
        """Seal and retire, again and again."""
        await repeat(self._round, 0.0, fault=_RETRY_SECONDS)

    async def _round(self) -> None:
        await asyncio.sleep(self._pause)
        await seal(self._database, signing_key(self._data), self._data)
        await self._retire()

    async def _retire(self) -> None:
        if not self._retention_days:
            return
        before = now() - self._retention_days * _DAY
        while True:
            async with self._database.connection() as connection:
                if not await store.retire(connection, before):
                    return
