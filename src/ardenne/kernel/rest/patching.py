"""Patch: JSON Patch (RFC 6902) and FHIRPath Patch (R4, fhirpatch), on an id or on criteria.

The patch is applied to the current version and written on condition that it still is the current
one; when another writer was faster, it is applied anew.
"""

from __future__ import annotations

from typing import Any

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, conditional, incoming, instance, references
from ardenne.kernel.rest.enforcement import enforce
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.incoming import Incoming
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode, Status
from ardenne.kernel.store.database import Connection
from ardenne.standards.fhir.json import FhirSyntaxError, dump, parse_exact
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.fhir.patch import PatchError, apply_fhirpath_patch, apply_json_patch

JSON_PATCH = "application/json-patch+json"
_TRIES = 50


async def patch(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer ``PATCH Type/id``."""
    expected = answers.expected_version(request)
    for _attempt in range(_TRIES):
        found = await instance.find(service, resource_type, resource_id)
        assert found.body is not None
        if expected is not None and expected != found.version:
            text = f"{resource_type}/{resource_id} stands at version {found.version}, not {expected}"
            raise refuse(412, "conflict", f"{text}: read it and try again", "if-match")
        sent = _sent(request, found.body, resource_type, resource_id, {})
        await enforce(service, sent.resource)
        asked = _change(sent, resource_id, found.version)
        done = await service.resources.write(asked)
        if done.status is not Status.VERSION_CONFLICT:
            if not done.status.done:
                raise answers.problem(done)
            return answers.written(request, done)
    raise refuse(409, "conflict", "other writers change the resource all the time: try again", "patch")


async def conditional_patch(service: FhirService, request: Request, resource_type: str) -> Response:
    """Answer ``PATCH Type?criteria``."""
    async with conditional.locked(
        service, [conditional.lock_name(resource_type, request.query)]
    ) as connection:
        found = await conditional.only_match(service, resource_type, request.query, connection)
    if found is None:
        raise refuse(404, "not-found", f"no {resource_type} matches the criteria")
    return await patch(service, request, resource_type, found[0])


async def plan(
    service: FhirService,
    request: Request,
    resource_type: str,
    resource_id: str,
    connection: Connection,
    targets: dict[bytes, bytes],
) -> Change:
    """Return the change of a patch inside a transaction."""
    stored = await service.resources.read_in(connection, resource_type, resource_id)
    if stored is None or stored.body is None:
        raise refuse(404, "not-found", f"there is no {resource_type}/{resource_id}")
    sent = _sent(request, stored.body, resource_type, resource_id, targets)
    await enforce(service, sent.resource, connection)
    return _change(sent, resource_id, stored.version)


def _sent(
    request: Request, body: bytes, resource_type: str, resource_id: str, targets: dict[bytes, bytes]
) -> Incoming:
    patched = _patched(request, parse_exact(body), targets)
    if patched.get("id") != resource_id or patched.get("resourceType") != resource_type:
        raise refuse(400, "invalid", "a patch may not change the id or the type", "id", "id")
    return incoming.read_resource(dump(patched), resource_type)


def _change(sent: Incoming, resource_id: str, version: int) -> Change:
    return change.write(sent.resource, sent.content, resource_id, Mode.UPDATE, Method.PATCH, version)


def _patched(request: Request, resource: dict[str, Any], targets: dict[bytes, bytes]) -> dict[str, Any]:
    kind = incoming.media_type(request.header("content-type"))
    try:
        if kind == JSON_PATCH:
            return apply_json_patch(resource, orjson.loads(references.rewrite(request.body, targets)))
        if incoming.is_json(kind) or incoming.is_xml(kind):
            content = references.rewrite(incoming.json_of(request), targets)
            return apply_fhirpath_patch(resource, parse_exact(content))
    except orjson.JSONDecodeError as error:
        raise refuse(400, "structure", f"the patch is no JSON: {error.msg}", "json") from None
    except FhirSyntaxError as error:
        raise RestError(400, [error.issue]) from None
    except PatchError as error:
        raise RestError(422, [Issue("error", "processing", "", str(error), "patch")]) from None
    raise refuse(
        415, "not-supported", f"'{kind[:60]}' is no patch: send {JSON_PATCH} or FHIRPath Patch Parameters"
    )
