"""The facts of decisions in the database: records, grants, exclusions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.policy.facts import Exclusion, Grant, PatientFacts, State
from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.groups import WHOLE_PERSON

Asked = Database | Connection

FOR_EVER = 253_402_300_800_000_000
"""End of what has no end: the year 10000, microseconds since 1970."""
PASSED_ON = "PassedOn/"
"""Begin of the source of a grant that its holder has from another holder: ``PassedOn/GIVER/SOURCE``."""

_FACTS = """
select w.patient, p.version, coalesce(s.state, 0), coalesce(s.emergency_level, 1),
       coalesce((select array_agg(array[g.party, g.kind, g.level, g.starts, g.ends]) from policy_grant g
         where g.patient = any(w.members) and g.party = any($2)), '{}'),
       coalesce((select array_agg(array[x.party, x.document, x.starts, x.ends]) from policy_exclusion x
         where x.patient = any(w.members) and x.party = any($2)), '{}'), w.members
  from (select u.patient, array(select u.patient union select g.member from patient_group g where g.patient = u.patient)
          from unnest($1::bigint[]) u(patient)) w(patient, members)
  left join policy_record p on p.patient = w.patient
  left join lateral (select max(e.state) as state, min(e.emergency_level) as emergency_level
          from policy_record e where e.patient = any(w.members)) s on true
"""
_KNOW = "insert into policy_record (patient, patient_id) values ($1, $2) on conflict do nothing"
_LOCK = "select 1 from policy_record where patient = $1 for update"
_SET = """
update policy_record set state = coalesce($2, state), emergency_level = coalesce($3, emergency_level),
       research = coalesce($4, research), new_level = coalesce($5, new_level) where patient = $1
"""
_GRANT = """
insert into policy_grant (id, patient, party, reference, kind, level, starts, ends, source, may_pass_on)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (id) do update set level = excluded.level, starts = excluded.starts, ends = excluded.ends
"""
_EXCLUDE = """
insert into policy_exclusion (id, patient, party, reference, document, starts, ends, source)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_END_GRANT = "update policy_grant set ends = least(ends, $2) where id = $1 and ends > $2 returning patient"
_FORGET_GRANTS = "delete from policy_grant where source = $1"
_FORGET_EXCLUSIONS = "delete from policy_exclusion where source = $1"
_OF_PATIENT = f"""
select id, reference, kind, level, starts, ends, source, may_pass_on from policy_grant
 where patient = any({WHOLE_PERSON}) and ends > $2 order by starts desc
"""
_EXCLUDED_OF = f"""
select id, reference, document, starts, ends, source from policy_exclusion
 where patient = any({WHOLE_PERSON}) and ends > $2 order by starts desc
"""
_RECORD = f"""
select max(state), min(emergency_level), bool_and(research), max(new_level) from policy_record
 where patient = any({WHOLE_PERSON}) having count(*) > 0
"""
_NEW_LEVEL = f"select coalesce(max(new_level), 0) from policy_record where patient = any({WHOLE_PERSON})"
_CLIP_PASSED_ON = f"""
update policy_grant d set level = least(d.level, g.level), ends = least(d.ends, g.ends) from policy_grant g
 where d.patient = any({WHOLE_PERSON}) and g.patient = any({WHOLE_PERSON}) and g.may_pass_on
   and d.source = 'PassedOn/' || g.reference || '/' || g.source and (d.level > g.level or d.ends > g.ends)
"""
_FORGET_PASSED_ON = f"""
delete from policy_grant d where d.patient = any({WHOLE_PERSON}) and d.source like 'PassedOn/%' and not exists (
select 1 from policy_grant g where g.patient = any({WHOLE_PERSON}) and g.may_pass_on
   and d.source = 'PassedOn/' || g.reference || '/' || g.source)
"""
_MAY_PASS_ON = f"""
select id, reference, kind, level, starts, ends, source, may_pass_on from policy_grant
 where patient = any({WHOLE_PERSON}) and party = any($2) and may_pass_on and starts <= $3 and ends > $3
 order by level desc, ends desc
"""
_PATIENTS_INVOLVING = """
select distinct p.patient_id from policy_grant g join policy_record p on p.patient = g.patient
 where g.party = any($1) and g.may_pass_on and g.starts <= $2 and g.ends > $2
"""
_PATIENTS_OF = """
select distinct p.patient_id from policy_grant g join policy_record p on p.patient = g.patient
 where g.party = any($1) and g.starts <= $2 and g.ends > $2 and g.kind = any($3) limit $4
"""
_FORGET_CONSENT_GRANTS = "delete from policy_grant where patient = $1 and source like 'Consent/%'"
_FORGET_CONSENT_EXCLUSIONS = "delete from policy_exclusion where patient = $1 and source like 'Consent/%'"
_PATIENT_ID = """
select coalesce((select patient_id from policy_record where patient = $1), (select id from resource where self = $1))
"""
_OWNER = "select patient from resource where self = $1 and patient is not null"
_OWN = """
insert into policy_owner (reference, caller) values ($1, $2)
on conflict (reference) do update set caller = excluded.caller
"""
_OWNERS = "select reference, caller from policy_owner where reference = any($1)"
_NEWEST_MATRIX = "select content from policy_matrix where jurisdiction = $1 order by number desc limit 1"
_MATRIX_TEXT = "select content from policy_matrix where jurisdiction = $1 and number = $2"
_MATRIX_VERSIONS = """
select number, author, reason, created from policy_matrix where jurisdiction = $1 order by number desc limit 100
"""
_NEXT_MATRIX = "select nextval(pg_get_serial_sequence('policy_matrix', 'number'))"
_ADD_MATRIX = """
insert into policy_matrix (number, jurisdiction, content, author, reason) overriding system value
values ($1, $2, $3, $4, $5)
"""
_PENDING = "select patient from policy_pending order by since limit 1 for update skip locked"
_SETTLED = "delete from policy_pending where patient = $1"


