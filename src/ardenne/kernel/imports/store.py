"""Import jobs in the database: for the door (asynchronous) and for the process that works (blocking)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import psycopg

from ardenne.kernel.imports.manifest import Input
from ardenne.kernel.store.database import Database

_COLUMNS = "id, request, status, progress, failure, created"
_ADD = "insert into import_job (id, request) values ($1, $2::jsonb)"
_GET = f"select {_COLUMNS} from import_job where id = $1"  # noqa: S608 - constants of this module
# a job whose process died is taken over after a minute without a sign of life
_TAKE = f"""
update import_job set status = 'running', alive = now(), attempts = attempts + 1
 where id = (select id from import_job
              where status = 'waiting' or (status = 'running' and alive < now() - interval '60 seconds')
              order by created limit 1 for update skip locked)
returning {_COLUMNS}, attempts
"""  # noqa: S608
_ALIVE = "update import_job set alive = now() where id = $1 and status = 'running'"
_RELEASE = """
update import_job set status = case when attempts < $2 then 'waiting' else 'failed' end, failure = $3,
       finished = case when attempts < $2 then null else now() end
 where id = $1 and status = 'running'
"""
_CANCEL = (
    "update import_job set status = 'cancelled', finished = now() where id = $1 and status <> 'cancelled'"
)
_READ = f"select {_COLUMNS} from import_job where id = %s and status = 'running'"  # noqa: S608
_PROGRESS = """
update import_job set progress = %s::jsonb, alive = now(), attempts = 1 where id = %s and status = 'running'
returning 1
"""
_FINISH = "update import_job set status = 'done', finished = now() where id = %s and status = 'running'"


class Progress(NamedTuple):
    """How far one input is: lines read, what became of the resources, why it could not be read further."""

    lines: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    done: bool = False
    failure: str = ""

    @property
    def stored(self) -> int:
        return self.created + self.updated + self.unchanged


class Job(NamedTuple):
    """One import."""

    id: uuid.UUID
    url: str
    inputs: tuple[Input, ...]
    status: str
    progress: tuple[Progress, ...]
    failure: str
    created: datetime


def _job(row: Any) -> Job:
    request, progress = row[1], row[3]
    request = orjson.loads(request) if isinstance(request, str) else request
    progress = orjson.loads(progress) if isinstance(progress, str) else progress
    inputs = tuple(Input(*one) for one in request["inputs"])
    found = [Progress(**one) for one in progress]
    found += [Progress()] * (len(inputs) - len(found))
    return Job(row[0], request["url"], inputs, row[2], tuple(found), row[4], row[5])


class ImportJobs:
    """The table of imports, for the door and the runner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, url: str, inputs: list[Input]) -> uuid.UUID:
        """Add an import and return its id."""
        job_id = uuid.uuid4()
        request = orjson.dumps({"url": url, "inputs": [list(one) for one in inputs]}).decode()
        async with self._database.connection() as connection:
            await connection.execute(_ADD, job_id, request)
        return job_id

    async def get(self, job_id: str) -> Job | None:
        """Return an import, or None when there is none of that id."""
        try:
            wanted = uuid.UUID(job_id)
        except ValueError:
            return None
        rows = await self._database.fetch(_GET, wanted)
        return _job(rows[0]) if rows else None

    async def take(self) -> Job | None:
        """Return the next import to work on; no other process gets the same."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_TAKE)
        return _job(row) if row else None

    async def alive(self, job_id: uuid.UUID) -> None:
        """Give a sign of life."""
        async with self._database.connection() as connection:
            await connection.execute(_ALIVE, job_id)

    async def release(self, job_id: uuid.UUID, attempts: int, failure: str) -> None:
        """Give back an import whose process ended too early; after so many attempts in a row it has failed."""
        async with self._database.connection() as connection:
            await connection.execute(_RELEASE, job_id, attempts, failure)

    async def cancel(self, job_id: uuid.UUID) -> None:
        """Stop an import; what is stored stays."""
        async with self._database.connection() as connection:
            await connection.execute(_CANCEL, job_id)


class JobRecord:
    """One import, for the process that works on it."""

    def __init__(self, dsn: str, job_id: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._id = uuid.UUID(job_id)

    def read(self) -> Job | None:
        """Return the import; None when it is not to be worked on."""
        row = self._connection.execute(_READ, (self._id,)).fetchone()
        return _job(row) if row else None

    def progress(self, progress: list[Progress]) -> bool:
        """Record how far it is; False when it was cancelled meanwhile."""
        text = orjson.dumps([one._asdict() for one in progress]).decode()
        return self._connection.execute(_PROGRESS, (text, self._id)).fetchone() is not None

    def finish(self) -> None:
        """Close the import."""
        self._connection.execute(_FINISH, (self._id,))
