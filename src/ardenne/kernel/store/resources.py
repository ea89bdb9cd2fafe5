"""Reading and writing resources: the hot paths.

Reads that wait in one turn of the event loop are fetched by one query; writes that wait are
committed together. Both keep their order and answer each caller alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple

import asyncpg

from ardenne.kernel.store import containing, custom, definitions, hashing
from ardenne.kernel.store.change import Change, Outcome, Status, unknown_texts
from ardenne.kernel.store.database import BROKEN, Connection, Database, DatabaseUnavailable
from ardenne.kernel.store.types import NAMES

_FACTS = "r.self, r.patient, r.category, r.level, r.embargo, r.withheld, r.authors, r.creator"
_READ = f"""
select {_FACTS}, p.version, r.type, r.id, r.version, r.updated, r.body
  from unnest($1::bigint[]) as wanted(self) join resource r on r.self = wanted.self
  left join policy_record p on p.patient = r.patient
"""
_READ_LOCKED = f"""
select {_FACTS}, null::bigint, r.type, r.id, r.version, r.updated, r.body from resource r
 where r.self = any($1::bigint[]) order by r.self for update
"""
_READ_VERSION = f"""
select {_FACTS}, p.version, r.type, r.id, $2::integer, v.updated, v.body
  from resource r left join policy_record p on p.patient = r.patient cross join lateral (
       select h.updated, h.body from history h where h.pk = r.pk and h.version = $2
       union all
       select r.updated, r.body where r.version = $2) v
 where r.self = $1