class GrantRow(NamedTuple):
    """A grant as people see it."""

    id: uuid.UUID
    reference: str
    kind: int
    level: int
    starts: int
    ends: int
    source: str
    may_pass_on: bool = False
    """Whether the holder may let others look as well."""


class ExclusionRow(NamedTuple):
    """An exclusion as people see it."""

    id: uuid.UUID
    reference: str
    document: int | None
    starts: int
    ends: int
    source: str


class RecordRow(NamedTuple):
    """State of a record and the patient's limits."""

    state: int = 0
    emergency_level: int = 1
    research: bool = True
    new_level: int = 0
    """The least level of what others write into the record."""


async def facts(
    asked: Database | Connection, patients: Iterable[int], parties: Sequence[int]
) -> dict[int, PatientFacts]:
    """Return what is known of patients, cut to the parties of a caller."""
    found: dict[int, PatientFacts] = {}
    for patient, version, state, emergency, grants, exclusions, members in await asked.fetch(
        _FACTS, list(patients), list(parties)
    ):
        found[patient] = PatientFacts(
            version,
            state,
            emergency,
            tuple(Grant(*row) for row in grants),
            tuple(Exclusion(*row) for row in exclusions),
            tuple(member for member in members if member != patient),
        )
    return found


async def know(connection: Connection, patient_id: str) -> int:
    """Make sure that a patient has a record here, and return the patient's hash."""
    patient = hashing.self_hash("Patient", patient_id)
    await connection.execute(_KNOW, patient, patient_id)
    return patient


async def lock(connection: Connection, patient: int) -> None:
    """Hold a patient's record until the transaction ends."""
    await connection.fetch(_LOCK, patient)


async def set_record(
    connection: Connection,
    patient_id: str,
    *,
    state: int | None = None,
    emergency_level: int | None = None,
    research: bool | None = None,
    new_level: int | None = None,
) -> None:
    """Change the state or the limits of a record."""
    patient = await know(connection, patient_id)
    await connection.execute(_SET, patient, state, emergency_level, research, new_level)


async def grant(
    connection: Connection,
    patient_id: str,
    reference: str,
    kind: int,
    level: int,
    span: tuple[int, int],
    source: str,
    grant_id: uuid.UUID | None = None,
    *,
    may_pass_on: bool = False,
) -> uuid.UUID:
    """Let a party (``Practitioner/…`` and its like) look into a record for a span of time; return the grant's id."""
    patient = await know(connection, patient_id)
    given = grant_id or uuid.uuid4()
    party = hashing.reference(reference)
    await connection.execute(
        _GRANT, given, patient, party, reference, kind, level, *span, source, may_pass_on
    )
    return given


async def end_grant(connection: Connection, grant_id: uuid.UUID, now: int) -> bool:
    """End a grant; False when it is unknown or ended already."""
    return await connection.fetchval(_END_GRANT, grant_id, now) is not None


async def exclude(
    connection: Connection,
    patient_id: str,
    reference: str,
    span: tuple[int, int],
    source: str,
    document: str = "",
) -> uuid.UUID:
    """Keep a party out of a record, or of one ``document`` (``Type/id``); return the exclusion's id."""
    patient = await know(connection, patient_id)
    given = uuid.uuid4()
    hashed = hashing.reference(document) if document else None
    party = hashing.reference(reference)
    await connection.execute(_EXCLUDE, given, patient, party, reference, hashed, *span, source)
    return given


def passed_on(giver: GrantRow) -> str:
    """Return the source of what is given on the strength of a grant that may be passed on."""
    return f"{PASSED_ON}{giver.reference}/{giver.source}"


def giver(grant: GrantRow) -> str:
    """Return the reference of whom a grant comes from when another holder passed it on; else empty."""
    if not grant.source.startswith(PASSED_ON):
        return ""
    return "/".join(grant.source.removeprefix(PASSED_ON).split("/")[:2])


async def keep_passed_on_within(connection: Connection, patient: int) -> None:
    """End what was passed on by somebody who no longer may, and cut the rest to what its giver has."""
    await connection.execute(_FORGET_PASSED_ON, patient)
    await connection.execute(_CLIP_PASSED_ON, patient)


