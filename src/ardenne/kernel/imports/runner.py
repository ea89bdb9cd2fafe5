"""Starting the processes of imports, and taking over what one left behind."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from ardenne.kernel.background import repeat
from ardenne.kernel.imports.store import ImportJobs, Job
from ardenne.kernel.imports.work import Task
from ardenne.kernel.store.database import DatabaseUnavailable

_IDLE_SECONDS = 1.0
_ALIVE_SECONDS = 10.0
_ATTEMPTS = 3


class ImportRunner:
    """Works on imports, one after the other. Every worker process has one; each import has one process."""

    def __init__(self, jobs: ImportJobs, task: Task, folder: Path) -> None:
        self._jobs = jobs
        self._task = task
        self._folder = folder

    async def run(self) -> None:
        """Work until cancelled."""
        await repeat(self.step, _IDLE_SECONDS)

    async def step(self) -> Job | None:
        """Work on one import, if there is one."""
        job = await self._jobs.take()
        if job is not None:
            await self._work(job)
        return job

    def refusals(self, job_id: str) -> Path:
        """Return the file that tells what was refused."""
        return self._folder / f"{job_id}.ndjson"

    def task(self, job: Job) -> Task:
        """Return what the process of an import is told."""
        refusals = str(self.refusals(str(job.id)))
        return msgspec.structs.replace(self._task, job=str(job.id), refusals=refusals)

    async def _work(self, job: Job) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ardenne.kernel.imports.work",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        sign = asyncio.ensure_future(self._signs(job))
        try:
            # the connection string travels by the pipe: arguments can be seen by everybody
            await process.communicate(msgspec.json.encode(self.task(job)))
        finally:
            sign.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            await self._jobs.release(job.id, _ATTEMPTS, f"its process ended with code {process.returncode}")

    async def _signs(self, job: Job) -> None:
        while True:
            await asyncio.sleep(_ALIVE_SECONDS)
            try:
                await self._jobs.alive(job.id)
            except DatabaseUnavailable:
                continue
