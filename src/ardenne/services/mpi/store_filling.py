"""Many Patients that were loaded past the index, put into it by COPY."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.store import pack

_MANY = "select count(*) from (select from mpi_pending limit $1) p"
_NEW = """
select p.patient from mpi_pending p
 where not exists (select from mpi_identity i where i.system = $1 and i.value = p.patient)
 limit $2 for update of p skip locked
"""
_BODIES = "select id, body from resource where self = any($1::bigint[]) and body is not null"
_IDS = "select nextval(pg_get_serial_sequence('mpi_identity', 'id')) from generate_series(1, $1)"
_COLUMNS = ("id", "system", "value", "person", "status", "sender", "sent", "keys", "traits", "content")
_ADDED = """
insert into mpi_event (kind, identity, person, actor)
select 'added', w.identity, w.person, $3 from unnest($1::bigint[], $2::text[]) w(identity, person)
"""
_DONE = "delete from mpi_pending where patient = any($1::text[])"


class Adopted(NamedTuple):
    """A Patient that becomes an identity of the node itself."""

    person: str
    status: str
    keys: Sequence[int]
    traits: Sequence[Traits]
    content: bytes


async def are_waiting(connection: Connection, number: int) -> bool:
    """Tell whether at least so many Patients wait."""
    return int(await connection.fetchval(_MANY, number)) >= number


async def waiting(
    connection: Connection, system: str, limit: int
) -> tuple[list[str], list[tuple[str, bytes]]]:
    """Return ids of Patients that wait and are not in the index, locked, and ids and bodies of those that are still there."""
    ids = [row[0] for row in await connection.fetch(_NEW, system, limit)]
    selves = [hashing.self_hash("Patient", one) for one in ids]
    return ids, [(row[0], row[1]) for row in await connection.fetch(_BODIES, selves)]


async def adopt(
    connection: Connection,
    system: str,
    sender: str,
    sent: datetime,
    adopted: Sequence[Adopted],
    ids: Sequence[str],
) -> None:
    """Write identities with their keys and events; ``ids``: the Patients that wait no longer."""
    numbers = [row[0] for row in await connection.fetch(_IDS, len(adopted))]
    await connection.copy_records_to_table(
        "mpi_identity",
        columns=_COLUMNS,
        records=[
            (
                number,
                system,
                one.person,
                one.person,
                one.status,
                sender,
                sent,
                list(one.keys),
                pack(one.traits),
                one.content,
            )
            for number, one in zip(numbers, adopted, strict=True)
        ],
    )
    await connection.copy_records_to_table(
        "mpi_key",
        columns=("key", "identity"),
        records=[(key, number) for number, one in zip(numbers, adopted, strict=True) for key in one.keys],
    )
    await connection.execute(_ADDED, numbers, [one.person for one in adopted], sender)
    await connection.execute(_DONE, list(ids))
