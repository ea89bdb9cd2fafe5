"""Figures of feeds, and entries of the error desk that are to be tried again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Database

_ADD = """
insert into feed_count (feed, minute, filed, duplicate, refused, lags, lag_sum, lag_most)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (feed, minute) do update set
    filed = feed_count.filed + excluded.filed, duplicate = feed_count.duplicate + excluded.duplicate,
    refused = feed_count.refused + excluded.refused, lags = feed_count.lags + excluded.lags,
    lag_sum = feed_count.lag_sum + excluded.lag_sum, lag_most = greatest(feed_count.lag_most, excluded.lag_most)
"""
_FORGET = "delete from feed_count where minute < now() - interval '90 days'"
_FIGURES = """
select feed, max(minute), sum(filed), sum(duplicate), sum(refused),
       sum(filed + duplicate + refused) filter (where minute >= now() - interval '15 minutes') / 15.0,
       sum(lag_sum) / nullif(sum(lags), 0), max(lag_most) filter (where lags > 0)
  from feed_count where minute >= now() - interval '24 hours' group by feed order by feed
"""
_BACKLOG = """
select (select count(*) from error_desk where settled is null),
       (select count(*) from error_desk where settled is null and again is not null),
       (select count(*) from document_facts where done is null),
       (select extract(epoch from now() - min(queued)) from document_facts where done is null)
"""
_ALL_AGAIN = """
update error_desk set again = now() where settled is null and again is null
   and ($1 = '' or reasons @> jsonb_build_array(jsonb_build_object('rule', $1)))
"""
_NEXT = """
update error_desk set again = null
 where id = (select id from error_desk where settled is null and again is not null
              order by again, id limit 1 for update skip locked)
returning id, digest, source
"""
_RULES = """
select reasons -> 0 ->> 'rule', count(*) from error_desk where settled is null group by 1 order by 2 desc, 1 limit 50
"""


class Count:
    """What arrived over one feed in one minute. Lags in seconds."""

    def __init__(self) -> None:
        self.outcomes: dict[str, int] = defaultdict(int)
        self.lags = 0
        self.lag_sum = self.lag_most = 0.0


class Figures(NamedTuple):
    """One feed in the last 24 hours. ``rate``: contents a minute, last quarter of an hour; lags in seconds, None: not known."""

    feed: str
    last: datetime
    filed: int
    duplicate: int
    refused: int
    rate: float
    lag: float | None
    lag_most: float | None


class Backlog(NamedTuple):
    """What waits: at the error desk, of these to be tried again; documents whose facts are to be read, and the oldest's age."""

    desk: int
    again: int
    facts: int
    facts_age: float


class Again(NamedTuple):
    """An entry of the error desk that is to be tried again."""

    id: int
    digest: str
    source: str


async def add(database: Database, counts: Sequence[tuple[str, datetime, Count]]) -> None:
    """Add what was counted to the minutes."""
    rows = [
        (
            feed, minute, one.outcomes["filed"], one.outcomes["duplicate"], one.outcomes["refused"],
            one.lags, one.lag_sum, one.lag_most,
        )
        for feed, minute, one in sorted(counts, key=lambda found: found[:2])
    ]  # fmt: skip
    async with database.transaction() as connection:
        await connection.executemany(_ADD, rows)
        await connection.execute(_FORGET)


async def figures(database: Database) -> list[Figures]:
    """Return what arrived in the last 24 hours, by feed."""
    rows = await database.fetch(_FIGURES)
    return [
        Figures(row[0], row[1], row[2], row[3], row[4], float(row[5] or 0), row[6], row[7]) for row in rows
    ]


async def backlog(database: Database) -> Backlog:
    """Return what waits."""
    row = (await database.fetch(_BACKLOG))[0]
    return Backlog(row[0], row[1], row[2], float(row[3] or 0))


async def rules(database: Database) -> list[tuple[str, int]]:
    """Return by which rules contents wait at the error desk, and how many each."""
    return [(row[0] or "", row[1]) for row in await database.fetch(_RULES)]


async def try_again(database: Database, rule: str = "") -> int:
    """Let everything that waits be tried again, or what one rule refused; return how many entries."""
    async with database.connection() as connection:
        done = await connection.execute(_ALL_AGAIN, rule)
    return int(done.rpartition(" ")[2])


async def next_again(database: Database) -> Again | None:
    """Take the next entry to be tried again; should the process die now it still waits at the desk."""
    async with database.connection() as connection:
        row = await connection.fetchrow(_NEXT)
    return Again(*row) if row is not None else None
