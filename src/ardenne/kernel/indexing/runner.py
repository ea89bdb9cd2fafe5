"""Indexing what is stored for parameters that came later: page by page, beside the writers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ardenne.kernel.background import repeat
from ardenne.kernel.http.faults import report
from ardenne.kernel.store import custom
from ardenne.kernel.store.change import Change, Method, Mode, write
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.kernel.store.reindexing import Job, Reindexing
from ardenne.standards.fhir.json import parse

_PAGE = 100
_IDLE_SECONDS = 1.0
_PAUSE_SECONDS = 0.002
"""Between two pages: the event loop belongs to the callers first."""


class IndexRunner:
    """Learns parameters and works on jobs. Every worker process has one; each job has one runner."""

    def __init__(self, jobs: Reindexing) -> None:
        self._jobs = jobs

    async def run(self) -> None:
        """Work until cancelled."""
        await repeat(self.step, _IDLE_SECONDS)

    async def step(self) -> Job | None:
        """Learn what changed, and work on one job if there is one."""
        await self._jobs.learn()
        job = await self._jobs.take()
        if job is None:
            return None
        try:
            await self._work(job)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            await self._jobs.fail(job, f"fault {report(error)}")
        return job

    async def _work(self, job: Job) -> None:
        after = (job.after_updated, job.after_pk)
        while True:
            rows = await self._jobs.page(job, after, _PAGE)
            if not rows:
                await self._jobs.finish(job)
                await self._jobs.refresh()
                return
            behind = (rows[-1]["updated"], rows[-1]["pk"])
            generation = custom.current().generation
            changes = await asyncio.to_thread(_made, job, rows)
            written = await self._jobs.write(job, changes, generation, behind)
            if written is None:
                await self._jobs.refresh()
                continue
            if not written:
                return
            after = behind
            await asyncio.sleep(_PAUSE_SECONDS)


def _made(job: Job, rows: Sequence[Any]) -> list[tuple[Change, int]]:
    """Return the index that the resources of a page should have, with their versions."""
    found = []
    for row in rows:
        body = bytes(row["body"])
        made = write(parse(body), body, row["id"], Mode.PUT, Method.PUT)
        found.append((made, row["version"]))
    return found