"""
_WRITE = """
select new_status, new_version, new_updated, (select generation from search_generation) from write_resource(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)
"""
_TEXTS = """
insert into token_text (key, text, hash) select * from unnest($1::bigint[], $2::text[], $3::bigint[])
on conflict do nothing
"""
_BATCH = 64
_LANES = 2
_RETRIES = 5
_KNOWN_TEXTS = 200_000


Projection = Callable[[Connection, Outcome], Awaitable[None]]


class RowFacts(NamedTuple):
    """What access rules look at (see change.RowLabel); hashes stand for patient, authors and creator.

    ``patient`` None: the resource belongs to nobody. ``policy_version`` names the state of the patient's
    directives that was seen in the same snapshot; None: nothing is known of the patient, or it was not read.
    """

    self_hash: int
    patient: int | None
    category: int
    level: int
    embargo: int
    withheld: bool
    authors: Sequence[int]
    creator: int
    policy_version: int | None


class Stored(NamedTuple):
    """One version of a resource as the store holds it; ``body`` is None when it is deleted.

    The facts are those of the current version, whichever version this is.
    """

    resource_type: str
    resource_id: str
    version: int
    updated: int
    body: bytes | None
    facts: RowFacts


def _stored(row: asyncpg.Record) -> Stored:
    *facts, number, resource_id, version, updated, body = row
    return Stored(NAMES[number], resource_id, version, updated, body, RowFacts(*facts))


class Resources:
    """The resources of one database, for one worker process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._wanted: dict[int, list[asyncio.Future[Stored | None]]] = {}
        self._waiting: list[tuple[Change, asyncio.Future[Outcome]]] = []
        self._lanes = 0
        self._known_texts: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.projections: dict[str, Projection] = {}
        """By resource type: what else must happen in the transaction that writes one."""

    async def read(self, resource_type: str, resource_id: str) -> Stored | None:
        """Return the current version, or None when the id was never used."""
        loop = asyncio.get_running_loop()
        wanted = hashing.self_hash(resource_type, resource_id)
        future: asyncio.Future[Stored | None] = loop.create_future()
        if not self._wanted:
            loop.call_soon(self._start, self._fetch_wanted)
        self._wanted.setdefault(wanted, []).append(future)
        found = await future
        if found is not None and (found.resource_type, found.resource_id) != (resource_type, resource_id):
            return None
        return found

    async def read_in(self, connection: Connection, resource_type: str, resource_id: str) -> Stored | None:
        """Return the current version as the caller's transaction sees it, and lock it until its end."""
        wanted = (resource_type, resource_id)
        return (await self.read_all_in(connection, [wanted])).get(wanted)

    async def read_all_in(
        self, connection: Connection, wanted: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], Stored]:
        """Return current versions by type and id, locked until the transaction ends, in an order that cannot deadlock."""
        names = set(wanted)
        rows = await connection.fetch(_READ_LOCKED, [hashing.self_hash(*name) for name in names])
        found = {(one.resource_type, one.resource_id): one for one in map(_stored, rows)}
        return {name: one for name, one in found.items() if name in names}

    async def read_version(self, resource_type: str, resource_id: str, version: int) -> Stored | None:
        """Return one version, or None when there is none of that number."""
        rows = await self.database.fetch(
            _READ_VERSION, hashing.self_hash(resource_type, resource_id), version
        )
        found = [_stored(row) for row in rows]
        return next((one for one in found if one.resource_id == resource_id), None)

    async def write(self, change: Change) -> Outcome:
        """Write one change, durably, in a commit that it may share with others."""
        if change.resource_type in self.projections:
            async with self.database.transaction() as connection:
                return (await self.write_in(connection, [change]))[0]
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((change, future))
        if self._lanes < _LANES:
            self._lanes += 1
            loop.call_soon(self._start, self._drain)
        return await future

    async def write_in(self, connection: Connection, changes: Sequence[Change]) -> list[Outcome]:
        """Write changes inside the caller's transaction, in an order that cannot deadlock."""
        if not connection.is_in_transaction() and any(change.contained for change in changes):
            async with connection.transaction():
                return await self.write_in(connection, changes)
        order = sorted(range(len(changes)), key=lambda place: changes[place].self_hash)
        await self._write_texts(connection, [changes[place] for place in order])
        rows = await connection.fetchmany(_WRITE, [changes[place].arguments() for place in order])
        outcomes: dict[int, Outcome] = {}
        generation = custom.current().generation
        for place, (status, version, updated, found) in zip(order, rows, strict=True):
            outcomes[place] = Outcome(Status(status), version, updated, changes[place])
            generation = found
        done = [outcomes[place] for place in range(len(changes))]
        inner = containing.rows(map(_holding, done))
        if inner:
            await connection.executemany(containing.WRITE, inner)
        if generation != custom.current().generation or definitions.overtaken(done):
            await definitions.mend(connection, done)
        for one in done:
            project = self.projections.get(one.change.resource_type)
            if project is not None and one.status.done and one.status is not Status.UNCHANGED:
                await project(connection, one)
        return done

    def forget_texts(self) -> None:
        """Forget which words the database knows, after they were removed from it."""
        self._known_texts.clear()

    def _start(self, work: object) -> None:
        task = asyncio.ensure_future(work())  # type: ignore[operator]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fetch_wanted(self) -> None:
        wanted, self._wanted = self._wanted, {}
        try:
            rows = await self.database.fetch(_READ, list(wanted))
        except Exception as error:
            for futures in wanted.values():
                for future in futures:
                    _fail(future, error)
            return
        for row in rows:
            stored = _stored(row)
            for future in wanted.pop(stored.facts.self_hash):
                if not future.done():
                    future.set_result(stored)
        for futures in wanted.values():
            for future in futures:
                if not future.done():
                    future.set_result(None)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._write_batch(batch)
        finally:
            self._lanes -= 1

    async def _write_batch(self, batch: list[tuple[Change, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._commit([change for change, _future in batch])
        except Exception as error:
            if len(batch) == 1 or isinstance(error, DatabaseUnavailable):
                for _change, future in batch:
                    _fail(future, error)
                return
            # one bad row fails the whole commit: let each stand alone
            for single in batch:
                await self._write_batch([single])
            return
        for (_change, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _commit(self, changes: list[Change]) -> list[Outcome]:
        for attempt in range(_RETRIES):
            try:
                async with self.database.connection() as connection:
                    return await self.write_in(connection, changes)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if attempt == _RETRIES - 1:
                    raise
                await asyncio.sleep(0.005 * 2**attempt)
            except BROKEN as error:
                raise DatabaseUnavailable(
                    "the connection broke: whether the write happened is not known"
                ) from error
        raise AssertionError("unreachable")

    async def _write_texts(self, connection: Connection, changes: Sequence[Change]) -> None:
        keys, texts, hashes = unknown_texts(changes, self._known_texts)
        if not hashes:
            return
        await connection.execute(_TEXTS, keys, texts, hashes)
        if not connection.is_in_transaction():
            if len(self._known_texts) > _KNOWN_TEXTS:
                self._known_texts.clear()
            self._known_texts.update(hashes)


def _holding(done: Outcome) -> containing.Written:
    """Return what a change that was carried out put into the store beside itself."""
    change = done.change
    carried_out = done.status in (Status.CREATED, Status.UPDATED)
    contained = change.contained if carried_out else ()
    name = f"{change.resource_type}/{change.resource_id}"
    return containing.Written(name, change.self_hash, done.version, contained)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
