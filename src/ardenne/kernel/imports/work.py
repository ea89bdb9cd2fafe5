"""The process that carries out one import: reads, checks and writes in batches, each durable before it counts.

Run as ``python -m ardenne.kernel.imports.work`` with its task as JSON on standard input: beside the server,
so that a large import does not make callers wait. It ends with the process that started it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import signal
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec
import orjson

from ardenne.kernel.imports.manifest import Input, ManifestError, Places
from ardenne.kernel.imports.sources import SourceError, lines
from ardenne.kernel.imports.store import Job, JobRecord, Progress
from ardenne.kernel.rest import binary, incoming
from ardenne.kernel.rest.enforcement import enforce
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.profile_rules import read_rules
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.kernel.store.database import Database
from ardenne.standards.fhir.outcome import Issue, operation_outcome

_BATCH_LINES = 500
_BATCH_BYTES = 4 << 20
_PR_SET_PDEATHSIG = 1


class Task(msgspec.Struct):
    """What the process is told. ``job`` and ``refusals`` are set for each import."""

    dsn: str
    contents: str
    job: str = ""
    refusals: str = ""
    """File that gets an OperationOutcome for each refused line."""
    folder: str = ""
    hosts: list[str] = []
    required_profiles: str = ""
    declared_profiles: bool = True

    @property
    def places(self) -> Places:
        return Places(Path(self.folder) if self.folder else None, frozenset(self.hosts))


class Importer:
    """Carries out one import."""

    def __init__(self, task: Task) -> None:
        self._places = task.places
        self._record = JobRecord(task.dsn, task.job)
        rules = read_rules(task.required_profiles, task.declared_profiles)
        self._service = FhirService(Database(task.dsn, 1), Path(task.contents), profiles=rules)
        self._writer = BulkWriter(task.dsn, self._service.blobs.write_with)
        self._loop = asyncio.Runner()
        self._refusals = Path(task.refusals)

    def run(self) -> None:
        """Work through the inputs, going on where an earlier process ended."""
        job = self._record.read()
        if job is None:
            return
        self._writer.write([])  # learns the parameters and profiles of the node
        progress = list(job.progress)
        self._refusals.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._refusals.open("ab") as refusals:
            for place, one in enumerate(job.inputs):
                if not progress[place].done and not self._input(job, place, one, progress, refusals):
                    return  # cancelled
        self._record.finish()

    def _input(self, job: Job, place: int, one: Input, progress: list[Progress], refusals: BinaryIO) -> bool:
        try:
            for batch in _batches(lines(one.url, self._places, progress[place].lines)):
                progress[place] = self._batch(one, batch, progress[place], refusals)
                if not self._record.progress(progress):
                    return False
            failure = ""
        except (SourceError, ManifestError) as error:
            failure = str(error)
        progress[place] = progress[place]._replace(done=True, failure=failure)
        return self._record.progress(progress)

    def _batch(self, one: Input, batch: list[bytes], before: Progress, refusals: BinaryIO) -> Progress:
        changes: list[Change] = []
        refused = 0
        # one turn of the loop for the batch: beginning one costs as much as a resource
        for number, found in enumerate(
            self._loop.run(self._changes(batch, one.resource_type)), before.lines + 1
        ):
            if isinstance(found, RestError):
                refused += 1
                refusals.write(_refusal(one.url, number, found.issues))
            else:
                changes.append(found)
        refusals.flush()
        tally = self._writer.write(changes)
        return before._replace(
            lines=before.lines + len(batch),
            created=before.created + tally.created,
            updated=before.updated + tally.updated,
            unchanged=before.unchanged + tally.unchanged,
            refused=before.refused + refused,
        )

    async def _changes(self, batch: list[bytes], expected_type: str) -> list[Change | RestError]:
        found: list[Change | RestError] = []
        for line in batch:
            try:
                found.append(await self._change(line, expected_type))
            except RestError as error:
                found.append(error)
        return found

    async def _change(self, line: bytes, expected_type: str) -> Change:
        sent = incoming.read_resource(line, expected_type)
        await enforce(self._service, sent.resource)
        resource_id = sent.resource.get("id")
        if not resource_id:
            raise refuse(422, "required", "a resource that is imported needs an id: give it one", "id", "id")
        if sent.resource["resourceType"] == "Binary" and "data" in sent.resource:
            return binary.keep(sent.resource, resource_id, Mode.PUT_UNLESS_SAME, Method.PUT)
        return change.write(sent.resource, line, resource_id, Mode.PUT_UNLESS_SAME, Method.PUT)


def _batches(found: Iterator[bytes]) -> Iterator[list[bytes]]:
    while True:
        batch: list[bytes] = []
        size = 0
        for line in islice(found, _BATCH_LINES):
            batch.append(line)
            size += len(line)
            if size >= _BATCH_BYTES:
                break
        if not batch:
            return
        yield batch


def _refusal(url: str, number: int, issues: list[Issue]) -> bytes:
    """Return the line that tells why a resource was refused: where it stands, never what it says."""
    where = Issue("information", "informational", "", f"{url} line {number}", "input")
    return orjson.dumps(operation_outcome([*issues, where])) + b"\n"


def main() -> None:
    """Carry out the task on standard input."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    importer = Importer(task)
    # nothing of a batch lives on: looking for cycles costs a quarter of the time
    gc.freeze()
    gc.disable()
    importer.run()


if __name__ == "__main__":
    main()
