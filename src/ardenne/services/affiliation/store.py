"""Affiliations and their letters in the database."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database

_KNOWN = "select account::text from affiliation where number = $1"
_ADD = """
insert into affiliation (number, patient_id, account, language) values ($1, $2, $3::uuid, $4)
on conflict (number) do nothing returning 1
"""
_WAITING = """
select number, patient_id, account::text, language from affiliation where printed is null order by opened limit $1
   for update skip locked
"""
_OF_BATCH = """
select number, patient_id, account::text, language from affiliation where batch = $1 order by opened for update
"""
_PRINTED = "update affiliation set printed = $2, batch = $3 where number = any($1)"
_BATCHES = """
select batch, max(printed), count(*), count(*) filter (where a.state = 'active'), count(*) filter (where a.state = 'objected')
  from affiliation f join account a on a.id = f.account where batch is not null group by batch order by 2 desc limit 20
"""
_FIGURES = """
select count(*), count(*) filter (where f.printed is null), count(*) filter (where a.state = 'active'),
       count(*) filter (where a.state = 'objected'),
       count(*) filter (where a.state = 'invited' and f.printed < now() - make_interval(days => $1))
  from affiliation f join account a on a.id = f.account
"""


class Letter(NamedTuple):
    """A letter to print."""

    number: str
    patient_id: str
    account: str
    language: str


class Batch(NamedTuple):
    """Letters that were printed together, and what became of them."""

    id: uuid.UUID
    printed: datetime
    letters: int
    active: int
    objected: int


class Figures(NamedTuple):
    """How many records were opened, and where they stand. ``over``: the time to object has passed, no sign-in yet."""

    opened: int
    waiting: int
    active: int
    objected: int
    over: int


async def account_of(connection: Connection, number: str) -> str:
    """Return the account that a number got, empty when it got none."""
    return str(await connection.fetchval(_KNOWN, number) or "")


async def add(connection: Connection, number: str, patient_id: str, account: str, language: str) -> bool:
    """Keep an affiliation; False when the number is known."""
    return await connection.fetchval(_ADD, number, patient_id, account, language) is not None


async def waiting(connection: Connection, most: int) -> list[Letter]:
    """Return letters that nobody printed, oldest first; others that print at this moment get other ones."""
    return [Letter(*row) for row in await connection.fetch(_WAITING, most)]


async def of_batch(connection: Connection, batch: uuid.UUID) -> list[Letter]:
    """Return the letters of a batch."""
    return [Letter(*row) for row in await connection.fetch(_OF_BATCH, batch)]


async def printed(connection: Connection, numbers: list[str], now: datetime, batch: uuid.UUID) -> None:
    """Note that letters were printed."""
    await connection.execute(_PRINTED, numbers, now, batch)


async def batches(database: Database) -> list[Batch]:
    """Return the last batches, newest first."""
    return [Batch(*row) for row in await database.fetch(_BATCHES)]


async def figures(database: Database, days: int) -> Figures:
    """Return where the records stand. ``days``: the time to object."""
    return Figures(*(await database.fetch(_FIGURES, days))[0])
