"""Codes, emergency accesses and contests in the database."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ardenne.kernel.store.database import Connection, Database

_ADD_CODE = "insert into access_code (hash, patient_id, expires) values ($1, $2, $3) on conflict do nothing returning 1"
_TAKE_CODE = "delete from access_code where hash = $1 and expires > $2 returning patient_id"
_PRUNE_CODES = "delete from access_code where expires <= $1"
_FAIL = "insert into access_attempt (account, at) values ($1, $2)"
_FAILURES = "select count(*) from access_attempt where account = $1 and at > $2"
_LOCK_ACCOUNT = "select pg_advisory_xact_lock(hashtextextended($1, 7205114921))"
_PRUNE_ATTEMPTS = "delete from access_attempt where at < $1"
_BEGIN = """
insert into access_emergency (id, patient_id, account, name, profession, organisation, reason, began, ends)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_COLUMNS = (
    "id, patient_id, account, name, profession, organisation, reason, began, ends, seen, verdict, reviewer, "
    "reviewed, remark"
)
_TO_REVIEW = f"select {_COLUMNS} from access_emergency where verdict is null order by began limit 200"
_REVIEWED = (
    f"select {_COLUMNS} from access_emergency where verdict is not null order by reviewed desc limit 50"
)
_OF_PATIENT = f"select {_COLUMNS} from access_emergency where patient_id = $1 order by began desc limit 50"
_SEEN = "update access_emergency set seen = $2 where patient_id = $1 and seen is null"
_REVIEW = """
update access_emergency set verdict = $2, reviewer = $3, reviewed = $4, remark = $5
 where id = $1 and verdict is null and account <> $6 returning patient_id
"""
_CONTEST = """
insert into access_contest (id, line, patient_id, account, text, asked) values ($1, $2, $3, $4, $5, $6)
on conflict (line, patient_id) do nothing returning 1
"""
_CONTESTS = "id, line, patient_id, account, asked, text, answer, answered, officer"
_CONTESTS_OF = f"select {_CONTESTS} from access_contest where patient_id = $1 order by asked desc limit 200"
_CONTESTS_OPEN = f"select {_CONTESTS} from access_contest where answer is null order by asked limit 200"
_ANSWER = """
update access_contest set answer = $2, officer = $3, answered = $4 where id = $1 and answer is null returning patient_id
"""


class Emergency(NamedTuple):
    """One emergency access."""

    id: uuid.UUID
    patient_id: str
    account: str
    name: str
    profession: str
    organisation: str
    reason: str
    began: datetime
    ends: datetime
    seen: datetime | None = None
    verdict: str | None = None
    reviewer: str | None = None
    reviewed: datetime | None = None
    remark: str = ""


class Contest(NamedTuple):
    """A question about a line of the journal."""

    id: uuid.UUID
    line: str
    patient_id: str
    account: str
    asked: datetime
    text: str
    answer: str | None
    answered: datetime | None
    officer: str | None


async def add_code(connection: Connection, hashed: bytes, patient_id: str, expires: datetime) -> bool:
    """Keep the hash of a code; False when that code is in use."""
    return await connection.fetchval(_ADD_CODE, hashed, patient_id, expires) is not None


async def take_code(connection: Connection, hashed: bytes, now: datetime) -> str:
    """Use up a code and return the patient's id; empty when it is unknown, used or too old."""
    return str(await connection.fetchval(_TAKE_CODE, hashed, now) or "")


async def failures(connection: Connection, account: str, since: datetime) -> int:
    """Return how many wrong codes an account tried since; others of the account wait until the transaction ends."""
    await connection.execute(_LOCK_ACCOUNT, account)
    return int(await connection.fetchval(_FAILURES, account, since))


async def fail(connection: Connection, account: str, now: datetime) -> None:
    """Count a wrong code."""
    await connection.execute(_FAIL, account, now)


async def prune(connection: Connection, now: datetime) -> None:
    """Forget codes that are too old and attempts that do not count any more."""
    await connection.execute(_PRUNE_CODES, now)
    await connection.execute(_PRUNE_ATTEMPTS, now - timedelta(days=1))


async def begin(connection: Connection, found: Emergency) -> None:
    """Keep an emergency access for the patient and the review."""
    await connection.execute(_BEGIN, *found[:9])


async def to_review(database: Database) -> list[Emergency]:
    """Return the emergency accesses that nobody reviewed, oldest first."""
    return [Emergency(*row) for row in await database.fetch(_TO_REVIEW)]


async def reviewed(database: Database) -> list[Emergency]:
    """Return the last reviews."""
    return [Emergency(*row) for row in await database.fetch(_REVIEWED)]


async def of_patient(database: Database, patient_id: str) -> list[Emergency]:
    """Return the emergency accesses to a record, newest first."""
    return [Emergency(*row) for row in await database.fetch(_OF_PATIENT, patient_id)]


async def mark_seen(connection: Connection, patient_id: str, now: datetime) -> None:
    """Remember that the patient read the notices."""
    await connection.execute(_SEEN, patient_id, now)


async def review(
    connection: Connection, emergency: uuid.UUID, verdict: str, reviewer: str, now: datetime, remark: str,
    account: str,
) -> str:  # fmt: skip
    """Keep a verdict; return the patient's id, empty when it was reviewed meanwhile or was the reviewer's own."""
    return str(await connection.fetchval(_REVIEW, emergency, verdict, reviewer, now, remark, account) or "")


async def contest(connection: Connection, found: Contest) -> bool:
    """Keep a question about a line; False when it was asked already."""
    done: Any = await connection.fetchval(
        _CONTEST, found.id, found.line, found.patient_id, found.account, found.text, found.asked
    )
    return done is not None


async def contests_of(database: Database, patient_id: str) -> list[Contest]:
    """Return a patient's questions, newest first."""
    return [Contest(*row) for row in await database.fetch(_CONTESTS_OF, patient_id)]


async def open_contests(database: Database) -> list[Contest]:
    """Return the questions that nobody answered, oldest first."""
    return [Contest(*row) for row in await database.fetch(_CONTESTS_OPEN)]


async def answer(
    connection: Connection, contest_id: uuid.UUID, text: str, officer: str, now: datetime
) -> str:
    """Keep an answer; return the patient's id, empty when it was answered meanwhile."""
    return str(await connection.fetchval(_ANSWER, contest_id, text, officer, now) or "")
