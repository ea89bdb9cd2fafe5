"""Answers to questions that are fetched piece by piece, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database

_KEEP = """
insert into mpi_answer (account, query, persons, degrees, place, page, asked, until)
values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
on conflict (account, query) do update set persons = excluded.persons, degrees = excluded.degrees,
       place = excluded.place, page = excluded.page, asked = excluded.asked, until = excluded.until
"""
_LOCKED = """
select persons, degrees, place, page, asked from mpi_answer where account = $1 and query = $2 and until > now() for update
"""
_MOVED = "update mpi_answer set place = $3, until = now() + make_interval(secs => $4) where account = $1 and query = $2"
_DROP = "delete from mpi_answer where account = $1 and query = $2 and until > now() returning query"
_EXPIRED = "delete from mpi_answer where until < now()"


class Kept(NamedTuple):
    """Persons found, how well each fits in percent, how many were fetched, how many are fetched at once, the question."""

    persons: Sequence[str]
    degrees: Sequence[int]
    place: int
    page: int
    asked: bytes


async def keep(database: Database, key: tuple[str, str], kept: Kept, seconds: float) -> None:
    """Keep an answer under account and id of the question for some time; the same question again begins anew."""
    async with database.connection() as connection:
        await connection.execute(_EXPIRED)
        await connection.execute(
            _KEEP, *key, list(kept.persons), list(kept.degrees), kept.place, kept.page, kept.asked, seconds
        )


async def locked(connection: Connection, key: tuple[str, str]) -> Kept | None:
    """Return an answer and hold it until the transaction ends; None when it was cancelled or is too old."""
    row = await connection.fetchrow(_LOCKED, *key)
    return Kept(*row) if row else None


async def moved(connection: Connection, key: tuple[str, str], place: int, seconds: float) -> None:
    """Note how many persons were fetched."""
    await connection.execute(_MOVED, *key, place, seconds)


async def drop(database: Database, key: tuple[str, str]) -> bool:
    """Forget an answer; tell whether there was one."""
    async with database.connection() as connection:
        return await connection.fetchval(_DROP, *key) is not None
