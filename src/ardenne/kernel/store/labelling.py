"""Labels for rows of an older version: until they have one nobody but the platform sees them."""

from __future__ import annotations

from typing import Any

import orjson

from ardenne.kernel.store.change import RowLabel, label_of
from ardenne.kernel.store.database import Connection, Database

_UNLABELLED = """
select pk, version, body from resource where category = -1 and body is not null order by pk limit $1
"""
_LABEL = """
update resource set category = $3, level = $4, embargo = $5, withheld = $6, authors = $7
 where pk = $1 and version = $2 and category = -1
"""


async def label_some(database: Database, limit: int = 500) -> int:
    """Label at most so many rows, in one transaction; return how many there were."""
    async with database.transaction() as connection:
        rows = await connection.fetch(_UNLABELLED, limit)
        await _label(connection, [(row[0], row[1], label_of(orjson.loads(row[2]))) for row in rows])
    return len(rows)


async def _label(connection: Connection, labels: list[tuple[int, int, RowLabel]]) -> None:
    found: list[tuple[Any, ...]] = [(pk, version, *label) for pk, version, label in labels]
    if found:
        await connection.executemany(_LABEL, found)
