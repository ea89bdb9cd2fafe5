"""Storing contents, as steps: what to ask of the database and what to do beside it (pure of drivers).

A driver carries a step out and sends the result back: rows of a ``Question``, the value of a ``Work``. So one
description of the order of events serves servers (asyncpg) and bulk loaders (psycopg).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

from ardenne.kernel.blobs import sealing, store
from ardenne.kernel.blobs.files import Files
from ardenne.kernel.blobs.keys import SIZE, KeyRing, SealedKey
from ardenne.kernel.store.contents import Content

SMALL = 16 * 1024
"""Contents up to this size live in a row of the database: no file, no further fsync."""


class Question(NamedTuple):
    """A statement and its arguments."""

    sql: str
    arguments: tuple[Any, ...] = ()


class Work(NamedTuple):
    """Something slow without the database: a server does it in a thread."""

    do: Callable[[], Any]


class Held(NamedTuple):
    """A content to store, and for whom (the hash of a Binary, or a constant of who keeps it)."""

    content: Content
    holder: int


Steps = Generator[Question | Work, Any, None]


class _Row(NamedTuple):
    sealed: bytes | None
    file: str | None


def put(ring: KeyRing, files: Files, wanted: Sequence[Held]) -> Steps:
    """Store contents that are not there yet and note who holds them. Inside a transaction, which makes it so."""
    unique: dict[tuple[int, bytes], Held] = {}
    for one in wanted:
        unique.setdefault((one.content.record, one.content.digest), one)
    keys = yield from _keys(ring, sorted({record for record, _digest in unique}))
    listed = list(unique.values())
    there = yield Question(
        store.HOLD,
        (
            [one.content.record for one in listed],
            [one.content.digest for one in listed],
            [one.holder for one in listed],
        ),
    )
    for row in there:
        unique.pop((row[0], bytes(row[1])), None)
    fresh = list(unique.values())
    if fresh:
        yield from _add(files, keys, fresh)
    chosen = set(map(id, listed))
    rest = [one for one in wanted if id(one) not in chosen]
    if rest:
        # further holders of the same contents
        yield from put(ring, files, rest)


def _add(files: Files, keys: dict[int, bytes], fresh: list[Held]) -> Steps:
    rows: list[_Row] = []
    for one in fresh:
        rows.append((yield Work(_sealing(files, keys[one.content.record], one.content))))
    kept = yield Question(
        store.PUT,
        (
            [one.content.record for one in fresh],
            [one.content.digest for one in fresh],
            [len(one.content.data or b"") for one in fresh],
            [row.sealed for row in rows],
            [row.file for row in rows],
            [one.holder for one in fresh],
        ),
    )
    mine = {row.file for row in rows if row.file} - {row[0] for row in kept}
    if mine:
        # somebody else stored the same content at the same moment
        yield Work(lambda: files.remove(sorted(mine)))


def _sealing(files: Files, key: bytes, content: Content) -> Callable[[], _Row]:
    def work() -> _Row:
        assert content.data is not None
        chunks = sealing.seal(key, content.digest, content.data)
        if len(content.data) <= SMALL:
            return _Row(b"".join(chunks), None)
        return _Row(None, files.write(chunks))

    return work


def _keys(ring: KeyRing, records: list[int]) -> Generator[Question | Work, Any, dict[int, bytes]]:
    """Return the keys of records, made where there are none; they cannot be destroyed until the transaction ends."""
    rows = yield Question(store.KEYS, (records,))
    known = {row[0] for row in rows}
    missing = [record for record in records if record not in known]
    if missing:
        yield Question(store.SHARE_LOCK)
        made = [ring.seal(secrets.token_bytes(SIZE), record) for record in missing]
        arguments = (missing, [one.sealed for one in made], [one.node_key for one in made])
        yield Question(store.ADD_KEYS, arguments)
        rows = yield Question(store.KEYS, (records,))
    return {row[0]: ring.unseal(SealedKey(bytes(row[1]), row[2]), row[0]) for row in rows}
