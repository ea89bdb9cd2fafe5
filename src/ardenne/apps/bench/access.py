"""What access control costs: the same requests as the operator of the open mode and as a doctor, decisions, journal."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
import uuid
from collections.abc import Iterator

from ardenne.apps.bench import doctor
from ardenne.apps.bench.client import Shot
from ardenne.apps.bench.node import Node, sample_ids
from ardenne.apps.bench.workloads import LONG_RECORDS, Row, run
from ardenne.kernel.audit import entries
from ardenne.kernel.audit.entries import Action, Line
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.audit.keys import signing_key
from ardenne.kernel.audit.verifying import verify
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.decide import decide
from ardenne.kernel.policy.facts import Grant, PatientFacts
from ardenne.kernel.policy.facts import Kind as GrantKind
from ardenne.kernel.policy.matrix import shipped
from ardenne.kernel.policy.standing import standing
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.resources import RowFacts

_LOGIN = "bench.doctor"
_DECISIONS = 200_000
_JOURNAL_SECONDS = 4.0
_WRITERS = 64
_MOST = 5000


def requests(node: Node, floor: float) -> list[Row]:
    """Reads and searches without and with a decision and a journal line, in turns of the same run."""
    patients = node.sample("Patient", 500)
    token = doctor.employ(node, [*patients, *LONG_RECORDS]).token
    chance = random.Random(7)  # noqa: S311 - not for secrets
    observations = _of_patients(node, patients)
    long = next(iter(LONG_RECORDS))

    def reads(bearer: str) -> Iterator[Shot]:
        while True:
            yield Shot("GET", f"{node.prefix}/Observation/{chance.choice(observations)}", b"", bearer)

    def pages(bearer: str) -> Iterator[Shot]:
        while True:
            query = f"Observation?patient={chance.choice(patients)}&_sort=-date&_count=50"
            yield Shot("GET", f"{node.prefix}/{query}", b"", bearer)

    lists = f"{node.prefix}/Observation?patient={long}&_count=500&_total=none"
    rows = []
    for name, bearer in (("open", ""), ("as a doctor", token)):
        rows.append(run(node, f"read, {name}", reads(bearer), floor))
        rows.append(run(node, f"page of 50, {name}", pages(bearer), floor))
        rows.append(
            run(node, f"list of 500, {name}", itertools.repeat(Shot("GET", lists, b"", bearer)), floor)
        )
    return rows


def decisions() -> list[Row]:
    """Single decisions in this process: percentiles and CPU, with eight grants to look through."""
    caller = Caller(Kind.PROFESSIONAL, "a", practitioner="d", organisation="o", profession="doctor")
    found = standing(caller, shipped("lu"))
    now = int(time.time() * 1e6)
    grants = tuple(Grant(found.parties[0], GrantKind.TEAM, 0, 0, now * 2) for _ in range(8))
    facts = PatientFacts(1, 0, 1, grants)
    rows = [RowFacts(n, 1, 1 + n % 17, n % 3, 0, False, (), 0, 1) for n in range(64)]
    times = []
    begin = time.process_time()
    for number in range(_DECISIONS):
        before = time.perf_counter()
        decide(found, facts, rows[number % 64], Act.READ, now)
        times.append(time.perf_counter() - before)
    spent = (time.process_time() - begin) / _DECISIONS * 1e6
    times.sort()
    p50, p99 = times[_DECISIONS // 2] * 1e3, times[int(_DECISIONS * 0.99)] * 1e3
    return [Row("decision", 1 / (spent / 1e6), p50, p99, spent, 0, 0)]


def journal(node: Node) -> list[Row]:
    """Durable journal lines from many writers at once."""
    before, python = node.database_usage(), time.process_time()
    count, seconds, times = asyncio.run(_write_journal(node.dsn))
    spent = (time.process_time() - python) / count * 1e6
    database = (node.database_usage().cpu - before.cpu) / count * 1e6
    times.sort()
    p50, p99 = times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3
    return [Row("journal lines, durable", count / seconds, p50, p99, spent, database, 0), _verified(node)]


def _verified(node: Node) -> Row:
    """The whole journal checked against chain and roots: lines a second; the only time is that of the whole."""
    database, python, begin = node.database_usage().cpu, time.process_time(), time.perf_counter()
    lines = asyncio.run(_verify(node))
    seconds = time.perf_counter() - begin
    spent = (time.process_time() - python) / lines * 1e6
    database = (node.database_usage().cpu - database) / lines * 1e6
    return Row("journal lines, verified", lines / seconds, seconds * 1e3, seconds * 1e3, spent, database, 0)


async def _verify(node: Node) -> int:
    database = Database(node.dsn, 1)
    try:
        report = await verify(database, signing_key(node.data).public_key(), node.data)
    finally:
        await database.close()
    if report.findings:
        raise RuntimeError(f"the journal does not fit: {report.findings[0].what}")
    return report.lines


async def _write_journal(dsn: str) -> tuple[int, float, list[float]]:
    database = Database(dsn, 4)
    kept = Journal(database)
    caller = Caller(Kind.PROFESSIONAL, "a", "Dr Bench", practitioner="d", profession="doctor")
    times: list[float] = []
    begin = time.perf_counter()

    async def writer(number: int) -> None:
        while time.perf_counter() - begin < _JOURNAL_SECONDS:
            at = time.time_ns() // 1000
            content = entries.encode(
                entries.entry(
                    caller, at, Action.READ, resources=[f"Observation/{uuid.uuid4()}"], rule="matrix"
                )
            )
            before = time.perf_counter()
            await kept.record([Line(at, number, 7, int(Action.READ), 0, 0, content)])
            times.append(time.perf_counter() - before)

    await asyncio.gather(*(writer(number) for number in range(_WRITERS)))
    seconds = time.perf_counter() - begin
    await database.close()
    return len(times), seconds, times


def _of_patients(node: Node, patients: list[str]) -> list[str]:
    """Return ids of Observations of the patients whom the doctor treats."""
    found: list[str] = []
    for patient in patients[:100]:
        found += sample_ids(f"{node.address}{node.prefix}", f"Observation?patient={patient}&_elements=id", 50)
        if len(found) >= _MOST:
            break
    return found
