"""Interactions on one resource: read, vread, create, update, delete (R4, RESTful API, 3.1.0)."""

from __future__ import annotations

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, conditional, incoming
from ardenne.kernel.rest.enforcement import enforce
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode, Status
from ardenne.kernel.store.resources import Stored


async def find(service: FhirService, resource_type: str, resource_id: str) -> Stored:
    """Return the current version. Raises RestError 404 (never there) or 410 (deleted)."""
    found = await service.resources.read(resource_type, incoming.check_id(resource_id))
    if found is None:
        raise refuse(404, "not-found", f"there is no {resource_type}/{resource_id}")
    if found.body is None:
        raise refuse(410, "deleted", f"{resource_type}/{resource_id} was deleted")
    return found


async def read(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer ``GET Type/id``."""
    return answers.stored(request, await find(service, resource_type, resource_id))


async def vread(
    service: FhirService, request: Request, resource_type: str, resource_id: str, version: str
) -> Response:
    """Answer ``GET Type/id/_history/version``."""
    incoming.check_id(resource_id)
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    found = await service.resources.read_version(resource_type, resource_id, number)
    if found is None:
        raise refuse(404, "not-found", f"{resource_type}/{resource_id} has no version {version[:20]}")
    if found.body is None:
        raise refuse(410, "deleted", f"version {version} of {resource_type}/{resource_id} is its deletion")
    return answers.stored(request, found)


async def create(service: FhirService, request: Request, resource_type: str) -> Response:
    """Answer ``POST Type``; with If-None-Exist only when nothing matches."""
    sent = incoming.read_resource(incoming.json_of(request), resource_type)
    await enforce(service, sent.resource)
    criteria = request.header("if-none-exist")
    if criteria:
        return await conditional.create(service, request, sent, criteria)
    asked = change.write(sent.resource, sent.content, change.new_id(), Mode.CREATE, Method.POST)
    return await store(service, request, asked)


async def update(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer ``PUT Type/id``: a new version, or a new resource under the client's id."""
    sent = incoming.read_resource(incoming.json_of(request), resource_type)
    incoming.check_id(resource_id)
    found = sent.resource.get("id")
    if found != resource_id:
        text = (
            f"the content has the id '{found}', the address '{resource_id}'"
            if found
            else "the content has no id"
        )
        raise refuse(400, "invalid", f"{text}: both must be the same", "id", f"{resource_type}.id")
    await enforce(service, sent.resource)
    expected = answers.expected_version(request)
    asked = change.write(sent.resource, sent.content, resource_id, Mode.PUT, Method.PUT, expected)
    return await store(service, request, asked)


async def delete(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer ``DELETE Type/id``. Deleting what is not there is no error."""
    incoming.check_id(resource_id)
    done = await service.resources.write(
        change.delete(resource_type, resource_id, answers.expected_version(request))
    )
    if done.status in (Status.NOT_FOUND, Status.GONE):
        return Response(204)
    if not done.status.done:
        raise answers.problem(done)
    return answers.written(request, done)


async def store(service: FhirService, request: Request, asked: Change) -> Response:
    """Write a change and answer; RestError when the store refused it."""
    done = await service.resources.write(asked)
    if not done.status.done:
        raise answers.problem(done)
    return answers.written(request, done)
