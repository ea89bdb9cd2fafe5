"""``$import``: kick-off, status, what was refused, cancelling (in the manner of Bulk Data Access 2.0)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.imports import manifest
from ardenne.kernel.imports.manifest import ManifestError, Places
from ardenne.kernel.imports.runner import ImportRunner
from ardenne.kernel.imports.store import ImportJobs, Job
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.body import instant

_CHUNK = 1 << 16
Operation = Callable[[FhirService, Request, str, str], Awaitable[Response]]


class BulkImport:
    """The operations of bulk import over one node."""

    def __init__(self, jobs: ImportJobs, runner: ImportRunner, places: Places) -> None:
        self._jobs = jobs
        self._runner = runner
        self._places = places

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {"$import": self.start, "$import-status": self.status, "$import-file": self.file}

    async def start(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer the kick-off: 202 and where to ask for the status."""
        if resource_type:
            raise refuse(404, "not-supported", "$import is called on the system", "operation")
        if request.method != "POST":
            raise refuse(405, "not-supported", "$import is called by POST", "method")
        if "respond-async" not in request.header("prefer"):
            raise refuse(
                400, "invalid", "an import is made in the background: send 'Prefer: respond-async'", "prefer"
            )
        try:
            inputs = manifest.read(request.body, self._places)
        except ManifestError as error:
            raise refuse(400, "invalid", str(error), error.rule) from None
        job_id = await self._jobs.add(f"{request.base}{request.path}", inputs)
        return Response(202, b"", (("content-location", f"{request.base}/fhir/$import-status?job={job_id}"),))

    async def status(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer 202 while the import runs, what became of each input when it is done; DELETE cancels it."""
        job = await self._find(request)
        if request.method == "DELETE":
            await self._jobs.cancel(job.id)
            return Response(202)
        if job.status in ("waiting", "running"):
            done, read = sum(one.done for one in job.progress), sum(one.lines for one in job.progress)
            told = f"{done} of {len(job.inputs)} files, {read} resources"
            return Response(202, b"", (("x-progress", told), ("retry-after", "1")))
        if job.status == "failed":
            raise refuse(500, "exception", f"the import failed: tell the operator: {job.failure}", "import")
        return Response(200, orjson.dumps(_result(job, request)), (("content-type", "application/json"),))

    async def file(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer the OperationOutcomes of what was refused."""
        job = await self._find(request)
        path = self._runner.refusals(str(job.id))
        if not await asyncio.to_thread(path.is_file):
            raise refuse(404, "not-found", "nothing was refused", "file")
        return Response(200, b"", (("content-type", "application/fhir+ndjson"),), _chunks(path))

    async def _find(self, request: Request) -> Job:
        found = parameters.read(request._replace(method="GET", body=b""))
        job = await self._jobs.get(parameters.one(found, "job"))
        if job is None or job.status == "cancelled":
            raise refuse(404, "not-found", "there is no such import", "job")
        return job


def _result(job: Job, request: Request) -> dict[str, Any]:
    file = f"{request.base}/fhir/$import-file?job={job.id}"
    output, error = [], []
    for asked, found in zip(job.inputs, job.progress, strict=True):
        named = {"type": asked.resource_type, "inputUrl": asked.url}
        counts = {name: getattr(found, name) for name in ("created", "updated", "unchanged")}
        output.append({**named, "count": found.stored, **counts})
        if found.refused or found.failure:
            told = {"reason": found.failure} if found.failure else {"url": file}
            error.append({**named, "type": "OperationOutcome", "count": found.refused, **told})
    return {
        "transactionTime": instant(int(job.created.timestamp() * 1_000_000)),
        "request": job.url,
        "output": output,
        "error": error,
    }


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
