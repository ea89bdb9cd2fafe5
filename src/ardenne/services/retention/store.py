"""Records that ended, and their deletion, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from ardenne.kernel.policy.facts import State
from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.groups import WHOLE_PERSON
from ardenne.kernel.store.types import NUMBERS

_ENDED = """
select p.patient, p.patient_id, p.state, to_timestamp(max(r.updated) / 1000000.0)
  from policy_record p join resource r on r.patient = p.patient and r.type = $1 and r.body is not null
 where p.state > 0 and ($2::bigint is null or p.patient = $2)
   and not exists (select from record_deletion d where d.patient = p.patient and d.approved is not null)
 group by p.patient, p.patient_id, p.state having max(r.updated) < $3 order by 4 limit $4
"""
_DELETED = "select patient from record_deletion where approved is not null and patient = any($1)"
_PROPOSE = """
insert into record_deletion (patient, patient_id, reason, since, proposed_by) values ($1, $2, $3, $4, $5::uuid)
on conflict (patient) do nothing returning 1
"""
_COLUMNS = "patient, patient_id, reason, since, proposed_by::text, proposed, approved, resources, contents"
_OPEN = f"select {_COLUMNS} from record_deletion where approved is null order by proposed limit 200"
_DONE = f"select {_COLUMNS} from record_deletion where approved is not null order by approved desc limit 50"
_LOCKED = f"select {_COLUMNS} from record_deletion where patient = $1 and approved is null for update"
_APPROVE = """
update record_deletion set approved_by = $2::uuid, approved = now(), patient_id = '', resources = $3, contents = $4
 where patient = $1
"""
_WITHDRAW = "delete from record_deletion where patient = $1 and approved is null returning patient_id"
_MEMBERS = f"select unnest({WHOLE_PERSON})"
_HELD = """
select r.type, r.id from resource r
 where (r.patient = any($1) or r.self = any($4)) and r.body is not null and r.type <> $2 order by r.pk limit $3
"""
_HISTORY = """
delete from history h using resource r
 where h.pk = r.pk and (r.patient = any($1) or r.self = any($3)) and (r.type <> $2 or h.version < r.version)
"""
_GONE = "delete from resource where (patient = any($1) or self = any($3)) and body is null and type <> $2"
_POLICY = (
    "delete from policy_grant where patient = any($1)",
    "delete from policy_exclusion where patient = any($1)",
)
_NAMES = {number: name for name, number in NUMBERS.items()}


class Ended(NamedTuple):
    """A record that its person closed or did not want, and since when."""

    patient: int
    patient_id: str
    reason: str
    since: datetime


class Deletion(NamedTuple):
    """A deletion that was proposed, or done (``approved``)."""

    patient: int
    patient_id: str
    reason: str
    since: date
    proposed_by: str
    proposed: datetime
    approved: datetime | None
    resources: int
    contents: int


async def ended(
    asked: Database | Connection, before: datetime, most: int, patient: int | None = None
) -> list[Ended]:
    """Return records whose last consent decision lies before a moment, those that ended first."""
    microseconds = int(before.timestamp() * 1_000_000)
    rows = await asked.fetch(_ENDED, NUMBERS["Consent"], patient, microseconds, most)
    reasons = {int(State.CLOSED): "closed", int(State.OPPOSED): "opposed"}
    return [Ended(row[0], row[1], reasons[row[2]], row[3]) for row in rows]


async def deleted(asked: Database | Connection, patients: Sequence[int]) -> set[int]:
    """Return which of some records are deleted already."""
    return {row[0] for row in await asked.fetch(_DELETED, list(patients))}


async def propose(
    connection: Connection, patient: int, patient_id: str, reason: str, since: date, account: str
) -> bool:
    """Keep a proposal; False when there is one already."""
    return (await connection.fetchval(_PROPOSE, patient, patient_id, reason, since, account)) is not None


async def proposed(database: Database) -> list[Deletion]:
    """Return what waits for a second officer, oldest first."""
    return [Deletion(*row) for row in await database.fetch(_OPEN)]


async def done(database: Database) -> list[Deletion]:
    """Return the last deletions."""
    return [Deletion(*row) for row in await database.fetch(_DONE)]


async def locked(connection: Connection, patient: int) -> Deletion | None:
    """Return a proposal, locked until the transaction ends."""
    rows = await connection.fetch(_LOCKED, patient)
    return Deletion(*rows[0]) if rows else None


async def approve(connection: Connection, patient: int, account: str, resources: int, contents: int) -> None:
    """Note that a record is deleted."""
    await connection.execute(_APPROVE, patient, account, resources, contents)


async def withdraw(connection: Connection, patient: int) -> str:
    """Take a proposal back; return the patient's id, empty when there is none."""
    return str(await connection.fetchval(_WITHDRAW, patient) or "")


async def members(connection: Connection, patient: int) -> list[int]:
    """Return all patients (hashes) that are one person."""
    return [row[0] for row in await connection.fetch(_MEMBERS, patient)]


async def held(
    connection: Connection, patients: Sequence[int], binaries: Sequence[int], most: int
) -> list[tuple[str, str]]:
    """Return type and id of resources of a record, and of its Binaries (hashes); the person's own data are not among them."""
    rows: list[Any] = await connection.fetch(_HELD, list(patients), NUMBERS["Patient"], most, list(binaries))
    return [(_NAMES[row[0]], row[1]) for row in rows]


async def erase(connection: Connection, patients: Sequence[int], binaries: Sequence[int]) -> None:
    """Remove every version and every trace of deleted resources of a record, and who might look into it."""
    for statement in (_HISTORY, _GONE):
        await connection.execute(statement, list(patients), NUMBERS["Patient"], list(binaries))
    for statement in _POLICY:
        await connection.execute(statement, list(patients))
