"""The record service's own tables: loaded files and the error desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import psycopg

from ardenne.kernel.blobs import WAITING, BlobStore
from ardenne.kernel.store.database import Connection, Database
from ardenne.standards.fhir.outcome import Issue

_LOADED = "select 1 from loaded_file where digest = %s"
_MARK_LOADED = """
insert into loaded_file (digest, name, stored) values (%s, %s, %s)
on conflict (digest) do update set stored = excluded.stored, finished = now()
"""
_REFUSE = """
insert into error_desk (digest, source, number, reasons) values ($1, $2, $3, $4::jsonb)
on conflict (digest, source, number) do update set reasons = excluded.reasons, received = now(), settled = null
"""
_REFUSE_PSYCOPG = """
insert into error_desk (digest, source, number, reasons) values (%s, %s, %s, %s::jsonb)
on conflict (digest, source, number) do update set reasons = excluded.reasons, received = now(), settled = null
"""
_SETTLE = "update error_desk set settled = now() where digest = $1 and settled is null"
_WAITING = """
select id, digest, source, number, reasons, received from error_desk
 where settled is null order by received desc, id desc limit $1
"""
_ENTRY = """
select id, digest, source, number, reasons, received from error_desk where settled is null and id = $1
"""
_SET_ASIDE = "update error_desk set settled = now() where id = $1 and settled is null"
_COUNT = "select count(*) from error_desk where settled is null"


class Waiting(NamedTuple):
    """One entry of the error desk."""

    id: int
    digest: str
    source: str
    number: int
    reasons: list[dict[str, str]]
    received: datetime


def reasons_of(issues: Sequence[Issue]) -> str:
    """Return issues as the JSON that the error desk keeps."""
    rows = [{"rule": issue.rule, "place": issue.path, "message": issue.message} for issue in issues]
    return orjson.dumps(rows).decode()


class LoadedFiles:
    """Which files were loaded wholly (blocking, for commands)."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def has(self, digest: str) -> bool:
        """Tell whether a file with these bytes was loaded wholly."""
        return self._connection.execute(_LOADED, (digest,)).fetchone() is not None

    def mark(self, digest: str, name: str, stored: int) -> None:
        """Record that a file was loaded wholly."""
        self._connection.execute(_MARK_LOADED, (digest, name, stored))

    def refuse(
        self, blobs: BlobStore, content: bytes, source: str, number: int, issues: Sequence[Issue]
    ) -> None:
        """Put a content into the error desk."""
        digest = blobs.put_blocking(self._connection, content, WAITING)
        self._connection.execute(_REFUSE_PSYCOPG, (digest, source, number, reasons_of(issues)))


async def refuse(database: Database, digest: str, source: str, issues: Sequence[Issue]) -> None:
    """Put a content into the error desk; the same content from the same source waits once."""
    async with database.connection() as connection:
        await connection.execute(_REFUSE, digest, source, 0, reasons_of(issues))


async def settle(connection: Connection, digest: str) -> None:
    """Take a content out of the error desk because it is filed now."""
    await connection.execute(_SETTLE, digest)


async def waiting(database: Database, limit: int) -> tuple[list[Waiting], int]:
    """Return the newest entries of the error desk and how many wait."""
    rows = await database.fetch(_WAITING, limit)
    total: Any = await database.fetch(_COUNT)
    entries = [Waiting(row[0], row[1], row[2], row[3], orjson.loads(row[4]), row[5]) for row in rows]
    return entries, total[0][0]


async def entry(database: Database, number: int) -> Waiting | None:
    """Return one entry that waits, None when there is none under the number."""
    rows = await database.fetch(_ENTRY, number)
    return next((Waiting(row[0], row[1], row[2], row[3], orjson.loads(row[4]), row[5]) for row in rows), None)


async def set_aside(database: Database, number: int) -> None:
    """Take an entry out of the desk without filing it; its content is kept."""
    async with database.connection() as connection:
        await connection.execute(_SET_ASIDE, number)
