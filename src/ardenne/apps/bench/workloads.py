"""The workloads: bulk load, read, search, write."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import orjson

from ardenne.apps.bench import people
from ardenne.apps.bench.client import Result, Shot, fire
from ardenne.apps.bench.node import Measured, Node
from ardenne.services.record import pool

CONNECTIONS = 32
SECONDS = 4.0


class Row(NamedTuple):
    """One line of a report. Times in milliseconds, CPU in microseconds an operation; 0: not measured."""

    name: str
    rate: float
    p50: float
    p99: float
    server_cpu: float
    database_cpu: float
    of_floor: float
    failures: int = 0


def ingest(node: Node, resources: int, processes: int) -> list[Row]:
    """Bulk load of NDJSON lines with full structural validation and index."""
    content = list(people.lines(max(1, resources // people.PER_PATIENT)))
    before, begin = node.database_usage(), time.perf_counter()
    python_before = _own_cpu()
    lines = (pool.Line("bench", number, line) for number, line in enumerate(content, 1))
    stored = sum(batch.tally.created for batch in pool.load(node.dsn, node.contents, lines, processes))
    seconds = time.perf_counter() - begin
    python = (_own_cpu() - python_before) / stored * 1e6
    database = (node.database_usage().cpu - before.cpu) / stored * 1e6
    return [Row("bulk load", stored / seconds, 0, 0, python, database, 0, len(content) - stored)]


def curve(node: Node, resources: int, processes: int) -> list[Row]:
    """Bulk load in ten parts of the same size: how the last compares with the first."""
    persons, rows = max(1, resources // people.PER_PATIENT // 10), []
    for part in range(1, 11):
        content = people.lines(persons, seed=part)
        before, python, begin = node.database_usage(), _own_cpu(), time.perf_counter()
        lines = (pool.Line("bench", number, line) for number, line in enumerate(content, 1))
        stored = sum(batch.tally.created for batch in pool.load(node.dsn, node.contents, lines, processes))
        seconds = time.perf_counter() - begin
        database = (node.database_usage().cpu - before.cpu) / stored * 1e6
        spent = (_own_cpu() - python) / stored * 1e6
        rows.append(Row(f"bulk load to {part * stored:,}", stored / seconds, 0, 0, spent, database, 0))
    for patient_id, count in LONG_RECORDS.items():
        found = (pool.Line("bench", n, line) for n, line in enumerate(people.long_record(patient_id, count)))
        for _batch in pool.load(node.dsn, node.contents, found, 1):
            pass
    return rows


LONG_RECORDS = {"long-641": 641, "long-5000": 5000}
"""Patients with as many observations."""


def long_records(node: Measured, floor_rate: float) -> list[Row]:
    """The latest results of one kind of patients with many."""
    rows = []
    for patient_id in LONG_RECORDS:
        target = f"Observation?patient={patient_id}&code=http://loinc.org%7C718-7&_sort=-date&_count=10&_total=none"
        shots = itertools.repeat(Shot("GET", f"{node.prefix}/{target}"))
        rows.append(run(node, f"latest of {LONG_RECORDS[patient_id]:,}", shots, floor_rate))
    return rows


def transactions(node: Measured, resources: int) -> Row:
    """Load one patient's Bundle after the other as transactions over HTTP, 4 clients."""
    persons = people.patients(max(1, resources // people.PER_PATIENT))
    shots = (Shot("POST", node.prefix, _bundle(person)) for person in persons)
    server, database = node.server_usage(), node.database_usage()
    row = row_of(node, "transactions, a resource", fire(node.address, shots, 4), server.cpu, database.cpu, 0)
    size = people.PER_PATIENT
    return row._replace(
        rate=row.rate * size, server_cpu=row.server_cpu / size, database_cpu=row.database_cpu / size
    )


def _own_cpu() -> float:
    import os

    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def run(node: Measured, name: str, shots: Iterator[Shot], floor: float) -> Row:
    """Send one kind of request for some seconds and account for it."""
    fire(node.address, itertools.islice(shots, 200), CONNECTIONS)
    server, database = node.server_usage(), node.database_usage()
    result = fire(node.address, shots, CONNECTIONS, SECONDS)
    return row_of(node, name, result, server.cpu, database.cpu, floor)


def row_of(node: Measured, name: str, result: Result, server: float, database: float, floor: float) -> Row:
    count = max(1, result.requests)
    return Row(
        name,
        result.rate,
        result.percentile(0.5) * 1e3,
        result.percentile(0.99) * 1e3,
        (node.server_usage().cpu - server) / count * 1e6,
        (node.database_usage().cpu - database) / count * 1e6,
        result.rate / floor if floor else 1.0,
        result.failures,
    )


def floor(node: Node) -> Row:
    """A bare answer of 2 kB by the same server: what HTTP itself costs."""
    return run(node, "floor", itertools.repeat(Shot("GET", "/health/bare")), 0)


def read(node: Measured, floor_rate: float) -> list[Row]:
    """Read by id, each time another resource."""
    chance = random.Random(7)  # noqa: S311 - not for secrets
    places = node.sample("Observation", 2000)
    shots = (Shot("GET", f"{node.prefix}/Observation/{chance.choice(places)}") for _ in itertools.count())
    return [run(node, "read", shots, floor_rate)]


def search(node: Measured, floor_rate: float) -> list[Row]:
    """The searches that a record lives on, and those that other servers are slow at."""
    chance = random.Random(7)  # noqa: S311 - not for secrets
    patients = node.sample("Patient", 500)

    def each(query: Callable[[str], str]) -> Iterator[Shot]:
        while True:
            yield Shot("GET", f"{node.prefix}/" + query(chance.choice(patients)))

    code = "http://loinc.org%7C718-7"
    queries: list[tuple[str, Callable[[str], str]]] = [
        ("patient page of 50", lambda p: f"Observation?patient={p}&_sort=-date&_count=50"),
        ("patient + code by date", lambda p: f"Observation?patient={p}&code={code}&_sort=-date&_count=10"),
        (
            "code by date, any patient",
            lambda _p: f"Observation?code={code}&_sort=-date&_count=10&_total=none",
        ),
        ("chain", lambda _p: f"Observation?subject:Patient.identifier=1&code={code}&_count=10&_total=none"),
        ("_has", lambda _p: "Patient?_has:Condition:patient:code=195967001&_count=10&_total=none"),
        ("name prefix", lambda _p: "Patient?family=web&_count=10&_total=none"),
        ("accurate total", lambda _p: f"Observation?code={code}&_summary=count"),
    ]
    return [run(node, name, each(query), floor_rate) for name, query in queries]


def write(node: Measured, floor_rate: float) -> list[Row]:
    """Durable creates of single resources, and transactions of one patient's Bundle."""
    persons = list(people.patients(40, seed=3))
    singles = [
        {name: value for name, value in resource.items() if name != "id"}
        for person in persons
        for resource in person
        if resource["resourceType"] == "Observation"
    ]
    contents = [orjson.dumps(resource) for resource in singles]
    shots = (Shot("POST", f"{node.prefix}/Observation", content) for content in itertools.cycle(contents))
    rows = [run(node, "create", shots, floor_rate)]
    bundles = [_bundle(person) for person in persons]
    server, database = node.server_usage(), node.database_usage()
    result = fire(node.address, iter([Shot("POST", node.prefix, content) for content in bundles]), 4)
    row = row_of(node, "transaction, a resource", result, server.cpu, database.cpu, floor_rate)
    size = people.PER_PATIENT
    rows.append(
        row._replace(
            rate=row.rate * size,
            server_cpu=row.server_cpu / size,
            database_cpu=row.database_cpu / size,
            of_floor=row.of_floor * size,
        )
    )
    return rows


def _bundle(person: list[dict[str, object]]) -> bytes:
    entries = [
        {
            "fullUrl": f"urn:uuid:{resource['id']}",
            "resource": {name: value for name, value in resource.items() if name != "id"},
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for resource in person
    ]
    text = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    for resource in person:
        address = f"{resource['resourceType']}/{resource['id']}"
        text = text.replace(f'"{address}"'.encode(), f'"urn:uuid:{resource["id"]}"'.encode())
    return text
