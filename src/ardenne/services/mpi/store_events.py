"""Decisions, questions for officers, and figures in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.store.database import Connection, Database

Json = dict[str, Any]
_EVENT = "id, at, kind, identity, person, other, weight, detail, actor, reason, undoes"
_ADD_EVENT = """
insert into mpi_event (kind, identity, person, other, weight, detail, weights, actor, reason, undoes)
values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10) returning id
"""
_EVENTS = f"""
select {_EVENT}, exists (select 1 from mpi_event u where u.undoes = e.id) from mpi_event e
 where e.person = any($1::text[]) or e.other = any($1::text[]) order by e.id desc limit $2
"""
_ONE_EVENT = f"select {_EVENT}, exists (select 1 from mpi_event u where u.undoes = e.id) from mpi_event e where e.id = $1"
_CASE = """
id, kind, person, other, identity, risk, weight, detail, opened, proposal, proposed_by, proposed_reason,
decision, decided_by, reason, closed, assigned, assigned_name
"""
_OPEN = """
insert into mpi_case (kind, person, other, identity, risk, weight, detail) values ($1, $2, $3, $4, $5, $6, $7::jsonb)
on conflict (kind, person, other, coalesce(identity, 0)) where closed is null
do update set weight = excluded.weight, detail = excluded.detail, risk = greatest(mpi_case.risk, excluded.risk)
returning id
"""
_WAITING = f"""
select {_CASE} from mpi_case where closed is null and ($3 = '' or assigned = $3) order by risk desc, opened, id
 limit $1 offset $2
"""
_CLOSED = f"select {_CASE} from mpi_case where closed is not null order by closed desc, id desc limit $1"
_ONE = f"select {_CASE} from mpi_case where id = $1"
_LOCKED = f"select {_CASE} from mpi_case where id = $1 for update"
_PROPOSE = "update mpi_case set proposal = $2, proposed_by = $3, proposed_reason = $4 where id = $1"
_CLOSE = "update mpi_case set decision = $2, decided_by = $3, reason = $4, closed = now() where id = $1"
_CLOSE_BETWEEN = """
update mpi_case set decision = $3, decided_by = $4, reason = $5, closed = now()
 where closed is null and kind = 'duplicate' and person = any($1::text[]) and other = any($2::text[])
"""
_APART = "insert into mpi_apart values (least($1, $2), greatest($1, $2)) on conflict do nothing"
_TOGETHER = "delete from mpi_apart where person = least($1, $2) and other = greatest($1, $2)"
_ARE_APART = """
select exists (select 1 from mpi_apart where (person = any($1::text[]) and other = any($2::text[]))
                                          or (other = any($1::text[]) and person = any($2::text[])))
"""
_IS_ASKED = """
select exists (select 1 from mpi_case where closed is null and kind = 'duplicate'
                and ((person = any($1::text[]) and other = any($2::text[]))
                  or (other = any($1::text[]) and person = any($2::text[]))))
"""
_ASSIGN = (
    "update mpi_case set assigned = $2, assigned_name = $3 where id = $1 and closed is null returning id"
)
_FIGURES = """
select (select count(*) from mpi_case where closed is null),
       (select coalesce(extract(epoch from now() - min(opened)) / 86400, 0) from mpi_case where closed is null),
       (select coalesce(extract(epoch from avg(closed - opened)) / 86400, 0) from mpi_case
         where closed > now() - interval '90 days'),
       (select count(distinct person) from mpi_identity where status <> 'retired'),
       (select count(*) from mpi_identity where status <> 'retired'),
       (select count(*) from mpi_survivor)
"""
_BY_KIND = "select kind, count(*), max(risk), min(opened) from mpi_case where closed is null group by kind order by kind"
_BY_MONTH = """
select to_char(at, 'YYYY-MM') as month, count(*) filter (where kind in ('added', 'linked')),
       count(*) filter (where kind = 'linked'), count(*) filter (where kind = 'asked'),
       count(*) filter (where kind = 'overlay'), count(*) filter (where kind = 'merged'),
       count(*) filter (where kind in ('unmerged', 'split'))
  from mpi_event where at > now() - interval '24 months' group by 1 order by 1 desc
