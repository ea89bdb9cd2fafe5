"""Reading all persons and acts for statistics, in one snapshot, without their names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.types import NUMBERS

_PATIENTS = """
select coalesce((select g.survivor from patient_group g where g.patient = r.self limit 1), r.self), r.body
  from resource r where r.type = $1 and r.body is not null
"""
_ACTS = """
select coalesce((select g.survivor from patient_group g where g.patient = r.patient limit 1), r.patient), r.body
  from resource r where r.type = $1 and r.body is not null and r.patient is not null
"""
_LOCK = "select pg_try_advisory_xact_lock(7205114920)"
_ROWS = 2000


class PersonRow(NamedTuple):
    """Hash of the person, birth date and place of residence as written."""

    person: int
    born: str
    place: str


class ActRow(NamedTuple):
    """Hash of the person, day, and codes (system, code) of a completed act."""

    person: int
    day: str
    codes: tuple[tuple[str, str], ...]


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Connection | None]:
    """Lend a connection that sees one moment; None while another process makes an extract."""
    async with database.transaction("repeatable_read") as connection:
        yield connection if await connection.fetchval(_LOCK) else None


async def persons(connection: Connection) -> AsyncIterator[PersonRow]:
    """All persons; of merged records the survivor's hash stands for each."""
    async for number, body in connection.cursor(_PATIENTS, NUMBERS["Patient"], prefetch=_ROWS):
        found = orjson.loads(body)
        address: dict[str, Any] = next(iter(found.get("address") or []), {})
        yield PersonRow(number, str(found.get("birthDate", "")), str(address.get("city", "")))


async def acts(connection: Connection) -> AsyncIterator[ActRow]:
    """All completed acts."""
    async for number, body in connection.cursor(_ACTS, NUMBERS["Immunization"], prefetch=_ROWS):
        found = orjson.loads(body)
        if found.get("status") == "completed":
            concept = found.get("vaccineCode") or {}
            codes = tuple(
                (one.get("system", ""), str(one.get("code", ""))) for one in concept.get("coding", [])
            )
            yield ActRow(number, str(found.get("occurrenceDateTime", ""))[:10], codes)
