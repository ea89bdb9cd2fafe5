"""``$reindex`` and its like: the progress of indexing, pausing it, letting it go on, beginning it anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming, instance
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.reindexing import Job, Reindexing
from ardenne.standards.fhir.json import dump

Operation = Callable[[FhirService, Request, str, str], Awaitable[Response]]


class IndexOperations:
    """The operations on jobs, on the system or on one SearchParameter."""

    def __init__(self, jobs: Reindexing) -> None:
        self._jobs = jobs

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {"$reindex": self.reindex, "$reindex-pause": self.pause, "$reindex-resume": self.resume}

    async def reindex(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """GET tells the progress. POST begins anew: a SearchParameter, or the whole index of ``type``."""
        found = await self._chosen(service, resource_type, resource_id)
        if request.method == "POST":
            if resource_id:
                for job in found:
                    await self._jobs.start(job.resource_type, job.stored, job.code, job.source)
            else:
                name = parameters.one(parameters.read(request), "type")
                if not name:
                    raise refuse(400, "required", "say which resource type: type=Observation", "type")
                await self._jobs.start(incoming.check_type(name), "", "", "")
        return await self._progress(service, resource_type, resource_id)

    async def pause(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Let the jobs rest where they are."""
        _by_post(request)
        await self._jobs.pause(await self._chosen(service, resource_type, resource_id))
        return await self._progress(service, resource_type, resource_id)

    async def resume(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Let the jobs go on where they were."""
        _by_post(request)
        await self._jobs.resume(await self._chosen(service, resource_type, resource_id))
        return await self._progress(service, resource_type, resource_id)

    async def _chosen(self, service: FhirService, resource_type: str, resource_id: str) -> list[Job]:
        if resource_type not in ("", "SearchParameter"):
            raise refuse(
                404, "not-supported", "$reindex is called on the system or on a SearchParameter", "operation"
            )
        if resource_id:
            await instance.find(service, "SearchParameter", resource_id)
        return await self._jobs.jobs(resource_id)

    async def _progress(self, service: FhirService, resource_type: str, resource_id: str) -> Response:
        jobs = await self._chosen(service, resource_type, resource_id)
        told: dict[str, Any] = {"resourceType": "Parameters"}
        if jobs:
            told |= {"parameter": [_told(job) for job in jobs]}
        return answers.resource(200, dump(told))


def _by_post(request: Request) -> None:
    if request.method != "POST":
        raise refuse(405, "not-supported", "this operation is called by POST", "method")


def _told(job: Job) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"name": "type", "valueCode": job.resource_type},
        {"name": "state", "valueCode": "removing" if job.removing and job.state != "paused" else job.state},
        {"name": "done", "valueInteger": job.done},
        {"name": "total", "valueInteger": job.total},
    ]
    if job.code:
        parts.append({"name": "code", "valueCode": job.code})
    if job.source:
        parts.append({"name": "source", "valueReference": {"reference": f"SearchParameter/{job.source}"}})
    if job.failure:
        parts.append({"name": "failure", "valueString": f"{job.failure}: tell the operator"})
    return {"name": "job", "part": parts}
