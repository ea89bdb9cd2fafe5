"""The shared record at the volume of a country, or a part of it: loaded in bulk, then asked and filed at fixed rates."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from ardenne.apps.bench import doctor, store_shared
from ardenne.apps.bench.client import Result
from ardenne.apps.bench.node import Node
from ardenne.apps.bench.shared_load import load
from ardenne.apps.bench.shared_requests import Request, find, provide, publish
from ardenne.apps.bench.workloads import Row, row_of
from ardenne.kernel.store.change import now

_CONNECTIONS = 32
_FIND_RATE, _OPEN_RATE, _FILE_RATE = 180.0, 20.0, 25.0
"""Requests a second; documents are filed in two ways."""
_PATIENTS = 3000
_WARM_SECONDS = 5.0
_ALONE = 300


class _Job(NamedTuple):
    """Requests of one kind: ``rate`` a second, the n-th made by ``make``."""

    name: str
    rate: float
    make: Callable[[int], Request]


def shared(node: Node, records: int, seconds: float) -> tuple[list[Row], dict[str, float]]:
    """Load records, serve them, and ask, file and open at once for some seconds."""
    began = time.perf_counter()
    total = load(node, records)
    spent = time.perf_counter() - began
    facts = {
        "records": float(records),
        "documents": float(total),
        "load s": spent,
        "documents/s": total / spent,
    }
    facts["database MB"] = node.bytes_on_disk() / 1e6
    facts |= store_shared.sizes(node.dsn)
    node.settle()
    node.serve()
    facts["indexing behind the load s"] = node.rest()
    rows, told = measure(node, seconds)
    return rows, facts | told


def measure(node: Node, seconds: float) -> tuple[list[Row], dict[str, float]]:
    """Find documents, open records and file documents, as a doctor with a relation to the patients.

    Each kind alone first, one request after the other, for its CPU; then all at once at their rates. What was
    acknowledged is counted at the end.
    """
    patients = store_shared.patients(node.dsn, _PATIENTS)
    who = doctor.employ(node, patients)
    bearer, cookie = f"authorization: Bearer {who.token}\r\n", f"cookie: {who.cookie}\r\n"
    filed: list[str] = []
    begin = now()

    def filing(way: Callable[[str], tuple[str, Request]]) -> Callable[[int], Request]:
        def make(number: int) -> Request:
            name, request = way(patients[number % len(patients)])
            filed.append(name)
            return request._replace(headers=bearer)

        return make

    jobs = [
        _Job(
            "FindDocuments (ITI-18)", _FIND_RATE,
            lambda n: find(patients[n % len(patients)])._replace(headers=bearer),
        ),
        _Job(
            "open a record (page)", _OPEN_RATE,
            lambda n: Request("GET", f"/record/{patients[-n % len(patients)]}", headers=cookie),
        ),
        _Job("file a document (ITI-105)", _FILE_RATE, filing(publish)),
        _Job("file a document (ITI-41)", _FILE_RATE, filing(provide)),
    ]  # fmt: skip
    rows = [_alone(node, job) for job in jobs]
    asyncio.run(_all(node.address, jobs, _WARM_SECONDS))
    server, database, client = node.server_usage(), node.database_usage(), time.process_time()
    results = asyncio.run(_all(node.address, jobs, seconds))
    client = time.process_time() - client
    total = sum(result.requests for result in results)
    whole = Result(
        total,
        sum(one.failures for one in results),
        results[0].seconds,
        [t for one in results for t in one.times],
    )
    together = row_of(node, "all together", whole, server.cpu, database.cpu, 0.0)
    for job, result in zip(jobs, results, strict=True):
        row = row_of(node, f"{job.name}, {job.rate:.0f}/s", result, server.cpu, database.cpu, 0.0)
        rows.append(row._replace(server_cpu=0.0, database_cpu=0.0))
    found = store_shared.filed(node.dsn, filed, begin)
    told = {
        "filed": float(len(filed)),
        "lost": float(len(filed) - len(found)),
        "filed twice": float(sum(count > 1 for count in found.values())),
        "client µs a request": client / total * 1e6,
    }
    return [*rows, together], told


def _alone(node: Node, job: _Job) -> Row:
    """Send requests of one kind one after the other."""
    asyncio.run(_in_turn(node.address, job, _ALONE // 5))
    server, database = node.server_usage(), node.database_usage()
    result = asyncio.run(_in_turn(node.address, job, _ALONE))
    return row_of(node, f"{job.name}, alone", result, server.cpu, database.cpu, 0.0)


async def _in_turn(address: str, job: _Job, count: int) -> Result:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    times, failures, begin = [], 0, time.perf_counter()
    for number in range(count):
        before = time.perf_counter()
        status, body = await _ask(reader, writer, parts.netloc, job.make(number))
        times.append(time.perf_counter() - before)
        failures += _failed(status, body)
    writer.close()
    return Result(count, failures, time.perf_counter() - begin, times)


async def _all(address: str, jobs: Sequence[_Job], seconds: float) -> list[Result]:
    return await asyncio.gather(*(_at_rate(address, job, seconds) for job in jobs))


async def _at_rate(address: str, job: _Job, seconds: float) -> Result:
    """Send requests when they are due, whether earlier ones are answered or not; times count from when they were due."""
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    times: list[float] = []
    failures = 0
    begin = time.perf_counter()

    gate = asyncio.Semaphore(_CONNECTIONS)

    async def one(number: int, due: float) -> None:
        nonlocal failures
        async with gate:
            failed = True
            parts = urlsplit(address)
            try:
                reader, writer = (
                    idle.pop() if idle else await asyncio.open_connection(parts.hostname, parts.port)
                )
                status, body = await _ask(reader, writer, parts.netloc, job.make(number))
                idle.append((reader, writer))
                failed = _failed(status, body)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            times.append(time.perf_counter() - due)
            failures += failed

    async with asyncio.TaskGroup() as group:
        for number in range(int(job.rate * seconds)):
            due = begin + number / job.rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(number, due))
    for _reader, writer in idle:
        writer.close()
    return Result(len(times), failures, time.perf_counter() - begin, times)


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, asked: Request
) -> tuple[int, bytes]:
    head = f"{asked.method} {asked.target} HTTP/1.1\r\nhost: {host}\r\n{asked.headers}"
    if asked.content:
        head += f"content-type: {asked.kind}\r\ncontent-length: {len(asked.content)}\r\n"
    writer.write(f"{head}\r\n".encode() + asked.content)
    found = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(found.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(found[9:12]), await reader.readexactly(length)


def _failed(status: int, body: bytes) -> bool:
    return status >= 400 or b"ResponseStatusType:Failure" in body
