"""Patients that are one person: what a merge joins and an undo parts again, without moving any resource.

Every process remembers the groups to widen questions about one patient; the memory may be half a second
old. What somebody may see does not depend on it: the policy asks the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ardenne.kernel.store.database import Connection, Database

WHOLE_PERSON = "array(select $1::bigint union select m.member from patient_group m where m.patient = $1)"
"""SQL: the patient $1 (hash) with everybody who is one person with it, as the tables say now."""
_LOCK = "select pg_advisory_xact_lock(7205114921)"
_VERSION = "select number from patient_group_version"
_ALL = "select patient, array_agg(member order by member) from patient_group group by patient"
_EDGES_OF = "select patient, survivor from patient_replaced where patient = any($1) or survivor = any($1)"
_MEMBERS = "select distinct member from patient_group where patient = any($1)"
_ADD = "insert into patient_replaced (patient, survivor) values ($1, $2)"
_REMOVE = "delete from patient_replaced where patient = $1 and survivor = $2 returning patient"
_FORGET = "delete from patient_group where patient = any($1)"
_PUT = "insert into patient_group (patient, member, survivor) select * from unnest($1::bigint[], $2::bigint[], $3::bigint[])"
_CHANGED = "update patient_group_version set number = number + 1"
_TOUCH = "update policy_record set version = nextval('policy_version') where patient = any($1)"
_SURVIVOR = "select survivor from patient_group where patient = $1 limit 1"


class _Process:
    members: Mapping[int, tuple[int, ...]] = {}
    version = 0


def widened(patients: Iterable[int]) -> tuple[int, ...]:
    """Return patients with everybody who is one person with them, each once."""
    known = _Process.members
    if not known:
        return tuple(patients)
    return tuple(dict.fromkeys(member for one in patients for member in known.get(one, (one,))))


def is_merged(patient: int) -> bool:
    """Tell whether a patient is one person with another, as this process remembers."""
    return patient in _Process.members


def any_merged() -> bool:
    """Tell whether this process knows any patients that are one person."""
    return bool(_Process.members)


def forget() -> None:
    """Remember nothing: after everything was removed."""
    _Process.members, _Process.version = {}, 0


async def refresh(asked: Database | Connection) -> None:
    """Take over the groups of the database when they changed."""
    version = (await asked.fetch(_VERSION))[0][0]
    if version != _Process.version:
        rows = await asked.fetch(_ALL)
        _Process.members = {row[0]: tuple(row[1]) for row in rows}
        _Process.version = version


async def lock(connection: Connection) -> None:
    """Hold all groups until the transaction ends: merges are rare, and each must see the one before."""
    await connection.execute(_LOCK)


async def survivor(asked: Database | Connection, patient: int) -> int:
    """Return who stands for a patient: itself when it was never merged."""
    rows = await asked.fetch(_SURVIVOR, patient)
    return int(rows[0][0]) if rows else patient


async def join(connection: Connection, patient: int, survivor_hash: int) -> None:
    """Let a patient be replaced by another. Both must stand for themselves; call ``lock`` before."""
    before = await members(connection, [patient, survivor_hash])
    await connection.execute(_ADD, patient, survivor_hash)
    await _regroup(connection, before)


async def part(connection: Connection, patient: int, survivor_hash: int) -> bool:
    """Take back that a patient is replaced by another; False when it is not. Call ``lock`` before."""
    before = await members(connection, [patient, survivor_hash])
    if await connection.fetchval(_REMOVE, patient, survivor_hash) is None:
        return False
    await _regroup(connection, before)
    return True


async def members(connection: Connection, patients: Sequence[int]) -> list[int]:
    """Return patients with everybody who is one person with them, as the tables say."""
    found = {row[0] for row in await connection.fetch(_MEMBERS, list(patients))}
    return sorted(found.union(patients))


async def _regroup(connection: Connection, patients: list[int]) -> None:
    """Write the groups of patients anew from who replaces whom."""
    await connection.execute(_FORGET, patients)
    rows = await connection.fetch(_EDGES_OF, patients)
    replaced: dict[int, int] = {row[0]: row[1] for row in rows}
    groups: dict[int, list[int]] = {}
    for one in patients:
        last = one
        while last in replaced:
            last = replaced[last]
        groups.setdefault(last, []).append(one)
    written = [
        (one, member, last)
        for last, group in groups.items() if len(group) > 1
        for one in group for member in group
    ]  # fmt: skip
    if written:
        columns = list(zip(*written, strict=True))
        await connection.execute(_PUT, *(list(column) for column in columns))
    await connection.execute(_TOUCH, patients)
    await connection.execute(_CHANGED)
