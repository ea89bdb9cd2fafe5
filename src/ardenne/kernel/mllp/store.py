"""Answered messages in the database."""

from __future__ import annotations

from ardenne.kernel.store.database import Database

_ANSWERED = "select digest, answer from mllp_message where sender = $1 and control = $2"
_REMEMBER = """
insert into mllp_message (sender, control, digest, answer) values ($1, $2, $3, $4)
on conflict (sender, control) do update set digest = excluded.digest, answer = excluded.answer, received = now()
"""


async def answered(database: Database, sender: str, control: str) -> tuple[str, bytes] | None:
    """Return digest and answer of a message that was acknowledged before."""
    rows = await database.fetch(_ANSWERED, sender, control)
    return (rows[0][0], rows[0][1]) if rows else None


async def remember(database: Database, sender: str, control: str, digest: str, answer: bytes) -> None:
    """Keep the acknowledgement of a message."""
    async with database.connection() as connection:
        await connection.execute(_REMEMBER, sender, control, digest, answer)
