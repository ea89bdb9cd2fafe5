"""Shared summaries in the database."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from ardenne.kernel.store.database import Connection, Database
from ardenne.kernel.store.groups import WHOLE_PERSON

_ADD = """
insert into record_share (token, id, patient, patient_id, label, made, expires, sealed, passcode, attempts)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_OF = f"""
select id, label, made, expires, passcode <> '', attempts, opened, ended from record_share
 where patient = any({WHOLE_PERSON}) order by made desc limit 50
"""
_FIND = """
select id, patient_id, label, sealed, passcode, attempts from record_share
 where token = $1 and ended is null and expires > $2 and attempts > 0 for update
"""
_OPENED = "update record_share set opened = opened + 1 where token = $1"
_WRONG = "update record_share set attempts = attempts - 1 where token = $1 returning attempts"
_END = f"""
update record_share set ended = $3, sealed = '' where id = $2 and ended is null and patient = any({WHOLE_PERSON})
returning patient_id
"""
_PRUNE = "update record_share set sealed = '' where expires <= $1 and sealed <> ''"


class Share(NamedTuple):
    """A shared summary as its patient sees it. ``attempts``: wrong passcodes that are left."""

    id: uuid.UUID
    label: str
    made: datetime
    expires: datetime
    guarded: bool
    attempts: int
    opened: int
    ended: datetime | None


class Found(NamedTuple):
    """A shared summary as whoever has the link finds it."""

    id: uuid.UUID
    patient_id: str
    label: str
    sealed: str
    passcode: str
    attempts: int


async def add(
    connection: Connection, token: bytes, share: Share, patient: int, patient_id: str, sealed: str, passcode: str
) -> None:  # fmt: skip
    """Keep a summary. ``passcode``: its hash, empty for none."""
    await connection.execute(
        _ADD, token, share.id, patient, patient_id, share.label, share.made, share.expires, sealed, passcode,
        share.attempts,
    )  # fmt: skip


async def of_patient(database: Database, patient: int) -> list[Share]:
    """Return what a person (hash) shared, newest first."""
    return [Share(*row) for row in await database.fetch(_OF, patient)]


async def find(connection: Connection, token: bytes, now: datetime) -> Found | None:
    """Return what a link stands for, locked; None when it ended."""
    rows = await connection.fetch(_FIND, token, now)
    return Found(*rows[0]) if rows else None


async def opened(connection: Connection, token: bytes) -> None:
    """Count an opening."""
    await connection.execute(_OPENED, token)


async def wrong(connection: Connection, token: bytes) -> int:
    """Count a wrong passcode; return how many are left."""
    return int(await connection.fetchval(_WRONG, token))


async def end(connection: Connection, patient: int, share: uuid.UUID, now: datetime) -> str:
    """End a link and forget its content; return the patient's id, empty when there is no such link in force."""
    return str(await connection.fetchval(_END, patient, share, now) or "")


async def prune(connection: Connection, now: datetime) -> None:
    """Forget the content of links whose time is over."""
    await connection.execute(_PRUNE, now)


_FORGET = "delete from record_share where patient = $1"


class Kept:
    """Fulfils ``retention.contract.Keeper``."""

    async def forget(self, connection: Connection, patient: int) -> None:
        """Remove what the person of a record shared."""
        await connection.execute(_FORGET, patient)
