"""Removing versions and deleted resources for good."""

from __future__ import annotations

from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.types import NUMBERS

_OLD_VERSIONS = """
delete from history h using (
    select h.pk, h.version from history h join resource r on r.pk = h.pk
     where ($1::smallint = 0 or h.type = $1) and ($2::bigint is null or r.self = $2) limit $3) chosen
 where h.pk = chosen.pk and h.version = chosen.version
"""
_DELETED = """
with chosen as (
    select r.pk from resource r
     where r.body is null and ($1::smallint = 0 or r.type = $1) and ($2::bigint is null or r.self = $2)
     limit $3 for update),
gone as (delete from history h using chosen c where h.pk = c.pk)
delete from resource r using chosen c where r.pk = c.pk
"""


async def expunge(
    database: Database, resource_type: str, resource_id: str, versions: bool, deleted: bool, limit: int
) -> int:
    """Remove at most ``limit`` older versions and deleted resources; return how many rows went.

    Empty type: of all types; empty id: of the whole type.
    """
    number = NUMBERS[resource_type] if resource_type else 0
    self_hash = hashing.self_hash(resource_type, resource_id) if resource_id else None
    count = 0
    async with database.transaction() as connection:
        for wanted, statement in ((deleted, _DELETED), (versions, _OLD_VERSIONS)):
            if wanted:
                done = await connection.execute(statement, number, self_hash, limit)
                count += int(done.rpartition(" ")[2])
    return count
