"""Patients that were written past the index: through the FHIR door, or loaded in bulk."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from ardenne.kernel.background import repeat
from ardenne.kernel.store import groups
from ardenne.kernel.store.change import Outcome
from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.locks import lock_texts
from ardenne.services.mpi import asking, golden, matching, store, store_filling, store_resources
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.matching import Matcher, keys_of
from ardenne.services.mpi.rules.reading import status_of, traits_of
from ardenne.services.mpi.store_filling import Adopted
from ardenne.standards.fhir.json import parse_exact

_DOOR = "door"
_AT_ONCE = 50
_MANY = 2000
"""So many are a load, not what people write at the door."""


async def adopt(matcher: Matcher, connection: Connection, person: str) -> None:
    """Take a Patient into the index, or bring it up to date there; one that is gone is retired."""
    body = await store_resources.patient(connection, person)
    await store.indexed(connection, [person])
    known = await store.identity(connection, golden.NODE, person)
    if body is None:
        if known is not None:
            await store.retire(connection, known)
        return
    content = golden.without_id(parse_exact(body))
    traits = traits_of(content)
    said, keys, status = (_DOOR, datetime.now(UTC)), keys_of(traits), status_of(traits)
    if known is None:
        number = (golden.NODE, person)
        identity = await store.add(connection, number, person, status, said, keys, traits, content)
        await events.add(connection, "added", person, _DOOR, identity=identity)
    elif known.content == content and known.status != "retired":
        return
    else:
        identity = known.id
        await store.update(connection, known, status, said, keys, traits, content)
    own = await store.survivor(connection, person)
    matches = await matcher.matches(connection, traits, (own,))
    await asking.ask_all(connection, matcher, (own, identity), matches, _DOOR)


async def fill(database: Database) -> int:
    """Take many Patients that wait into the index at once, and return how many; 0 when only some wait.

    Whom they may be is asked by the nightly search: nobody waits for an answer here.
    """
    async with database.transaction() as connection:
        if not await store_filling.are_waiting(connection, _MANY):
            return 0
        ids, bodies = await store_filling.waiting(connection, golden.NODE, _MANY)
        adopted = []
        for person, body in bodies:
            content = golden.without_id(parse_exact(body))
            traits = traits_of(content)
            adopted.append(Adopted(person, status_of(traits), keys_of(traits), traits, orjson.dumps(content)))
        await store_filling.adopt(connection, golden.NODE, _DOOR, datetime.now(UTC), adopted, ids)
    return len(ids)


async def catch_up(matcher: Matcher, database: Database) -> int:
    """Take some of the Patients that wait into the index, each in a transaction, or many at once; return how many."""
    filled = await fill(database)
    if filled:
        return filled
    for count in range(_AT_ONCE):
        async with database.transaction() as connection:
            waiting = await store.pending(connection, 1)
            if not waiting:
                return count
            body = await store_resources.patient(connection, waiting[0])
            if body is not None:
                await lock_texts(connection, locks_of(body))
            await adopt(matcher, connection, waiting[0])
    return _AT_ONCE


def locks_of(body: bytes) -> list[str]:
    """Return what must be locked for a Patient so that the same person is not added twice at once."""
    return matching.locks_of(traits_of(parse_exact(body)))


class Projection:
    """Indexes each Patient that the FHIR door writes in the transaction that writes it."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    async def __call__(self, connection: Connection, done: Outcome) -> None:
        """Index a Patient, unless the index itself wrote it or somebody holds its keys: then it waits for the runner."""
        if await store.written_by_index(connection):
            return
        if done.change.body is not None and not await store.try_lock(connection, locks_of(done.content())):
            return
        await adopt(self._matcher, connection, done.change.resource_id)


class PersonRunner:
    """Keeps the index and this worker's memory of merges current."""

    def __init__(self, matcher: Matcher, database: Database) -> None:
        self._matcher, self._database = matcher, database

    async def run(self) -> None:
        """Index what was loaded in bulk, until cancelled."""
        await repeat(lambda: catch_up(self._matcher, self._database), 1.0)

    async def run_groups(self) -> None:
        """Take over merges that other workers made, until cancelled."""
        await repeat(lambda: groups.refresh(self._database), 0.5)
