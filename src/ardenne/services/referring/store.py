"""Agreements, reviews and stand-ins in the database."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.groups import WHOLE_PERSON
from ardenne.services.referring.rules import Agreement

_COLUMNS = (
    "a.id, a.patient, a.patient_id, a.practitioner, a.conditions, a.starts, a.ends, a.proposed, a.proposed_by, "
    "a.patient_signed, a.doctor_signed, a.closed, a.outcome, a.closed_by, a.reason"
)
_ADD = """
insert into referring_agreement (id, patient, patient_id, practitioner, conditions, starts, ends, proposed, proposed_by,
    patient_signed, patient_proof, doctor_signed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing returning 1
"""
_ONE = f"select {_COLUMNS} from referring_agreement a where a.id = $1"
_LOCKED = f"{_ONE} for update"
_PATIENT_OF = "select patient_id from referring_agreement where id = $1"
_OF_PATIENT = f"""
select {_COLUMNS} from referring_agreement a where a.patient = any({WHOLE_PERSON}) order by a.proposed desc limit 50
"""
_OPEN = f"select {_COLUMNS} from referring_agreement a where a.patient = any({WHOLE_PERSON}) and a.closed is null for update"
_OF_DOCTOR = f"""
select {_COLUMNS}, (select max(r.at) from referring_review r where r.agreement = a.id)
  from referring_agreement a where a.practitioner = $1 order by a.closed nulls first, a.proposed desc limit 2000
"""
_SIGN = """
update referring_agreement set patient_signed = coalesce($2, patient_signed), doctor_signed = coalesce($3, doctor_signed),
       patient_proof = case when $2::timestamptz is null then patient_proof else $4 end where id = $1
"""
_CLOSE = "update referring_agreement set closed = $2, outcome = $3, closed_by = $4, reason = $5 where id = $1"
_REVIEW = "insert into referring_review (agreement, at, account, checked, remark) values ($1, $2, $3, $4, $5)"
_REVIEWS = (
    "select at, account, checked, remark from referring_review where agreement = $1 order by at desc limit 50"
)
_STAND_IN = """
insert into referring_stand_in (id, agreement, practitioner, starts, ends) values ($1, $2, $3, $4, $5)
"""
_STAND_INS = """
select id, practitioner, starts, ends from referring_stand_in where agreement = $1 order by starts desc limit 50
"""


class Review(NamedTuple):
    """A yearly review; ``checked`` holds keys of the checklist."""

    at: datetime
    account: str
    checked: Sequence[str]
    remark: str


class StandIn(NamedTuple):
    """A colleague who stands in until the day ``ends``, included."""

    id: uuid.UUID
    practitioner: str
    starts: date
    ends: date


async def add(connection: Connection, one: Agreement, proof: str) -> bool:
    """Keep a proposal; False when the same two have an open agreement already."""
    done = await connection.fetchval(
        _ADD, one.id, one.patient, one.patient_id, one.practitioner, list(one.conditions), one.starts, one.ends,
        one.proposed, one.proposed_by, one.patient_signed, proof, one.doctor_signed,
    )  # fmt: skip
    return done is not None


async def one(database: Database, agreement: uuid.UUID) -> Agreement | None:
    """Return an agreement."""
    rows = await database.fetch(_ONE, agreement)
    return Agreement(*rows[0]) if rows else None


async def locked(connection: Connection, agreement: uuid.UUID) -> Agreement | None:
    """Return an agreement, locked until the transaction ends."""
    rows = await connection.fetch(_LOCKED, agreement)
    return Agreement(*rows[0]) if rows else None


async def patient_of(connection: Connection, agreement: uuid.UUID) -> str | None:
    """Return the patient's id of an agreement."""
    found: str | None = await connection.fetchval(_PATIENT_OF, agreement)
    return found


async def of_patient(asked: Database | Connection, patient: int) -> list[Agreement]:
    """Return the agreements of a person (hash), newest first."""
    return [Agreement(*row) for row in await asked.fetch(_OF_PATIENT, patient)]


async def open_of(connection: Connection, patient: int) -> list[Agreement]:
    """Return what is proposed or agreed for a person, locked until the transaction ends."""
    return [Agreement(*row) for row in await connection.fetch(_OPEN, patient)]


async def of_doctor(database: Database, practitioner: str) -> list[tuple[Agreement, datetime | None]]:
    """Return a doctor's agreements with the time of the last review, open ones first."""
    return [(Agreement(*row[:-1]), row[-1]) for row in await database.fetch(_OF_DOCTOR, practitioner)]


async def sign(
    connection: Connection,
    agreement: uuid.UUID,
    patient: datetime | None,
    doctor: datetime | None,
    proof: str = "",
) -> None:
    """Keep a signature."""
    await connection.execute(_SIGN, agreement, patient, doctor, proof)


async def close(
    connection: Connection, agreement: uuid.UUID, now: datetime, outcome: str, by: str, reason: str
) -> None:
    """Keep how an agreement ended."""
    await connection.execute(_CLOSE, agreement, now, outcome, by, reason)


async def review(
    connection: Connection,
    agreement: uuid.UUID,
    now: datetime,
    account: str,
    checked: Sequence[str],
    remark: str,
) -> None:
    """Keep a review."""
    await connection.execute(_REVIEW, agreement, now, account, list(checked), remark)


async def reviews(asked: Database | Connection, agreement: uuid.UUID) -> list[Review]:
    """Return the reviews, newest first."""
    return [Review(*row) for row in await asked.fetch(_REVIEWS, agreement)]


async def add_stand_in(connection: Connection, agreement: uuid.UUID, one: StandIn) -> None:
    """Keep a stand-in."""
    await connection.execute(_STAND_IN, one.id, agreement, one.practitioner, one.starts, one.ends)


async def stand_ins(asked: Database | Connection, agreement: uuid.UUID) -> list[StandIn]:
    """Return who stood or will stand in, latest first."""
    return [StandIn(*row) for row in await asked.fetch(_STAND_INS, agreement)]


_FORGET = (
    "delete from referring_review where agreement in (select id from referring_agreement where patient = $1)",
    "delete from referring_stand_in where agreement in (select id from referring_agreement where patient = $1)",
    "delete from referring_agreement where patient = $1",
)


class Kept:
    """Fulfils ``retention.contract.Keeper``."""

    async def forget(self, connection: Connection, patient: int) -> None:
        """Remove the agreements of a record."""
        for statement in _FORGET:
            await connection.execute(statement, patient)
