"""Writing the journal: lines that wait are committed together, and each caller waits until they are durable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ardenne.kernel.audit import store
from ardenne.kernel.audit.entries import Line
from ardenne.kernel.store.database import BROKEN, Database, DatabaseUnavailable

_BATCH = 1000
_LANES = 1
"""Commits under way at once: one at a time gathers more lines for the next, at half the cost of a line."""


class Journal:
    """The journal of one database, for one worker process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._waiting: list[tuple[Sequence[Line], asyncio.Future[None]]] = []
        self._lanes = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def record(self, lines: Sequence[Line]) -> None:
        """Append lines; returns when they are durable. Raises DatabaseUnavailable, and then nothing may be shown."""
        if not lines:
            return
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.append((lines, future))
        if self._lanes < _LANES:
            self._lanes += 1
            loop.call_soon(self._start)
        await future

    def _start(self) -> None:
        task = asyncio.ensure_future(self._drain())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch, size = 0, 0
                while batch < len(self._waiting) and size < _BATCH:
                    size += len(self._waiting[batch][0])
                    batch += 1
                taken, self._waiting = self._waiting[:batch], self._waiting[batch:]
                await self._commit(taken)
        finally:
            self._lanes -= 1

    async def _commit(self, taken: list[tuple[Sequence[Line], asyncio.Future[None]]]) -> None:
        lines = [line for some, _future in taken for line in some]
        try:
            async with self.database.connection() as connection:
                await store.append(connection, lines)
        except Exception as error:
            failure: Exception = error
            if isinstance(error, BROKEN):
                failure = DatabaseUnavailable("the journal cannot be written: nothing is shown without it")
            for _lines, future in taken:
                if not future.done():
                    future.set_exception(failure)
            return
        for _lines, future in taken:
            if not future.done():
                future.set_result(None)
