"""Export jobs in the database, and the resources that an export reads."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.predicates import Predicates

_ADD = "insert into export_job (id, request) values ($1, $2::jsonb)"
_GET = "select id, request, status, done, failure, created, finished from export_job where id = $1"
# a job whose process died is taken over after a minute without a sign of life
_TAKE = """
update export_job set status = 'running', alive = now()
 where id = (select id from export_job
              where status = 'waiting' or (status = 'running' and alive < now() - interval '60 seconds')
              order by created limit 1 for update skip locked)
returning id, request, status, done, failure, created, finished
"""
_PROGRESS = """
update export_job set done = $2::jsonb, alive = now() where id = $1 and status = 'running' returning 1
"""
_ALIVE = "update export_job set alive = now() where id = $1 and status = 'running' returning 1"
_FINISH = (
    "update export_job set status = $2, failure = $3, finished = now() where id = $1 and status = 'running'"
)
_CANCEL = (
    "update export_job set status = 'cancelled', finished = now() where id = $1 and status <> 'cancelled'"
)
_PAGE = """
select r.pk, r.updated, r.body, r.patient from resource r
 where r.type = $1 and r.body is not null and r.updated >= $2 and r.updated < $3
   and (r.updated, r.pk) > ($4, $5) and ($6::bigint[] is null or r.patient = any($6)){guard}
 order by r.updated, r.pk limit $7
"""
_MEMBERS = "select r.targets from resource r where r.self = $1 and r.body is not null"


class Job(NamedTuple):
    """One export."""

    id: uuid.UUID
    request: dict[str, Any]
    status: str
    done: list[dict[str, Any]]
    failure: str
    created: Any
    finished: Any


def _job(row: Any) -> Job:
    return Job(row[0], orjson.loads(row[1]), row[2], orjson.loads(row[3]), row[4], row[5], row[6])


class ExportJobs:
    """The table of exports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, request: dict[str, Any]) -> uuid.UUID:
        """Add an export and return its id."""
        job_id = uuid.uuid4()
        async with self._database.connection() as connection:
            await connection.execute(_ADD, job_id, orjson.dumps(request).decode())
        return job_id

    async def get(self, job_id: str) -> Job | None:
        """Return an export, or None when there is none of that id."""
        try:
            wanted = uuid.UUID(job_id)
        except ValueError:
            return None
        rows = await self._database.fetch(_GET, wanted)
        return _job(rows[0]) if rows else None

    async def take(self) -> Job | None:
        """Return the next export to work on; no other process gets the same."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_TAKE)
        return _job(row) if row else None

    async def progress(self, job_id: uuid.UUID, done: list[dict[str, Any]]) -> bool:
        """Record what is done; False when the export was cancelled meanwhile."""
        async with self._database.connection() as connection:
            return await connection.fetchval(_PROGRESS, job_id, orjson.dumps(done).decode()) is not None

    async def alive(self, job_id: uuid.UUID) -> bool:
        """Give a sign of life; False when the export was cancelled meanwhile."""
        async with self._database.connection() as connection:
            return await connection.fetchval(_ALIVE, job_id) is not None

    async def finish(self, job_id: uuid.UUID, status: str, failure: str = "") -> None:
        """Close an export as ``done`` or ``failed``."""
        async with self._database.connection() as connection:
            await connection.execute(_FINISH, job_id, status, failure)

    async def cancel(self, job_id: uuid.UUID) -> None:
        """Mark an export as cancelled; its process stops at the next page."""
        async with self._database.connection() as connection:
            await connection.execute(_CANCEL, job_id)

    async def page(
        self,
        number: int,
        span: tuple[int, int],
        after: tuple[int, int],
        patients: list[int] | None,
        limit: int,
        guard: ask.Condition | None = None,
    ) -> list[Any]:
        """Return rows (pk, updated, body, patient) of a type behind a position, for which the guard holds."""
        write = Predicates(guard)
        write.arguments = [number, *span, *after, patients, limit]
        text = _PAGE.format(guard=write.guarded("r"))
        return await self._database.fetch(text, *write.arguments)

    async def members(self, group_hash: int) -> list[int] | None:
        """Return the hashes of what a Group refers to; None when there is no such Group."""
        rows = await self._database.fetch(_MEMBERS, group_hash)
        return list(rows[0][0]) if rows else None
