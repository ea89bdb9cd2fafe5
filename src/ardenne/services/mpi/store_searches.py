"""Nightly searches for duplicates in the database: who runs one, how far it is, what it found."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database

_TAKE = """
insert into mpi_search (night) values ($1)
on conflict (night) do update set state = 'running', began = now(), beat = now(), note = ''
 where mpi_search.state = 'running' and mpi_search.beat < now() - make_interval(secs => $2)
returning night
"""
_BEAT = "update mpi_search set beat = now(), identities = $2, pairs = $3, compared = $4 where night = $1"
_DONE = """
update mpi_search set state = 'done', ended = now(), beat = now(), identities = $2, pairs = $3, compared = $3,
       links = $4, asks = $5, opened = $6 where night = $1
"""
_FAILED = (
    "update mpi_search set state = 'failed', ended = now(), note = $2 where night = $1 and state = 'running'"
)
_LAST = """
select night, state, began, ended, identities, pairs, compared, links, asks, opened, note from mpi_search
 order by night desc limit $1
"""


class Search(NamedTuple):
    """One search. ``state``: running, done or failed."""

    night: date
    state: str
    began: datetime
    ended: datetime | None
    identities: int
    pairs: int
    compared: int
    links: int
    asks: int
    opened: int
    note: str

    @property
    def percent(self) -> int:
        """How much of it is done."""
        return 100 if self.state == "done" else self.compared * 100 // max(self.pairs, 1)


async def take(database: Database, night: date, silence: float) -> bool:
    """Take the search of a night; False when another process has it and gave a sign of life within some seconds."""
    async with database.connection() as connection:
        return await connection.fetchval(_TAKE, night, silence) is not None


async def beat(connection: Connection, night: date, identities: int, pairs: int, compared: int) -> None:
    """Give a sign of life and say how far the search is."""
    await connection.execute(_BEAT, night, identities, pairs, compared)


async def done(
    connection: Connection, night: date, identities: int, pairs: int, links: int, asks: int, opened: int
) -> None:
    """Say what a search found."""
    await connection.execute(_DONE, night, identities, pairs, links, asks, opened)


async def failed(connection: Connection, night: date, note: str) -> None:
    """Say that a search came to no end."""
    await connection.execute(_FAILED, night, note)


async def last(database: Database, limit: int = 7) -> list[Search]:
    """Return the last searches, the newest first."""
    return [Search(*row) for row in await database.fetch(_LAST, limit)]
