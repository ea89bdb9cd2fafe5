"""Jobs that index stored resources for parameters that came later: the table and the pages they read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ardenne.kernel.store import custom, definitions, hashing
from ardenne.kernel.store.change import Change, now
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.types import NAMES, NUMBERS

_COLUMNS = (
    "id, type, stored, code, source, removing, state, until, after_updated, after_pk, done, total, failure, "
    "created, alive, finished"
)
_SYNC_LOCK = 7_205_114_920
_WHOLE = ""
_ADD = """
insert into reindex_job (type, stored, code, source)
select * from unnest($1::smallint[], $2::text[], $3::text[], $4::text[])
on conflict (type, stored) do update
   set removing = false, state = 'waiting', source = excluded.source, barrier = pg_current_xact_id(), done = 0,
       after_updated = -9223372036854775808, after_pk = -1
 where reindex_job.removing
"""
_REMOVE = """
update reindex_job j set removing = true, state = 'waiting', barrier = pg_current_xact_id(), done = 0,
       after_updated = -9223372036854775808, after_pk = -1
 where j.stored <> '' and not j.removing
   and not exists (select 1 from unnest($1::smallint[], $2::text[]) k(type, stored)
                    where k.type = j.type and k.stored = j.stored)
"""
_START = """
insert into reindex_job (type, stored, code, source) values ($1, $2, $3, $4)
on conflict (type, stored) do update
   set state = 'waiting', barrier = pg_current_xact_id(), failure = '', done = 0,
       after_updated = -9223372036854775808, after_pk = -1
"""
# a job whose process died is taken over after half a minute without a sign of life
_TAKE = f"""
update reindex_job set state = 'running', alive = now(), failure = '',
       until = case when after_pk < 0 then $1 else until end,
       total = case when after_pk < 0 then (select count(*) from resource r
                                             where r.type = reindex_job.type and r.body is not null) else total end
 where id = (select id from reindex_job
              where (state = 'waiting' or (state = 'running' and alive < now() - interval '30 seconds'))
                and barrier < pg_snapshot_xmin(pg_current_snapshot())
              order by created limit 1 for update skip locked)
returning {_COLUMNS}
"""
_PAGE = """
select r.self, r.id, r.version, r.updated, r.pk, r.body from resource r
 where r.type = $1 and r.body is not null and r.updated <= $2 and (r.updated, r.pk) > ($3, $4)
 order by r.updated, r.pk limit $5
"""
_PROGRESS = """
update reindex_job set after_updated = $2, after_pk = $3, done = done + $4, alive = now()
 where id = $1 and state = 'running' returning 1
"""
_FINISH = "update reindex_job set state = 'done', finished = now() where id = $1 and state = 'running'"
_DROP = "delete from reindex_job where id = $1 and removing and state = 'running'"
_FAIL = "update reindex_job set state = 'failed', failure = $2 where id = $1 and state = 'running'"
_PAUSE = (
    "update reindex_job set state = 'paused' where state in ('waiting', 'running') and id = any($1::uuid[])"
)
_RESUME = """
update reindex_job set state = 'waiting', failure = '' where state in ('paused', 'failed') and id = any($1::uuid[])
"""
_JOBS = f"select {_COLUMNS} from reindex_job order by created, type"


class Job(NamedTuple):
    """One job: a parameter (or everything) of one resource type."""

    id: uuid.UUID
    resource_type: str
    stored: str
    code: str
    source: str
    removing: bool
    state: str
    until: int
    after_updated: int
    after_pk: int
    done: int
    total: int
    failure: str
    created: datetime
    alive: datetime
    finished: datetime | None

    @property
    def keys(self) -> list[int] | None:
        """The parameters whose rows are renewed; None: all."""
        return None if self.stored == _WHOLE else [hashing.key(self.resource_type, self.stored)]


def _job(row: Any) -> Job:
    return Job(row[0], NAMES[row[1]], *row[2:])


class Reindexing:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen = -1

    async def learn(self) -> None:
        """Learn new parameters, and see to it that each has its job and none that is gone keeps its rows."""
        async with self._database.connection() as connection:
            await definitions.refresh(connection)
            if custom.current().generation == self._seen:
                return
            self._seen = custom.current().generation
            known = custom.current().all()
            types = [NUMBERS[one.resource_type] for one in known]
            stored = [one.stored for one in known]
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", _SYNC_LOCK)
                codes = [one.parameter.code for one in known]
                await connection.execute(_ADD, types, stored, codes, [one.source for one in known])
                await connection.execute(_REMOVE, types, stored)

    async def take(self) -> Job | None:
        """Return the next job to work on; no other process gets the same."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_TAKE, now() + 10_000_000)
        return _job(row) if row else None

    async def page(self, job: Job, after: tuple[int, int], limit: int) -> Sequence[Any]:
        """Return the next resources of a job: self, id, version, updated, pk, body."""
        return await self._database.fetch(_PAGE, NUMBERS[job.resource_type], job.until, *after, limit)

    async def write(
        self, job: Job, changes: Sequence[tuple[Change, int]], generation: int, after: tuple[int, int]
    ) -> bool | None:
        """Index a page and record the progress, both or none.

        False: the job was paused meanwhile. None: the parameters changed, the page must be made anew.
        """
        ordered = sorted(changes, key=lambda one: one[0].self_hash)
        rows = [definitions.arguments(job.keys, change, version, generation) for change, version in ordered]
        async with self._database.transaction() as connection:
            found = await connection.fetchmany(definitions.REINDEX, rows) if rows else []
            if any(row[0] == definitions.STALE for row in found):
                return None
            return await connection.fetchval(_PROGRESS, job.id, *after, len(rows)) is not None

    async def refresh(self) -> None:
        """Learn what changed."""
        async with self._database.connection() as connection:
            await definitions.refresh(connection)

    async def finish(self, job: Job) -> None:
        """Close a job: the parameter can be searched; of a removed one nothing remains."""
        await self._run(_DROP if job.removing else _FINISH, job.id)

    async def fail(self, job: Job, failure: str) -> None:
        """Close a job that met a fault."""
        await self._run(_FAIL, job.id, failure)

    async def start(self, resource_type: str, stored: str, code: str, source: str) -> None:
        """Begin a job (again)."""
        await self._run(_START, NUMBERS[resource_type], stored, code, source)

    async def pause(self, jobs: Sequence[Job]) -> None:
        """Let jobs rest where they are."""
        await self._run(_PAUSE, [job.id for job in jobs])

    async def resume(self, jobs: Sequence[Job]) -> None:
        """Let jobs that rest or failed go on where they were."""
        await self._run(_RESUME, [job.id for job in jobs])

    async def jobs(self, source: str = "") -> list[Job]:
        """Return all jobs, or those of one SearchParameter."""
        found = [_job(row) for row in await self._database.fetch(_JOBS)]
        return [job for job in found if not source or job.source == source]

    async def _run(self, statement: str, *arguments: Any) -> None:
        async with self._database.connection() as connection:
            await connection.execute(statement, *arguments)