"""


class Event(NamedTuple):
    """Something that was decided. ``undone``: it was taken back since."""

    id: int
    at: datetime
    kind: str
    identity: int | None
    person: str
    other: str
    weight: float | None
    detail: Json
    actor: str
    reason: str
    undoes: int | None
    undone: bool


class Case(NamedTuple):
    """A question for an officer."""

    id: int
    kind: str
    person: str
    other: str
    identity: int | None
    risk: int
    weight: float | None
    detail: Json
    opened: datetime
    proposal: str
    proposed_by: str
    proposed_reason: str
    decision: str
    decided_by: str
    reason: str
    closed: datetime | None
    assigned: str
    assigned_name: str


class Figures(NamedTuple):
    """How the index stands. Ages in days."""

    open: int
    oldest: float
    handling: float
    persons: int
    identities: int
    merged: int


async def add(
    connection: Connection,
    kind: str,
    person: str,
    actor: str,
    *,
    identity: int | None = None,
    other: str = "",
    weight: float | None = None,
    detail: Json | None = None,
    weights: str = "",
    reason: str = "",
    undoes: int | None = None,
) -> int:
    """Append an event and return its number."""
    return int(
        await connection.fetchval(
            _ADD_EVENT,
            kind,
            identity,
            person,
            other,
            weight,
            _text(detail or {}),
            weights,
            actor,
            reason,
            undoes,
        )
    )


async def of_persons(asked: Database | Connection, persons: Sequence[str], limit: int = 200) -> list[Event]:
    """Return what was decided about persons, newest first."""
    return [_event(row) for row in await asked.fetch(_EVENTS, list(persons), limit)]


async def event(asked: Database | Connection, number: int) -> Event | None:
    """Return one event."""
    rows = await asked.fetch(_ONE_EVENT, number)
    return _event(rows[0]) if rows else None


async def open_case(
    connection: Connection,
    kind: str,
    person: str,
    risk: int,
    *,
    other: str = "",
    identity: int | None = None,
    weight: float | None = None,
    detail: Json | None = None,
) -> int:
    """Ask an officer, and return the number of the case; the same question waits once."""
    return int(
        await connection.fetchval(_OPEN, kind, person, other, identity, risk, weight, _text(detail or {}))
    )


async def waiting(
    asked: Database | Connection, limit: int, offset: int = 0, assigned: str = ""
) -> list[Case]:
    """Return open cases, the riskiest first, then the oldest; ``assigned``: those of one account."""
    return [_case(row) for row in await asked.fetch(_WAITING, limit, offset, assigned)]


async def closed(asked: Database | Connection, limit: int) -> list[Case]:
    """Return closed cases, the newest first."""
    return [_case(row) for row in await asked.fetch(_CLOSED, limit)]


async def case(asked: Database | Connection, number: int) -> Case | None:
    """Return one case."""
    rows = await asked.fetch(_ONE, number)
    return _case(rows[0]) if rows else None


async def locked_case(connection: Connection, number: int) -> Case | None:
    """Return one case and hold it until the transaction ends."""
    rows = await connection.fetch(_LOCKED, number)
    return _case(rows[0]) if rows else None


async def propose(connection: Connection, number: int, proposal: str, officer: str, reason: str) -> None:
    """Keep what an officer proposes; a second one decides."""
    await connection.execute(_PROPOSE, number, proposal, officer, reason)


async def close(connection: Connection, number: int, decision: str, officer: str, reason: str) -> None:
    """Close a case."""
    await connection.execute(_CLOSE, number, decision, officer, reason)


async def close_between(
    connection: Connection, one: Sequence[str], other: Sequence[str], decision: str, officer: str, reason: str
) -> None:
    """Close the questions whether persons of two groups are one."""
    for first, second in ((one, other), (other, one)):
        await connection.execute(_CLOSE_BETWEEN, list(first), list(second), decision, officer, reason)


async def set_apart(connection: Connection, one: str, other: str, apart: bool) -> None:
    """Say that two persons are two, or take that back."""
    await connection.execute(_APART if apart else _TOGETHER, one, other)


async def are_apart(connection: Connection, one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether an officer said that persons of two groups are two."""
    return bool(await connection.fetchval(_ARE_APART, list(one), list(other)))


async def is_asked(connection: Connection, one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell whether the question waits already whether persons of two groups are one."""
    return bool(await connection.fetchval(_IS_ASKED, list(one), list(other)))


async def assign(connection: Connection, number: int, account: str, name: str) -> bool:
    """Say who works on an open case (empty: nobody); tell whether it was open."""
    return await connection.fetchval(_ASSIGN, number, account, name) is not None


async def figures(asked: Database | Connection) -> Figures:
    """Return how the index stands."""
    row = (await asked.fetch(_FIGURES))[0]
    return Figures(row[0], float(row[1]), float(row[2]), row[3], row[4], row[5])


async def by_kind(asked: Database | Connection) -> list[Any]:
    """Return kind, count, highest risk and oldest opening of the open cases."""
    return list(await asked.fetch(_BY_KIND))


async def by_month(asked: Database | Connection) -> list[Any]:
    """Return for each month: registered, linked, asked, overlays, merged, taken back."""
    return list(await asked.fetch(_BY_MONTH))


def _text(detail: Json) -> str:
    return orjson.dumps(detail).decode()


def _event(row: Any) -> Event:
    return Event(*(*row[:7], orjson.loads(row[7]), *row[8:]))


def _case(row: Any) -> Case:
    return Case(*(*row[:7], orjson.loads(row[7]), *row[8:]))