async def to_pass_on(
    asked: Database | Connection, patient: int, parties: Sequence[int], now: int
) -> list[GrantRow]:
    """Return the grants of a patient in force that let one of the parties let others look, the widest first."""
    return [GrantRow(*row) for row in await asked.fetch(_MAY_PASS_ON, patient, list(parties), now)]


async def patients_to_pass_on(
    asked: Database | Connection, parties: Sequence[int], now: int
) -> frozenset[str]:
    """Return the ids of the patients who let one of the parties let others look."""
    return frozenset(row[0] for row in await asked.fetch(_PATIENTS_INVOLVING, list(parties), now))


async def forget(connection: Connection, source: str) -> None:
    """Remove what a source (such as ``Consent/id``) said."""
    await connection.execute(_FORGET_GRANTS, source)
    await connection.execute(_FORGET_EXCLUSIONS, source)


async def forget_consents(connection: Connection, patient: int) -> None:
    """Remove what any Consent of a patient said."""
    await connection.execute(_FORGET_CONSENT_GRANTS, patient)
    await connection.execute(_FORGET_CONSENT_EXCLUSIONS, patient)


async def patient_id(connection: Connection, patient: int) -> str | None:
    """Return the Patient id of a hash, or None when there is no such patient here."""
    found: str | None = await connection.fetchval(_PATIENT_ID, patient)
    return found


async def owner_of(connection: Connection, self_hash: int) -> int | None:
    """Return the patient (hash) of a resource, also of one that was deleted."""
    found: int | None = await connection.fetchval(_OWNER, self_hash)
    return found


async def grants_of(asked: Database | Connection, patient: int, now: int) -> list[GrantRow]:
    """Return the grants of a patient that have not ended, newest first."""
    return [GrantRow(*row) for row in await asked.fetch(_OF_PATIENT, patient, now)]


async def exclusions_of(asked: Database | Connection, patient: int, now: int) -> list[ExclusionRow]:
    """Return the exclusions of a patient that have not ended, newest first."""
    return [ExclusionRow(*row) for row in await asked.fetch(_EXCLUDED_OF, patient, now)]


async def is_open(asked: Database | Connection, patient_id: str) -> bool:
    """Tell whether a record takes documents and agreements: its person neither closed nor refused it."""
    return (await record(asked, hashing.self_hash("Patient", patient_id))).state == State.OPEN


async def record(asked: Database | Connection, patient: int) -> RecordRow:
    """Return state and limits of a record."""
    rows: Sequence[Any] = await asked.fetch(_RECORD, patient)
    return RecordRow(*rows[0]) if rows else RecordRow()


async def new_level(asked: Database | Connection, patient: int) -> int:
    """Return the least level of what others write into the record of a patient (hash)."""
    return int((await asked.fetch(_NEW_LEVEL, patient))[0][0])


async def patients_of(
    asked: Database | Connection, parties: Sequence[int], now: int, kinds: Sequence[int], limit: int = 200
) -> list[str]:
    """Return the ids of the patients whom parties have a relation to."""
    rows = await asked.fetch(_PATIENTS_OF, list(parties), now, list(kinds), limit)
    return [row[0] for row in rows]


async def own(connection: Connection, reference: str, caller: Caller) -> None:
    """Remember who stands behind an order that outlives the request."""
    await connection.execute(_OWN, reference, msgspec.json.encode(caller))


async def owners(asked: Database | Connection, references: Iterable[str]) -> dict[str, Caller]:
    """Return who stands behind orders; those of the operator are not named."""
    rows = await asked.fetch(_OWNERS, list(references))
    return {row[0]: msgspec.json.decode(row[1], type=Caller) for row in rows}


async def newest_matrix(asked: Database | Connection, jurisdiction: str) -> str:
    """Return the newest matrix that this node added for a jurisdiction, empty when it added none."""
    rows = await asked.fetch(_NEWEST_MATRIX, jurisdiction)
    return rows[0][0] if rows else ""


async def matrix_text(asked: Database | Connection, jurisdiction: str, number: int) -> str:
    """Return a matrix by its number, empty when there is none."""
    rows = await asked.fetch(_MATRIX_TEXT, jurisdiction, number)
    return rows[0][0] if rows else ""


async def matrix_versions(asked: Database | Connection, jurisdiction: str) -> list[Any]:
    """Return number, author, reason and time of the matrices that this node added."""
    return list(await asked.fetch(_MATRIX_VERSIONS, jurisdiction))


async def next_matrix(connection: Connection) -> int:
    """Return the number of the next matrix."""
    return int(await connection.fetchval(_NEXT_MATRIX))


async def add_matrix(
    connection: Connection, number: int, jurisdiction: str, content: str, author: str, reason: str
) -> None:
    """Keep a matrix; it is in force with the commit."""
    await connection.execute(_ADD_MATRIX, number, jurisdiction, content, author, reason)


async def pending(connection: Connection) -> int | None:
    """Return a patient whose Consents are still to be applied, locked until the transaction ends."""
    found: int | None = await connection.fetchval(_PENDING)
    return found


async def settled(connection: Connection, patient: int) -> None:
    """Note that the Consents of a patient are applied."""
    await connection.execute(_SETTLED, patient)
