"""Making the files of an export: page by page, in constant memory, resumable after every type."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.background import repeat
from ardenne.kernel.exports.store import ExportJobs, Job
from ardenne.kernel.http.faults import report
from ardenne.kernel.identity.caller import OPERATOR, Caller
from ardenne.kernel.policy.service import PolicyService, unlimited
from ardenne.kernel.store import hashing
from ardenne.kernel.store.types import NAMES, NUMBERS
from ardenne.standards.fhir import dates, definitions

_PAGE = 1000
_IDLE_SECONDS = 1.0
_NO_ROW = (-(1 << 63), -1)


class ExportRunner:
    """Works on exports, one after the other. Every worker process has one; each job has one runner."""

    def __init__(self, jobs: ExportJobs, folder: Path, policy: PolicyService | None = None) -> None:
        self._jobs = jobs
        self._folder = folder
        self._policy = policy

    async def run(self) -> None:
        """Work until cancelled."""
        await repeat(self.step, _IDLE_SECONDS)

    async def step(self) -> Job | None:
        """Make the files of one export, if there is one."""
        job = await self._jobs.take()
        if job is not None:
            await self.work(job)
        return job

    async def work(self, job: Job) -> None:
        """Make the files of one export."""
        try:
            complete = await self._export(job)
        except Exception as error:
            await self._jobs.finish(job.id, "failed", f"fault {report(error)}")
            return
        if complete:
            await self._jobs.finish(job.id, "done")
        else:
            await asyncio.to_thread(shutil.rmtree, self.folder(str(job.id)), True)

    def folder(self, job_id: str) -> Path:
        """Return where the files of an export lie."""
        return self._folder / job_id

    async def _export(self, job: Job) -> bool:
        """Return whether everything was exported; False when the export was cancelled."""
        folder = self.folder(str(job.id))
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        done = list(job.done)
        finished = {part["type"] for part in done}
        patients = await self._patients(job.request)
        for name in job.request["types"] or list(NAMES[1:]):
            if name in finished or not _belongs(name, job.request["level"]):
                continue
            count = await self._export_type(job, name, folder / f"{name}.ndjson.gz", patients)
            if count is None:
                return False
            done.append({"type": name, "file": f"{name}.ndjson", "count": count})
            if not await self._jobs.progress(job.id, done):
                return False
        return True

    async def _patients(self, request: dict[str, Any]) -> list[int] | None:
        if request["level"] == "Group":
            return await self._jobs.members(hashing.self_hash("Group", request["group"])) or []
        wanted = request.get("patients") or []
        return [hashing.reference(reference) for reference in wanted] or None

    async def _export_type(self, job: Job, name: str, path: Path, patients: list[int] | None) -> int | None:
        span = (job.request.get("since") or dates.MIN_US, job.request["until"])
        after: tuple[int, int] = _NO_ROW
        count = 0
        only_owned = job.request["level"] != "system" and name != "Patient"
        with gzip.open(path, "wb", compresslevel=1) as file:
            while rows := await self._page(job, NUMBERS[name], span, after, patients):
                kept = [bytes(row[2]) + b"\n" for row in rows if not only_owned or row[3] is not None]
                await asyncio.to_thread(file.write, b"".join(kept))
                count += len(kept)
                after = (rows[-1][1], rows[-1][0])
                if not await self._jobs.alive(job.id):
                    return None
        await asyncio.to_thread(_sync, path)
        return count

    async def _page(
        self, job: Job, number: int, span: tuple[int, int], after: tuple[int, int], patients: list[int] | None
    ) -> list[Any]:
        """Return what whoever asked for the export may see now, and note whose data it is."""
        caller = caller_of(job)
        if unlimited(caller):
            return await self._jobs.page(number, span, after, patients, _PAGE)
        if self._policy is None:
            raise RuntimeError("this node has no policy: only the operator may export")
        trace = self._policy.trace(caller, query=str(job.request.get("url", "")))
        guard = self._policy.guard(trace.standing)
        rows = await self._jobs.page(number, span, after, patients, _PAGE, guard)
        for patient in {row[3] for row in rows}:
            trace.note(Action.EXPORT, patient, [NAMES[number]], rule="list")
        await self._policy.journal.record(trace.take())
        return rows


def caller_of(job: Job) -> Caller:
    """Return who asked for an export; one from before there were accounts is the operator's."""
    return msgspec.convert(job.request["caller"], Caller) if "caller" in job.request else OPERATOR


def _belongs(name: str, level: str) -> bool:
    """Tell whether an export of patients holds a type: those of the Patient compartment."""
    return level == "system" or name == "Patient" or bool(definitions.compartment("Patient").get(name))


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
