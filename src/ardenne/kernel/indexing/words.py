"""Filling the index of words: behind the writers, and out of their way while they are many."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from ardenne.kernel.background import repeat
from ardenne.kernel.store import words
from ardenne.kernel.store.database import Database

_PAGE = 100
_IDLE_SECONDS = 1.0
_BUSY_WRITERS = 100.0
"""Transactions a second …"""
_BUSY_PROCESS = 0.4
"""… or the share of a core that this process uses, from which callers come first …"""
_LONGEST_WAIT = 60.0
"""… but never longer than this many seconds."""
_BREATH = 0.02
_SLOW = 0.2
"""Seconds between two pages: when nobody waits, when callers have waited long enough."""
_SILENT = frozenset(
    {"id", "url", "system", "reference", "versionId", "lastUpdated", "data", "resourceType", "profile"}
)
_TAG = re.compile(r"<[^>]*>")
_SPOKEN = re.compile(r"[^\W\d_]|\d{3}")


class WordRunner:
    """Indexes words, one process at a time. Every worker process has one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen = (0.0, 0.0, 0)
        self._waiting = 0.0
        self._pause = _BREATH

    async def run(self) -> None:
        """Work until cancelled."""
        await repeat(self._paced, _IDLE_SECONDS)

    async def _paced(self) -> bool:
        """Index one page, and leave the callers their time when another follows."""
        more = await self.step()
        if more:
            await asyncio.sleep(self._pause)
        return more

    async def step(self, patient: bool = True) -> bool:
        """Index one page; False when there is nothing to do now. ``patient``: writers come first."""
        async with self._database.transaction() as connection:
            page = await words.begin(connection, _PAGE)
            if page is None or (patient and self._busy(page.newest)):
                return False
            texts, gone = await asyncio.to_thread(_texts, page.rows)
            await words.finish(connection, page, texts, gone, complete=len(page.rows) < _PAGE)
            return len(page.rows) == _PAGE

    def _busy(self, newest: int) -> bool:
        """Tell whether callers have work for this process or the database; the pause between pages follows."""
        now, cpu = time.monotonic(), time.process_time()
        (before, spent, number), self._seen = self._seen, (now, cpu, newest)
        passed = max(now - before, 0.001)
        writers, callers = (newest - number) / passed, (cpu - spent) / passed
        busy = before > 0.0 and (writers > _BUSY_WRITERS or callers > _BUSY_PROCESS)
        self._pause = _SLOW if busy else _BREATH
        if not busy:
            self._waiting = 0.0
            return False
        self._waiting = self._waiting or now
        return now - self._waiting < _LONGEST_WAIT


def _texts(rows: Sequence[Any]) -> tuple[list[tuple[int, str, str]], list[int]]:
    """Return key, narrative and content of each row, and the keys of those that were deleted."""
    found, gone = [], []
    for row in rows:
        if row["body"] is None:
            gone.append(row["pk"])
            continue
        resource = orjson.loads(row["body"])
        narrative = _TAG.sub(" ", (resource.get("text") or {}).get("div", ""))
        found.append((row["pk"], narrative, " ".join(spoken(resource))))
    return found, gone


def spoken(value: Any, name: str = "") -> Iterator[str]:
    """Yield the texts of a resource that a person might look for: words and codes, no addresses and keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _SILENT:
                yield from spoken(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from spoken(inner, name)
    elif isinstance(value, str) and (name == "div" or "://" not in value) and _SPOKEN.search(value):
        yield _TAG.sub(" ", value) if name == "div" else value
