"""What the index asks of the resources of a record."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.types import NAMES, NUMBERS

_PROVENANCES = """
select r.id from resource r where r.patient = $1 and r.type = $2 and r.body is not null and r.targets && $3::bigint[]
"""
_PATIENT = "select body from resource where self = $1"
_OF_RECORD = """
select r.type, r.id, r.low from resource r
 where r.patient = $1 and r.body is not null and r.type <> all($2::smallint[]) order by r.low desc, r.pk limit $3
"""


async def patient(connection: Connection, person: str) -> bytes | None:
    """Return the Patient of an id as it stands, None when it is not there."""
    found: bytes | None = await connection.fetchval(_PATIENT, hashing.self_hash("Patient", person))
    return found


async def provenances(connection: Connection, patient: int, targets: Sequence[int]) -> list[str]:
    """Return the notes about the origin of resources (hashes) of a record."""
    rows = await connection.fetch(_PROVENANCES, patient, NUMBERS["Provenance"], list(targets))
    return [f"Provenance/{row[0]}" for row in rows]


async def of_record(asked: Database | Connection, patient: int, limit: int = 500) -> list[str]:
    """Return the resources (``Type/id``) that stand in the record of one Patient (hash), newest first."""
    left_out = [NUMBERS[name] for name in ("Patient", "Provenance", "Binary")]
    rows = await asked.fetch(_OF_RECORD, patient, left_out, limit)
    return [f"{NAMES[row[0]]}/{row[1]}" for row in rows]
