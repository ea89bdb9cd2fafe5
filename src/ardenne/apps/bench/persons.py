"""Figures of the index of persons: bulk load, online match under registrations, search for duplicates, sizes."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import uvloop

from ardenne.apps.bench.processes import usage
from ardenne.apps.population import fhir
from ardenne.apps.population.persons import BLOCK, block
from ardenne.apps.population.records import Record, records
from ardenne.apps.serving import MIGRATIONS
from ardenne.kernel.rest.conditional import locked
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.embedded import EmbeddedDatabase
from ardenne.kernel.store.migrate import migrate
from ardenne.services.mpi import dedupe, store_bulk
from ardenne.services.mpi.contract import Told
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.matching import Matcher, keys_of
from ardenne.services.mpi.rules.reading import status_of, traits_of
from ardenne.services.mpi.store_bulk import Row

_BATCH = 2000
_PROCESSES = 2
_DOUBLED = 10
"""Of every so many persons one has further records under Patients of their own: the duplicates to be found."""
_A_SECOND = 50
_NEW_SEED = 77


class _Part(NamedTuple):
    dsn: str
    seed: int
    first: int
    persons: int
    number: int


class _Clock:
    """CPU seconds of this process with those that it started, and of the database."""

    def __init__(self, database: int) -> None:
        self._database = database
        self._last = self._now()

    def _now(self) -> tuple[float, float]:
        times = os.times()
        return sum(times[:4]), usage(self._database).cpu

    def lap(self) -> tuple[float, float]:
        """Return what was spent since the last call."""
        now, before = self._now(), self._last
        self._last = now
        return now[0] - before[0], now[1] - before[1]


def run(persons: int, seed: int, queries: int) -> Iterator[str]:
    """Yield the lines of the report."""
    folder = Path(tempfile.mkdtemp(prefix="ardenne-mpi-"))
    folder.chmod(0o711)
    embedded = EmbeddedDatabase(folder / "data")
    dsn = embedded.start()
    try:
        migrate(dsn, MIGRATIONS)
        clock = _Clock(embedded.pid or 0)
        yield from _loaded(dsn, persons, seed, clock)
        for name, size in store_bulk.sizes(dsn):
            if size > 1_000_000:
                yield f"size       {name:16} {size / 1_048_576:8,.0f} MiB"
        yield from uvloop.run(_online(dsn, persons, seed, queries, folder, clock))
        yield from _deduped(dsn, clock)
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _loaded(dsn: str, persons: int, seed: int, clock: _Clock) -> Iterator[str]:
    clock.lap()
    began = time.monotonic()
    store_bulk.begin(dsn)
    blocks = (persons + BLOCK - 1) // BLOCK
    share = (blocks + _PROCESSES - 1) // _PROCESSES
    parts = [
        _Part(dsn, seed, number * share, min(persons, (number + 1) * share * BLOCK), number)
        for number in range(_PROCESSES)
    ]
    with multiprocessing.get_context("fork").Pool(_PROCESSES) as pool:
        counts = pool.map(_load, parts)
    filled = time.monotonic()
    store_bulk.end(dsn)
    total, (own, database) = sum(counts), clock.lap()
    yield (
        f"load       {total:,} identities of {persons:,} persons, each a Patient: {filled - began:,.0f} s, "
        f"index {time.monotonic() - filled:,.0f} s; {total / (time.monotonic() - began):,.0f}/s; "
        f"CPU {own:,.0f} s and {database:,.0f} s of the database; load average {os.getloadavg()[0]:.1f}"
    )


def _load(part: _Part) -> int:
    gc.disable()
    writer, connection = BulkWriter(part.dsn), store_bulk.connect(part.dsn)
    writer.knows_patients()
    changes, rows, count = list[Change](), list[Row](), 0
    for number in range(part.first, (part.persons + BLOCK - 1) // BLOCK):
        people = block(part.seed, number)[: part.persons - number * BLOCK]
        for record in records(part.seed, people):
            if not _is_loaded(record):
                continue
            count += 1
            made, row = _prepared(record, (part.number << 40) + count)
            changes.append(made)
            rows.append(row)
        if len(rows) >= _BATCH:
            _flush(writer, connection, changes, rows)
    _flush(writer, connection, changes, rows)
    writer.close()
    connection.close()
    return count


def _flush(writer: BulkWriter, connection: Any, changes: list[Change], rows: list[Row]) -> None:
    if rows:
        writer.write(changes)
        store_bulk.load(connection, rows)
    changes.clear()
    rows.clear()
    gc.collect(0)


def _is_loaded(record: Record) -> bool:
    return record.id.endswith("-0") or record.person % _DOUBLED == 0


def _prepared(record: Record, number: int) -> tuple[Change, Row]:
    content = fhir.identity(record)
    patient = orjson.loads(content)
    first = patient["identifier"][0]
    made = change.write(patient, content, patient["id"], Mode.PUT_UNLESS_SAME, Method.PUT)
    traits = traits_of(patient)
    row = Row(
        number, first["system"], first["value"], patient["id"], status_of(traits), "bench", store_bulk.now(),
        keys_of(traits), traits, content,
    )  # fmt: skip
    return made, row


async def _online(dsn: str, persons: int, seed: int, queries: int, folder: Path, clock: _Clock) -> list[str]:
    """Match copies of loaded persons while another process registers new persons."""
    asked = _copies(persons, seed, queries)
    stop = multiprocessing.get_context("fork").Event()
    registering = multiprocessing.get_context("fork").Process(
        target=_register, args=(dsn, persons, folder, stop)
    )
    registering.start()
    database, matcher = Database(dsn, 2), Matcher()
    try:
        sent = [orjson.loads(fhir.identity(record)) for record in asked]
        # a node that runs knows the names of its country
        for patient in sent[: len(sent) // 4]:
            await matcher.matches(database, traits_of(patient))
        times, first, linked, wrong = [], 0, 0, 0
        clock.lap()
        asked, sent = asked[len(sent) // 4 :], sent[len(sent) // 4 :]
        cpu = time.process_time()
        for record, patient in zip(asked, sent, strict=True):
            traits = traits_of(patient)
            began = time.perf_counter()
            found = await matcher.matches(database, traits)
            times.append((time.perf_counter() - began) * 1000)
            first += bool(found) and found[0].person.startswith(f"r{record.person}-")
            if found and found[0].outcome == "link":
                right = found[0].person.startswith(f"r{record.person}-")
                linked, wrong = linked + right, wrong + (not right)
        cpu = (time.process_time() - cpu) / len(asked) * 1000
        database_cpu = clock.lap()[1] / len(asked) * 1000
    finally:
        stop.set()
        registering.join(30)
        await database.close()
    times.sort()
    return [
        f"yardstick  a million additions in a loop of Python: {_yardstick():.0f} ms CPU",
        f"match      {len(times):,} copies with errors, while {_A_SECOND} registrations a second arrive: p50 "
        f"{statistics.median(times):.2f} ms, p99 {times[int(len(times) * 0.99)]:.2f} ms, CPU {cpu:.2f} ms (client), "
        f"{database_cpu:.2f} ms (database, with the registrations); load average {os.getloadavg()[0]:.1f}",
        f"quality    right person first {first / len(times):.4f}; links: precision "
        f"{linked / max(linked + wrong, 1):.4f}, recall {linked / len(times):.4f}",
    ]


def _yardstick() -> float:
    """Return the milliseconds of CPU that a fixed piece of work takes here and now: figures of a busy machine are longer."""
    began, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number
    return (time.process_time() - began) * 1000


def _copies(persons: int, seed: int, wanted: int) -> list[Record]:
    found: list[Record] = []
    for number in range((persons + BLOCK - 1) // BLOCK):
        people = block(seed, number)[: persons - number * BLOCK]
        found += [one for one in records(seed, people) if not _is_loaded(one)]
        if len(found) >= wanted:
            break
    return found[:wanted]


def _register(dsn: str, persons: int, folder: Path, stop: Any) -> None:
    asyncio.run(_register_until(dsn, persons, folder, stop))


async def _register_until(dsn: str, persons: int, folder: Path, stop: Any) -> None:
    database, index = Database(dsn, 4), Index()
    service = FhirService(database, folder / "contents")
    number, began = 0, time.monotonic()
    fresh = iter(record for place in range(10**6) for record in records(_NEW_SEED, block(_NEW_SEED, place)))
    while not stop.is_set():
        patient = orjson.loads(fhir.identity(next(fresh)))
        del patient["id"]
        patient["identifier"][0]["value"] += "-new"
        async with locked(service, index.locks(patient)) as connection:
            await index.identify(service, connection, patient, Told("bench"))
        number += 1
        await asyncio.sleep(max(began + number / _A_SECOND - time.monotonic(), 0))
    await database.close()


def _deduped(dsn: str, clock: _Clock) -> Iterator[str]:
    clock.lap()
    began = time.monotonic()
    everybody = store_bulk.everybody(dsn)
    read = time.monotonic()
    scorer = asyncio.run(_scorer(dsn))
    pairs, found = dedupe.search(everybody, scorer, _PROCESSES)
    spent, (own, _database) = time.monotonic() - began, clock.lap()
    links = [one for one in found if one.decision.outcome == "link"]
    right = sum(_same(everybody.persons[one.one], everybody.persons[one.other]) for one in links)
    records = Counter(person.partition("-")[0] for person in set(everybody.persons))
    pairs_to_find = sum(count * (count - 1) // 2 for count in records.values())
    asks = len(found) - len(links)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield (
        f"dedupe     {len(everybody.ids):,} identities, {pairs:,} pairs: {spent:,.0f} s (reading {read - began:,.0f} s), "
        f"memory {peak:,.0f} MiB, largest process besides {child:,.0f} MiB; "
        f"CPU {own:,.0f} s; load average {os.getloadavg()[0]:.1f}"
    )
    yield (
        f"           {len(links):,} links, precision {right / max(len(links), 1):.5f}, "
        f"recall {right / max(pairs_to_find, 1):.4f}; {asks:,} questions = "
        f"{asks / max(len(everybody.ids), 1):.2%} of the identities"
    )


async def _scorer(dsn: str) -> Any:
    database = Database(dsn, 1)
    try:
        return await Matcher().scorer(database)
    finally:
        await database.close()


def _same(one: str, other: str) -> bool:
    return one.partition("-")[0] == other.partition("-")[0]
