"""Reading the changes of the store in the order of their transactions, each exactly once.

Every version carries the id of the transaction that wrote it. Below the oldest transaction that still
runs (the horizon) nothing can appear any more, so whoever remembers how far he read misses nothing and
sees nothing twice, in whatever order transactions commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.types import NAMES, NUMBERS

_TAKE = """
select r.tx::text, r.pk, r.version, pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text
  from subscription_reader r for update skip locked
"""
_NEWS = "select exists (select from (select tx from resource order by tx desc limit 1) newest where tx >= $1::text::xid8)"
_MOVE = "update subscription_reader set tx = $1::text::xid8, pk = $2, version = $3"
# after a restore the numbers of transactions begin anew: what was read gets the oldest number, the rest this one
_RENUMBER = """
update {table} v set tx = case when (v.tx, v.pk, v.version) > ($1::text::xid8, $2::bigint, $3::integer)
       then pg_current_xact_id() else '3'::xid8 end
 where v.tx >= pg_snapshot_xmax(pg_current_snapshot())
"""
_OWN = "select pg_current_xact_id()::text"
_CHANGES = """
select v.tx::text, v.pk, v.version, v.type, r.id, v.updated, v.current,
       case when v.method = 4 then 'delete'
            when v.version = 1 or (p.pk is not null and p.body is null) then 'create'
            else 'update' end
  from ((select c.tx, c.pk, c.version, c.type, c.method, c.updated, true as current from resource c
          where c.tx >= $1::text::xid8 and c.tx < $4::text::xid8
            and (c.tx, c.pk, c.version) > ($1::text::xid8, $2, $3) and c.type = any($5)
          order by c.tx, c.pk, c.version limit $6)
        union all
        (select h.tx, h.pk, h.version, h.type, h.method, h.updated, false from history h
          where h.tx >= $1::text::xid8 and h.tx < $4::text::xid8
            and (h.tx, h.pk, h.version) > ($1::text::xid8, $2, $3) and h.type = any($5)
          order by h.tx, h.pk, h.version limit $6)) v
  join resource r on r.pk = v.pk
  left join history p on p.pk = v.pk and p.version = v.version - 1
 order by v.tx, v.pk, v.version limit $6
"""
_VERSIONS = "select r.pk, r.version from resource r where r.pk = any($1::bigint[]) and r.body is not null"
_BODIES = """
select w.pk, w.version, coalesce(h.body, r.body)
  from unnest($1::bigint[], $2::integer[]) as w(pk, version)
  left join history h on h.pk = w.pk and h.version = w.version
  left join resource r on r.pk = w.pk and r.version = w.version
"""
_CURRENT = "select r.id, r.version, r.body from resource r where r.self = any($1::bigint[])"


class Position(NamedTuple):
    """The last change that was read; ``tx`` is a transaction id as text."""

    tx: str
    pk: int
    version: int


class Span(NamedTuple):
    """What can be read now: everything behind ``position`` and before the transaction ``horizon``."""

    position: Position
    horizon: str

    @property
    def end(self) -> Position:
        """The position when all of it was read."""
        return Position(self.horizon, -1, -1)


class Seen(NamedTuple):
    """One version that came into being. ``method`` is create, update or delete.

    ``current``: no later version is known. ``updated``: microseconds since 1970 UTC.
    """

    position: Position
    resource_type: str
    resource_id: str
    updated: int
    current: bool
    method: str

    @property
    def key(self) -> tuple[int, int]:
        """What tells this version from any other."""
        return self.position.pk, self.position.version


async def take(connection: Connection) -> Span | None:
    """Return what can be read and hold the reader's place until the transaction ends.

    None: there is nothing new, or another process reads.
    """
    row = await connection.fetchrow(_TAKE)
    if row is None:
        return None
    position, horizon, limit = Position(*row[:3]), row[3], row[4]
    if int(position.tx) > int(limit):
        return Span(await _renumber(connection, position), horizon)
    if int(horizon) <= int(position.tx) or not await connection.fetchval(_NEWS, position.tx):
        return None
    return Span(position, horizon)


async def _renumber(connection: Connection, position: Position) -> Position:
    for table in ("resource", "history"):
        await connection.execute(_RENUMBER.format(table=table), *position)
    fresh = Position(await connection.fetchval(_OWN), -1, -1)
    await move(connection, fresh)
    return fresh


async def move(connection: Connection, position: Position) -> None:
    """Remember how far was read."""
    await connection.execute(_MOVE, *position)


async def changes(connection: Connection, span: Span, types: Iterable[str], limit: int) -> list[Seen]:
    """Return at most ``limit`` changes of the types, in the order of their transactions."""
    numbers = [NUMBERS[name] for name in types]
    rows = await connection.fetch(_CHANGES, *span.position, span.horizon, numbers, limit)
    return [
        Seen(Position(tx, pk, version), NAMES[number], resource_id, updated, current, method)
        for tx, pk, version, number, resource_id, updated, current, method in rows
    ]


async def versions(connection: Connection, pks: Sequence[int]) -> set[tuple[int, int]]:
    """Return those (pk, version) that stand at this moment and are not deleted."""
    return {(row[0], row[1]) for row in await connection.fetch(_VERSIONS, pks)}


async def bodies(
    connection: Connection, wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes | None]:
    """Return the content of versions; None where it was removed for good."""
    rows = await connection.fetch(_BODIES, [pk for pk, _ in wanted], [version for _, version in wanted])
    return {(pk, version): body for pk, version, body in rows}


async def subscriptions(connection: Connection, ids: Iterable[str]) -> dict[str, tuple[int, bytes | None]]:
    """Return version and content of Subscriptions by id; content None: deleted."""
    selves = [hashing.self_hash("Subscription", resource_id) for resource_id in ids]
    return {row[0]: (row[1], row[2]) for row in await connection.fetch(_CURRENT, selves)}
