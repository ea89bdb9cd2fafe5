"""Locks on texts, held until the transaction ends."""

from __future__ import annotations

from collections.abc import Iterable

from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection

_LOCK = "select pg_advisory_xact_lock(h) from unnest($1::bigint[]) with ordinality u(h, n) order by n"
_TRY = "select pg_try_advisory_lock($1)"


async def lock_texts(connection: Connection, texts: Iterable[str]) -> None:
    """Lock every text, always in the same order, so that two transactions cannot wait for each other."""
    hashes = sorted({hashing.signed(text) for text in texts})
    if hashes:
        await connection.execute(_LOCK, hashes)


async def try_lock(connection: Connection, text: str) -> bool:
    """Lock a text as long as the connection lives; False when somebody else holds it."""
    return bool(await connection.fetchval(_TRY, hashing.signed(text)))
