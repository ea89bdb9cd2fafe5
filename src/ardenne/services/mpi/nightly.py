"""The search for duplicates that the node runs itself every night, in a process of its own.

Of all worker processes one takes the night; when it dies another takes over. Nothing is merged: what is found are
questions at the identity desk.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ardenne.kernel.background import repeat
from ardenne.kernel.http.faults import report
from ardenne.kernel.store.database import Database
from ardenne.services.mpi import dedupe, store_searches
from ardenne.services.mpi.matching import Matcher

_LOOK_SECONDS = 60.0
_WINDOW_HOURS = 5
"""A node that was down at the hour catches up within so many hours, not in the middle of the day."""
_SILENCE_SECONDS = 900.0
_DATABASE = "ARDENNE_SEARCH_DATABASE"


def night_of(moment: datetime, hour: int) -> date | None:
    """Return the night whose search is due at a local time; None outside the hours after ``hour``."""
    since = moment - timedelta(hours=hour)
    return since.date() if since.hour < _WINDOW_HOURS else None


class NightlySearch:
    """Looks every minute whether the search is due. ``hour``: of the node's time zone; negative: never."""

    def __init__(
        self,
        database: Database,
        dsn: str,
        hour: int,
        zone: ZoneInfo,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._dsn, self._hour, self._zone, self._now = database, dsn, hour, zone, now

    async def run(self) -> None:
        """Work until cancelled."""
        if self._hour >= 0:
            await repeat(self.step, _LOOK_SECONDS)

    async def step(self) -> bool:
        """Run the search if it is due and nobody else does; tell whether it ran."""
        night = night_of(self._now().astimezone(self._zone), self._hour)
        if night is None or not await store_searches.take(self._database, night, _SILENCE_SECONDS):
            return False
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, night.isoformat(), env={**os.environ, _DATABASE: self._dsn},
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        if await process.wait() != 0:
            async with self._database.connection() as connection:
                await store_searches.failed(connection, night, "")
        return True


async def search(dsn: str, night: date) -> None:
    """Search everybody, say how far it is, open the questions."""
    database = Database(dsn, 2)
    loop = asyncio.get_running_loop()

    async def tell(identities: int, pairs: int, compared: int) -> None:
        async with database.connection() as connection:
            await store_searches.beat(connection, night, identities, pairs, compared)

    def progress(identities: int, pairs: int, compared: int) -> None:
        asyncio.run_coroutine_threadsafe(tell(identities, pairs, compared), loop).result(60)

    try:
        found = await dedupe.dedupe(dsn, database, Matcher(), progress=progress)
        async with database.connection() as connection:
            await store_searches.done(
                connection, night, found.identities, found.pairs, found.links, found.asks, found.opened
            )
    except Exception as error:
        async with database.connection() as connection:
            await store_searches.failed(connection, night, report(error))
        raise
    finally:
        await database.close()


if __name__ == "__main__":
    os.nice(10)  # patients who wait for a page come first
    asyncio.run(search(os.environ[_DATABASE], date.fromisoformat(sys.argv[1])))
