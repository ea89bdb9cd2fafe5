"""What encrypting contents costs: storing and reading them, beside a bare file that is written durably."""

from __future__ import annotations

import asyncio
import hashlib
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ardenne.apps.bench.node import Node
from ardenne.apps.bench.workloads import Row
from ardenne.kernel.blobs import KEPT, BlobStore
from ardenne.kernel.store.contents import record_of
from ardenne.kernel.store.database import Database

_SIZES = ((2_000, "2 kB"), (200_000, "200 kB"), (5_000_000, "5 MB"))
_RECORDS = 50


def contents(node: Node) -> list[Row]:
    """Measure one caller at a time: filing, reading, a durable file of the same size without encryption."""
    return asyncio.run(_contents(node))


async def _contents(node: Node) -> list[Row]:
    database = Database(node.dsn, 2)
    try:
        blobs, rows = BlobStore(node.contents, database), []
        for size, name in _SIZES:
            number = 20 if size > 1_000_000 else 300
            documents = [os.urandom(size) for _ in range(number)]
            records = [record_of(str(place % _RECORDS)) for place in range(number)]
            pairs = list(zip(documents, records, strict=True))

            async def put(one: tuple[bytes, int]) -> object:
                return await blobs.put(one[0], KEPT, one[1])

            async def get(one: tuple[bytes, int]) -> object:
                return await blobs.get(hashlib.sha256(one[0]).hexdigest(), one[1])

            async def bare(one: tuple[bytes, int]) -> object:
                return await asyncio.to_thread(_bare, node.contents, one[0])

            rows.append(await _timed(node, f"file {name} durably, plain", pairs, bare))
            rows.append(await _timed(node, f"store {name}", pairs, put))
            rows.append(await _timed(node, f"read {name}", pairs, get))
        return rows
    finally:
        await database.close()


async def _timed(
    node: Node,
    name: str,
    pairs: list[tuple[bytes, int]],
    work: Callable[[tuple[bytes, int]], Awaitable[object]],
) -> Row:
    before, cpu, times = node.database_usage(), time.process_time(), []
    for one in pairs:
        begin = time.perf_counter()
        await work(one)
        times.append((time.perf_counter() - begin) * 1e3)
    own = (time.process_time() - cpu) / len(pairs) * 1e6
    database = (node.database_usage().cpu - before.cpu) / len(pairs) * 1e6
    cuts = statistics.quantiles(times, n=100)
    return Row(name, 1e3 * len(times) / sum(times), cuts[49], cuts[98], own, database, 0.0)


def _bare(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"bare-{hashlib.sha256(data).hexdigest()}").open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
