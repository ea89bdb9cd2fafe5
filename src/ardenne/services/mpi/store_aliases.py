"""Aliases of persons under protection, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi.store import GROUP

Json = dict[str, Any]
_PUT = """
insert into mpi_alias (person, alias, officer, reason) values ($1, $2, $3, $4)
on conflict (person) do update set alias = excluded.alias, officer = excluded.officer, reason = excluded.reason, since = now()
"""
_DROP = "delete from mpi_alias where person = any($1::text[]) returning person"
_OF = "select alias, officer, reason, since from mpi_alias where person = any($1::text[]) order by since desc limit 1"
_OF_PERSON = f"""
select alias, officer, reason, since from mpi_alias where person in ({GROUP}) order by since desc limit 1
"""
_PROTECTED = """
select p.person, a.alias from unnest($1::text[]) p(person)
  left join mpi_survivor s on s.person = p.person
  join mpi_alias a on a.person = p.person or a.person in
       (select m.person from mpi_survivor m where m.survivor = coalesce(s.survivor, p.person))
                   or a.person = coalesce(s.survivor, p.person)
"""


class Alias(NamedTuple):
    """Who everybody else sees, and who ordered it, why, since when."""

    patient: Json
    officer: str
    reason: str
    since: datetime


async def put(connection: Connection, person: str, alias: Json, officer: str, reason: str) -> None:
    """Put a person under an alias, or change it."""
    await connection.execute(_PUT, person, orjson.dumps(alias), officer, reason)


async def drop(connection: Connection, persons: Sequence[str]) -> bool:
    """End the protection of a group of Patients; tell whether there was one."""
    return bool(await connection.fetch(_DROP, list(persons)))


async def of(asked: Database | Connection, persons: Sequence[str]) -> Alias | None:
    """Return the alias of a group of Patients that are one person, None when it has none."""
    rows = await asked.fetch(_OF, list(persons))
    return Alias(orjson.loads(rows[0][0]), *rows[0][1:]) if rows else None


async def of_person(asked: Database | Connection, person: str) -> Alias | None:
    """Return the alias of a person, whichever of its Patients is named; None when it has none."""
    rows = await asked.fetch(_OF_PERSON, person)
    return Alias(orjson.loads(rows[0][0]), *rows[0][1:]) if rows else None


async def protected(asked: Database | Connection, persons: Sequence[str]) -> dict[str, Json]:
    """Return the aliases of those of some persons who are under protection."""
    return {row[0]: orjson.loads(row[1]) for row in await asked.fetch(_PROTECTED, list(persons))}
