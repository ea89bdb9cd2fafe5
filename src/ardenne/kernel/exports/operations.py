"""``$export``: kick-off, status, files, cancelling (FHIR Bulk Data Access 2.0)."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson

from ardenne.kernel.exports.runner import ExportRunner, caller_of
from ardenne.kernel.exports.store import ExportJobs, Job
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.policy.service import unlimited
from ardenne.kernel.rest import answers, incoming, instance
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.body import instant
from ardenne.standards.fhir import dates

_KNOWN = frozenset(
    {"_outputFormat", "_since", "_type", "_typeFilter", "patient", "includeAssociatedData", "_elements"}
)
_FORMATS = frozenset({"", "application/fhir+ndjson", "application/ndjson", "ndjson"})
_CHUNK = 1 << 16
Operation = Callable[[FhirService, Request, str, str], Awaitable[Response]]


class BulkExport:
    """The operations of bulk export over one node."""

    def __init__(self, jobs: ExportJobs, runner: ExportRunner) -> None:
        self._jobs = jobs
        self._runner = runner

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {"$export": self.start, "$export-status": self.status, "$export-file": self.file}

    async def start(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer the kick-off: 202 and where to ask for the status."""
        if resource_type not in ("", "Patient", "Group") or (resource_type == "Group") != bool(resource_id):
            raise refuse(
                404, "not-supported", "$export is called on the system, on Patient or on a Group", "operation"
            )
        if "respond-async" not in request.header("prefer"):
            raise refuse(
                400, "invalid", "an export is made in the background: send 'Prefer: respond-async'", "prefer"
            )
        if resource_type == "Group":
            await instance.find(service, "Group", resource_id)
        asked = parameters.read(request)
        wanted = _request(request, asked, resource_type, resource_id)
        job_id = await self._jobs.add({**wanted, "caller": msgspec.to_builtins(request.caller)})
        return Response(202, b"", (("content-location", f"{request.base}/fhir/$export-status?job={job_id}"),))

    async def status(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer 202 while the export runs, the manifest when it is done; DELETE cancels it."""
        job = await self._find(request)
        if request.method == "DELETE":
            await self._jobs.cancel(job.id)
            return Response(202)
        if job.status in ("waiting", "running"):
            told = f"{len(job.done)} types done"
            return Response(202, b"", (("x-progress", told), ("retry-after", "1")))
        if job.status == "failed":
            raise refuse(500, "exception", f"the export failed: tell the operator: {job.failure}", "export")
        body = orjson.dumps(_manifest(job, request))
        return Response(200, body, (("content-type", "application/json"),))

    async def file(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer one file of an export."""
        job = await self._find(request)
        name = parameters.one(parameters.read(request._replace(body=b"")), "file")
        if job.status != "done" or name not in {part["file"] for part in job.done}:
            raise refuse(404, "not-found", "the export has no such file", "file")
        path = self._runner.folder(str(job.id)) / f"{name}.gz"
        headers = [("content-type", "application/fhir+ndjson")]
        if "gzip" in request.header("accept-encoding"):
            headers.append(("content-encoding", "gzip"))
            return Response(200, b"", tuple(headers), _chunks(path, packed=True))
        return Response(200, b"", tuple(headers), _chunks(path, packed=False))

    async def _find(self, request: Request) -> Job:
        found = parameters.read(request._replace(method="GET", body=b""))
        job = await self._jobs.get(parameters.one(found, "job"))
        if job is None or job.status == "cancelled" or caller_of(job).account != request.caller.account:
            raise refuse(404, "not-found", "there is no such export", "job")
        return job


def _request(
    request: Request, asked: dict[str, list[Any]], resource_type: str, resource_id: str
) -> dict[str, Any]:
    unknown = sorted(set(asked) - _KNOWN)
    left_out = sorted(set(asked) & {"_typeFilter", "includeAssociatedData", "_elements"})
    if (unknown or left_out) and answers.prefer(request, "handling") != "lenient":
        raise refuse(
            400, "not-supported", f"$export does not know '{(unknown + left_out)[0][:40]}'", "export"
        )
    if parameters.one(asked, "_outputFormat").replace(" ", "+") not in _FORMATS:
        raise refuse(400, "not-supported", "only application/fhir+ndjson is written", "_outputFormat")
    types = [name for text in asked.get("_type", []) for name in str(text).split(",") if name]
    since = None
    if "_since" in asked:
        try:
            since = dates.span(parameters.one(asked, "_since").replace(" ", "+"))[0]
        except ValueError as error:
            raise refuse(400, "value", str(error), "_since") from None
    patients = [one["reference"] if isinstance(one, dict) else str(one) for one in asked.get("patient", [])]
    return {
        "url": f"{request.base}{request.path}" + (f"?{request.query}" if request.query else ""),
        "level": resource_type or "system",
        "group": resource_id,
        "types": [incoming.check_type(name) for name in types],
        "since": since,
        "until": change.now() + 1,
        "patients": [text for one in patients for text in one.split(",")],
    }


def _manifest(job: Job, request: Request) -> dict[str, Any]:
    base = f"{request.base}/fhir/$export-file?job={job.id}&file="
    return {
        "transactionTime": instant(job.request["until"] - 1),
        "request": job.request["url"],
        "requiresAccessToken": not unlimited(request.caller),
        "output": [
            {"type": part["type"], "url": f"{base}{part['file']}", "count": part["count"]}
            for part in job.done
            if part["count"]
        ],
        "error": [],
    }


async def _chunks(path: Path, *, packed: bool) -> AsyncIterator[bytes]:
    with path.open("rb") if packed else gzip.open(path, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
