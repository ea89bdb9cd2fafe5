"""Looking after the contents: a new key of the node, encrypting what an older version kept plain, reading everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

from ardenne.kernel.blobs import BlobStore, ContentDamaged, KeyMissing, store
from ardenne.kernel.blobs.keys import SealedKey
from ardenne.kernel.store.database import Connection

_BATCH = 1000
_SETTLED_SECONDS = 24 * 3600


class Found(NamedTuple):
    """What a look at all contents found. ``damaged``: SHA-256 and reason of each; ``stray``: files nothing leads to."""

    contents: int
    size: int
    damaged: list[tuple[str, str]]
    stray: int


async def rotate(blobs: BlobStore) -> int:
    """Make a new key of the node, seal every record's key with it, destroy the older ones; return how many records.

    May be broken off and begun again: it goes on with what the older keys still seal. Servers may run meanwhile.
    """
    ring, older = blobs.ring, blobs.ring.numbers()
    number = ring.add() if not await _old(blobs) else ring.current()
    count = 0
    while True:
        async with blobs.database.transaction() as connection:
            done = await _reseal(blobs, connection, number)
        count += done
        if done:
            continue
        async with blobs.database.transaction() as connection:
            # whoever seals a key at this moment has looked which the newest is: after this nobody needs the older ones
            await connection.execute(store.LOCK)
            if not await connection.fetch(store.OLD_KEYS, number, 1):
                for one in older:
                    if one != number:
                        ring.remove(one)
                return count


async def _old(blobs: BlobStore) -> bool:
    """Tell whether a rotation was broken off: a key that is not the newest still seals something."""
    return bool(await blobs.database.fetch(store.OLD_KEYS, blobs.ring.current(), 1))


async def _reseal(blobs: BlobStore, connection: Connection, number: int) -> int:
    rows = await connection.fetch(store.OLD_KEYS, number, _BATCH)
    arguments = []
    for record, sealed, node_key in rows:
        made = blobs.ring.seal(blobs.ring.unseal(SealedKey(sealed, node_key), record), record)
        arguments.append((record, made.sealed, made.node_key, node_key))
    if arguments:
        await connection.executemany(store.RESEAL, arguments)
    return len(rows)


async def verify(blobs: BlobStore) -> Found:
    """Read every content, and remove files that a broken-off writer left behind more than a day ago."""
    count, size, damaged = 0, 0, []
    async for record, digest, length in _contents(blobs):
        count, size = count + 1, size + length
        try:
            data = await blobs.get(digest.hex(), record)
            if len(data) != length:
                damaged.append((digest.hex(), "its length is not what was stored"))
        except (ContentDamaged, KeyMissing, FileNotFoundError) as error:
            damaged.append((digest.hex(), str(error)))
    await blobs.discard()
    return Found(count, size, damaged, await _sweep(blobs))


async def _contents(blobs: BlobStore) -> AsyncIterator[tuple[int, bytes, int]]:
    after: tuple[int, bytes] = (-(1 << 63), b"")
    while True:
        rows = await blobs.database.fetch(store.PAGE, *after, _BATCH)
        for row in rows:
            yield row[0], row[1], row[2]
        if len(rows) < _BATCH:
            return
        after = (rows[-1][0], rows[-1][1])


async def _sweep(blobs: BlobStore) -> int:
    names = await asyncio.to_thread(lambda: list(blobs.files.older_than(_SETTLED_SECONDS)))
    count = 0
    for begin in range(0, len(names), _BATCH):
        part = names[begin : begin + _BATCH]
        known = {row[0] for row in await blobs.database.fetch(store.KNOWN_FILES, part)}
        for name in part:
            if name in known:
                continue
            count += 1
            if name.startswith("part-"):
                blobs.files.remove_draft(name)
            else:
                blobs.files.remove([name])
    return count
