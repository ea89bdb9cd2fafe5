"""The Consents of a patient, as the store holds them."""

from __future__ import annotations

from typing import Any

import orjson

from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.types import NUMBERS

_ALL = """
select r.id, r.updated, r.body from resource r
 where r.patient = $1 and r.type = $2 and r.body is not null order by r.updated, r.id
"""


async def consents(connection: Connection, patient: int) -> list[tuple[str, int, dict[str, Any]]]:
    """Return id, last update and content of a patient's Consents, oldest first."""
    rows = await connection.fetch(_ALL, patient, NUMBERS["Consent"])
    return [(row[0], row[1], orjson.loads(row[2])) for row in rows]
