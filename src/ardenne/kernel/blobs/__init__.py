"""Contents: the original bytes of documents, encrypted with a key of the record in which they were filed.

A content is known by its record and the SHA-256 of its plain bytes: the same bytes in one record are stored once,
in two records twice. Small ones live in the database, larger ones in files. Destroying a record's key destroys
its contents.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from ardenne.kernel.blobs import filling, putting, sealing, store
from ardenne.kernel.blobs.files import Files
from ardenne.kernel.blobs.keys import KeyMissing, KeyRing, SealedKey
from ardenne.kernel.blobs.putting import Held, Question
from ardenne.kernel.blobs.sealing import ContentDamaged
from ardenne.kernel.store.change import Change, Outcome
from ardenne.kernel.store.contents import NOBODY, Content, of
from ardenne.kernel.store.database import Connection, Database

__all__ = ["KEPT", "WAITING", "BlobStore", "ContentDamaged", "ContentUnknown", "Held", "KeyMissing"]

WAITING = 1
"""Holder of what waits in the error desk."""
KEPT = 2
"""Holder of what a service keeps that is no FHIR resource."""


class ContentUnknown(Exception):
    """A Binary names a content that it does not hold: contents come with the Binary, as its ``data``."""


class BlobStore:
    """The contents of one node: ``folder`` holds the large ones; the node's keys stand in ``keys/contents`` beside it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.files = Files(folder)
        self.ring = KeyRing(folder.parent / "keys" / "contents")
        self.database = database

    async def put(self, data: bytes, holder: int, record: int = NOBODY) -> str:
        """Store bytes durably and return their SHA-256 in hexadecimal. ``holder``: who keeps them."""
        content = Content(record, hashlib.sha256(data).digest(), data)
        async with self.database.transaction() as connection:
            await self.put_in(connection, [Held(content, holder)])
        return content.digest.hex()

    async def put_in(self, connection: Connection, wanted: Sequence[Held]) -> None:
        """Store contents in the caller's transaction."""
        steps = putting.put(self.ring, self.files, wanted)
        answer: Any = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return
            if isinstance(step, Question):
                answer = await connection.fetch(step.sql, *step.arguments)
            else:
                answer = await asyncio.to_thread(step.do)

    async def get(self, digest: str, record: int = NOBODY, connection: Connection | None = None) -> bytes:
        """Return a content, as the caller's transaction sees it if there is one.

        Raises FileNotFoundError, ContentDamaged, KeyMissing.
        """
        try:
            wanted = bytes.fromhex(digest)
        except ValueError:
            raise FileNotFoundError(digest) from None
        rows = await (connection or self.database).fetch(store.GET, record, wanted)
        if not rows:
            return await asyncio.to_thread(self._plain, digest)
        return await asyncio.to_thread(self._open, wanted, record, rows[0])

    def _open(self, digest: bytes, record: int, row: Any) -> bytes:
        key = self.ring.unseal(SealedKey(row[0], row[1]), record)
        chunks = _cut(row[2]) if row[2] is not None else self.files.read(row[3], sealing.SEALED_CHUNK)
        return b"".join(sealing.unseal(key, digest, chunks))

    async def plain(self, digest: str) -> bytes:
        """Return a content that an older version kept without encryption. Raises FileNotFoundError, ContentDamaged."""
        return await asyncio.to_thread(self._plain, digest)

    def _plain(self, digest: str) -> bytes:
        """Return a content that an older version kept without encryption."""
        if len(digest) != 64:
            raise FileNotFoundError(digest)
        data = self.files.read_plain(digest)
        if hashlib.sha256(data).hexdigest() != digest:
            raise ContentDamaged(f"the content {digest} is damaged on disk: restore it from a backup")
        return data

    async def project(self, connection: Connection, done: Outcome) -> None:
        """Store the content that a Binary was written with, in the same transaction. Raises ContentUnknown."""
        change = done.change
        if change.content is None:
            return
        if change.content.data is not None:
            await self.put_in(connection, [Held(change.content, change.self_hash)])
            return
        record, digest, _data = change.content
        if not await connection.fetch(store.HOLDS, record, digest, change.self_hash):
            raise ContentUnknown("send the content as data")

    async def release(self, connection: Connection, digest: str, holder: int, record: int = NOBODY) -> None:
        """Let a holder go; a content that nobody holds any more is removed with the caller's transaction."""
        wanted = bytes.fromhex(digest)
        left = await connection.fetch(store.RELEASE, record, wanted, holder)
        if left and not left[0][0]:
            await connection.execute(store.REMOVE, record, wanted)

    async def holders(self, connection: Connection, records: Sequence[int]) -> list[int]:
        """Return what holds the contents of records: hashes of Binaries, or WAITING and KEPT."""
        return [row[0] for row in await connection.fetch(store.HOLDERS, list(records))]

    async def destroy(self, connection: Connection, records: Sequence[int]) -> int:
        """Destroy the keys of records, and so their contents, with the caller's transaction; return how many contents."""
        await connection.execute(store.DESTROY_KEY, list(records))
        return int((await connection.fetch(store.DESTROY, list(records)))[0][0])

    async def discard(self) -> int:
        """Remove the files of contents that were removed; return how many. To be called after such a transaction."""
        number = 0
        while rows := await self.database.fetch(store.REMOVED):
            names = [row[0] for row in rows]
            await asyncio.to_thread(self.files.remove, names)
            async with self.database.connection() as connection:
                await connection.execute(store.FORGET, names)
            number += len(names)
        return number

    def put_many(self, connection: psycopg.Connection[Any], wanted: Sequence[Held]) -> None:
        """Store contents in a transaction of a bulk loader (blocking)."""
        steps = putting.put(self.ring, self.files, wanted)
        answer: Any = None
        with psycopg.RawCursor(connection) as cursor:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration:
                    return
                if isinstance(step, Question):
                    cursor.execute(step.sql.encode(), step.arguments, binary=True)
                    answer = cursor.fetchall() if cursor.description else []
                else:
                    answer = step.do()

    def put_blocking(self, connection: psycopg.Connection[Any], data: bytes, holder: int) -> str:
        """Store bytes that belong to nobody's record (blocking, for commands); return their SHA-256."""
        content = of("", data)
        with connection.transaction():
            self.put_many(connection, [Held(content, holder)])
        return content.digest.hex()

    def write_with(self, connection: psycopg.Connection[Any], changes: Sequence[Change]) -> None:
        """Store the contents of Binaries that a bulk loader writes."""
        wanted = [
            Held(one.content, one.self_hash)
            for one in changes
            if one.content is not None and one.content.data is not None
        ]
        if wanted:
            self.put_many(connection, wanted)

    def fill_with(self, connection: psycopg.Connection[Any], changes: Sequence[Change]) -> None:
        """Store the contents of Binaries of records that have none yet, each record's at once, by COPY.

        Raises UniqueViolation when a record has contents already. Contents that are too large for a row: ``write_with``.
        """
        wanted: dict[int, dict[bytes, Held]] = {}
        for one in changes:
            if one.content is not None and one.content.data is not None:
                assert len(one.content.data) <= putting.SMALL
                wanted.setdefault(one.content.record, {})[one.content.digest] = Held(
                    one.content, one.self_hash
                )
        if wanted:
            with connection.cursor() as cursor:
                cursor.execute(store.SHARE_LOCK)
            filling.fill(connection, self.ring, wanted)


def _cut(sealed: bytes) -> Iterator[bytes]:
    for begin in range(0, len(sealed), sealing.SEALED_CHUNK):
        yield sealed[begin : begin + sealing.SEALED_CHUNK]
