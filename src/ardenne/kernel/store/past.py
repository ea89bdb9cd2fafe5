"""The history of a resource, of a type and of the whole store, newest version first."""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import Method
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.predicates import Predicates
from ardenne.kernel.store.types import NAMES, NUMBERS

_OF_RESOURCE = """
select r.type, r.id, v.version, v.method, v.updated, v.body, r.pk, r.patient, count(*) over () as total
  from resource r cross join lateral (
       select r.version, r.method, r.updated, r.body
       union all
       select h.version, h.method, h.updated, h.body from history h where h.pk = r.pk) v
 where r.self = $1 and r.id = $2 and v.updated >= $3 and v.updated < $4
 order by v.version desc offset $5 limit $6
"""
_OF_TYPES = """
select v.type, r.id, v.version, v.method, v.updated, v.body, v.pk, r.patient, null::bigint as total
  from unnest($1::smallint[]) as wanted(type) cross join lateral (
       (select c.pk, c.type, c.version, c.method, c.updated, c.body from resource c
         where c.type = wanted.type and c.updated >= $2 and c.updated < $3
           and (c.updated, c.pk, c.version) < ($4, $5, $6){current}
         order by c.updated desc, c.pk desc limit $7)
       union all
       (select h.pk, h.type, h.version, h.method, h.updated, h.body from history h
         where h.type = wanted.type and h.updated >= $2 and h.updated < $3
           and (h.updated, h.pk, h.version) < ($4, $5, $6){older}
         order by h.updated desc, h.pk desc, h.version desc limit $7)) v
  join resource r on r.pk = v.pk
 order by v.updated desc, v.pk desc, v.version desc limit $7
"""
_AT = """
select r.type, r.id, v.version, v.method, v.updated, v.body, r.pk, r.patient, null::bigint as total
  from resource r cross join lateral (
       select r.version, r.method, r.updated, r.body
       union all
       select h.version, h.method, h.updated, h.body from history h where h.pk = r.pk) v
 where r.self = $1 and r.id = $2 and v.updated <= $3 order by v.version desc limit 1
"""
_BIGGEST = (1 << 63) - 1


class Version(NamedTuple):
    """One entry of a history; ``body`` is None for a deletion."""

    resource_type: str
    resource_id: str
    version: int
    method: Method
    updated: int
    body: bytes | None
    pk: int
    patient: int | None = None
    """Hash of the patient whom the resource belongs to."""


class Position(NamedTuple):
    """Where a page of a type or system history ended."""

    updated: int = _BIGGEST
    pk: int = _BIGGEST
    version: int = 2_147_483_647


class Past:
    """Reads histories. Spans are microseconds since 1970, half open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_resource(
        self, resource_type: str, resource_id: str, span: tuple[int, int], offset: int, limit: int
    ) -> tuple[list[Version], int]:
        """Return versions of one resource and how many there are in the span."""
        self_hash = hashing.self_hash(resource_type, resource_id)
        rows = await self._database.fetch(_OF_RESOURCE, self_hash, resource_id, *span, offset, limit)
        return [_version(row) for row in rows], rows[0]["total"] if rows else 0

    async def of_types(
        self,
        types: tuple[str, ...],
        span: tuple[int, int],
        after: Position,
        limit: int,
        guard: ask.Condition | None = None,
    ) -> list[Version]:
        """Return versions of the types (none named: all types) behind a position.

        ``guard`` must hold for the resource as it is now.
        """
        numbers = [NUMBERS[name] for name in types] or list(NUMBERS.values())
        write = Predicates(guard)
        write.arguments = [numbers, *span, *after, limit]
        owner = f" and exists (select 1 from resource o where o.pk = h.pk{write.guarded('o')})"
        text = _OF_TYPES.format(current=write.guarded("c"), older=owner if guard is not None else "")
        rows = await self._database.fetch(text, *write.arguments)
        return [_version(row) for row in rows]

    async def at(self, resource_type: str, resource_id: str, moment: int) -> Version | None:
        """Return the version that stood at a moment."""
        self_hash = hashing.self_hash(resource_type, resource_id)
        rows = await self._database.fetch(_AT, self_hash, resource_id, moment)
        return _version(rows[0]) if rows else None


def _version(row: asyncpg.Record) -> Version:
    number, resource_id, version, method, updated, body, pk, patient, _total = row
    return Version(NAMES[number], resource_id, version, Method(method), updated, body, pk, patient)
