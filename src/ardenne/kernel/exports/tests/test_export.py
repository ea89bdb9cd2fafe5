"""Bulk export: everything once, by patient and group, resumable, cancellable."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ardenne.kernel.exports.operations import BulkExport
from ardenne.kernel.exports.runner import ExportRunner
from ardenne.kernel.exports.store import ExportJobs
from ardenne.kernel.testing import Answer, TestNode

ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def runner(node: TestNode, tmp_path: Path) -> Iterator[ExportRunner]:
    jobs = ExportJobs(node.database)
    runner = ExportRunner(jobs, tmp_path)
    before = dict(node.router.operations)
    node.router.operations.update(BulkExport(jobs, runner).operations())
    yield runner
    node.router.operations.clear()
    node.router.operations.update(before)


def _fill(node: TestNode) -> None:
    for number in range(3):
        node.call("PUT", f"Patient/p{number}", {"resourceType": "Patient", "id": f"p{number}"})
        for place in range(2):
            observation = {
                "resourceType": "Observation", "id": f"o{number}{place}", "status": "final", "code": {"text": "x"},
                "subject": {"reference": f"Patient/p{number}"},
            }  # fmt: skip
            node.call("PUT", f"Observation/{observation['id']}", observation)
    node.call("PUT", "Organization/a", {"resourceType": "Organization", "id": "a", "name": "A"})
    member = [{"entity": {"reference": "Patient/p1"}}]
    group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member}
    node.call("PUT", "Group/g", group)


def _run(node: TestNode, runner: ExportRunner, address: str) -> Answer:
    started = node.call("GET", address, headers=ASYNC)
    assert started.status == 202, started.body
    place = started.headers["content-location"].partition("/fhir/")[2]
    assert node.call("GET", place).status == 202
    job = node.run(runner._jobs.take())
    assert job is not None
    node.run(runner.work(job))
    return node.call("GET", place)


def _ids(runner: ExportRunner, answer: Answer) -> list[str]:
    found = []
    for part in answer.json["output"]:
        job = part["url"].partition("job=")[2].partition("&")[0]
        lines = gzip.decompress((runner.folder(job) / f"{part['type']}.ndjson.gz").read_bytes()).splitlines()
        assert len(lines) == part["count"]
        found += [orjson.loads(line)["id"] for line in lines]
    return sorted(found)


def test_exports_of_system_patients_group_and_types(node: TestNode, runner: ExportRunner) -> None:
    _fill(node)
    observations = ["o00", "o01", "o10", "o11", "o20", "o21"]
    patients = ["p0", "p1", "p2"]
    assert _ids(runner, _run(node, runner, "$export")) == ["a", "g", *observations, *patients]
    assert _ids(runner, _run(node, runner, "Patient/$export")) == [*observations, *patients]
    assert _ids(runner, _run(node, runner, "Group/g/$export")) == ["o10", "o11", "p1"]
    assert _ids(runner, _run(node, runner, "$export?_type=Patient")) == patients
    assert _ids(runner, _run(node, runner, "$export?_since=2999-01-01")) == []


def test_an_interrupted_export_goes_on_behind_what_is_done(node: TestNode, runner: ExportRunner) -> None:
    _fill(node)
    node.call("GET", "$export?_type=Observation,Patient", headers=ASYNC)
    job = node.run(runner._jobs.take())
    assert job is not None
    done = [{"type": "Observation", "file": "Observation.ndjson", "count": 99}]
    assert node.run(runner._jobs.progress(job.id, done))
    node.run(runner.work(job._replace(done=done)))
    answer = node.call("GET", f"$export-status?job={job.id}")
    assert {part["type"]: part["count"] for part in answer.json["output"]} == {
        "Observation": 99,
        "Patient": 3,
    }


def test_a_cancelled_export_leaves_nothing(node: TestNode, runner: ExportRunner) -> None:
    _fill(node)
    started = node.call("GET", "$export", headers=ASYNC)
    place = started.headers["content-location"].partition("/fhir/")[2]
    job = node.run(runner._jobs.take())
    assert job is not None
    assert node.call("DELETE", place).status == 202
    node.run(runner.work(job))
    assert node.call("GET", place).status == 404
    assert not runner.folder(str(job.id)).exists()


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("$export", {}, 400), ("Observation/$export", ASYNC, 404), ("Group/none/$export", ASYNC, 404),
        ("$export?_since=soon", ASYNC, 400), ("$export?_outputFormat=csv", ASYNC, 400), ("$export?_type=Nothing", ASYNC, 404),
        ("$export?_typeFilter=x", ASYNC, 400), ("$export-status?job=1", {}, 404),
    ],
)  # fmt: skip
def test_refusals(
    node: TestNode, runner: ExportRunner, address: str, headers: dict[str, str], status: int
) -> None:
    assert node.call("GET", address, headers=headers).status == status
