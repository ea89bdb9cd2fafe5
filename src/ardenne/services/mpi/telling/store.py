"""SQL of receivers and of what each is still to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ardenne.kernel.store.database import Connection, Database

_KNOW = "insert into mpi_receiver (name) select unnest($1::text[]) on conflict do nothing"
_FORGET = "delete from mpi_receiver where name <> all($1::text[])"
_LEASE = """
update mpi_receiver r set leased_until = now() + $2
 where r.name = (select w.name from mpi_receiver w
                  where w.name = any($1::text[]) and w.due <= now() and w.leased_until < now()
                    and exists (select from mpi_untold u where u.receiver = w.name and u.refused = '')
                  order by w.due limit 1 for update skip locked)
returning r.name, r.failures
"""
_NEXT = "select person, change from mpi_untold where receiver = $1 and refused = '' order by number limit 1"
_DONE = "delete from mpi_untold where receiver = $1 and person = $2 and change = $3"
_REFUSED = "update mpi_untold set refused = $4 where receiver = $1 and person = $2 and change = $3"
_LAST = "select told from mpi_told where receiver = $1 and person = $2"
_REMEMBER = """
insert into mpi_told (receiver, person, told) values ($1, $2, $3)
on conflict (receiver, person) do update set told = excluded.told
"""
_APART_NO_MORE = "delete from mpi_told where receiver = $1 and person = any($2::text[])"
_RENEW = "update mpi_receiver set leased_until = now() + $2, failures = 0, problem = '', due = now() where name = $1"
_FAILED = "update mpi_receiver set failures = failures + 1, problem = $2, due = now() + $3 where name = $1"
_RELEASE = "update mpi_receiver set leased_until = '-infinity' where name = $1"
_STATE = """
select r.name, count(u.person) filter (where u.refused = ''), count(u.person) filter (where u.refused <> ''),
       min(u.since), r.failures, coalesce(nullif(r.problem, ''), max(u.refused), '')
  from mpi_receiver r left join mpi_untold u on u.receiver = r.name group by r.name order by r.name
"""
_AGAIN = "update mpi_untold set refused = '' where receiver = $1 and refused <> ''"
_NOW = "update mpi_receiver set due = now() where name = $1"


class Leased(NamedTuple):
    """A receiver that this worker alone talks to."""

    name: str
    failures: int


class State(NamedTuple):
    """How it stands with a receiver: what waits and was refused, since when, failures in a row, why."""

    name: str
    waiting: int
    refused: int
    since: datetime | None
    failures: int
    problem: str


async def know(connection: Connection, names: Sequence[str]) -> None:
    """Keep the receivers of the operator's table, and forget others with what waits for them."""
    await connection.execute(_KNOW, list(names))
    await connection.execute(_FORGET, list(names))


async def lease(connection: Connection, names: Sequence[str], lasting: timedelta) -> Leased | None:
    """Take a receiver for whom something waits; nobody else gets it until it is released or the time is over."""
    row = await connection.fetchrow(_LEASE, list(names), lasting)
    return Leased(*row) if row is not None else None


async def next_person(asked: Database | Connection, receiver: str) -> tuple[str, int] | None:
    """Return the person of whom a receiver is to be told next, and the count of changes seen."""
    rows = await asked.fetch(_NEXT, receiver)
    return (str(rows[0][0]), int(rows[0][1])) if rows else None


async def last_told(asked: Database | Connection, receiver: str, person: str) -> bytes:
    """Return the hash of what a receiver was told last of a person; empty: nothing."""
    rows = await asked.fetch(_LAST, receiver, person)
    return bytes(rows[0][0]) if rows else b""


async def told(
    connection: Connection,
    receiver: str,
    waited: tuple[str, int],
    members: Sequence[str],
    digest: bytes,
    lasting: timedelta,
) -> None:
    """Note that a receiver knows of a person; a change since then is still to be told.

    ``members``: the person, then those who are one with it: what was told of them apart does not hold any more.
    """
    await connection.execute(_DONE, receiver, *waited)
    await connection.execute(_APART_NO_MORE, receiver, list(members[1:]))
    await connection.execute(_REMEMBER, receiver, members[0], digest)
    await connection.execute(_RENEW, receiver, lasting)


async def nothing_to_tell(connection: Connection, receiver: str, waited: tuple[str, int]) -> None:
    """Note that a change brings nothing new to a receiver."""
    await connection.execute(_DONE, receiver, *waited)


async def refused(connection: Connection, receiver: str, waited: tuple[str, int], why: str) -> None:
    """Keep what a receiver does not take, until an operator tries it again."""
    await connection.execute(_REFUSED, receiver, *waited, why[:200])


async def failed(connection: Connection, receiver: str, why: str, pause: timedelta) -> None:
    """Note a failure and when the receiver is tried again."""
    await connection.execute(_FAILED, receiver, why[:200], pause)


async def release(connection: Connection, receiver: str) -> None:
    """Let others have a receiver."""
    await connection.execute(_RELEASE, receiver)


async def states(asked: Database | Connection) -> list[State]:
    """Return how it stands with each receiver."""
    return [State(*row) for row in await asked.fetch(_STATE)]


async def again(connection: Connection, receiver: str) -> int:
    """Let what a receiver refused be told again; return how many."""
    done: Any = await connection.execute(_AGAIN, receiver)
    await connection.execute(_NOW, receiver)
    return int(str(done).rpartition(" ")[2])
