"""``$validate``: whether a resource is right, and what is wrong with it (R4, Resource, operation validate).

On a type, on an instance, or on the system; modes create, update, delete and profile. The answer is always an
OperationOutcome with status 200: it tells about the resource, not about the request.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming, instance
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.rest.structures import structures
from ardenne.kernel.search.query import read_pairs
from ardenne.kernel.terminology.service import NodeSource
from ardenne.standards.fhir.json import FhirSyntaxError, parse_exact
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.fhir.profiles import Context, validate_profile
from ardenne.standards.fhir.terminology import Source, TerminologyCodes

Json = dict[str, Any]

_MODES: Final = ("", "create", "update", "delete", "profile")


class Asked(NamedTuple):
    """What is to be validated, against what."""

    resource: Json | None
    mode: str
    profiles: tuple[str, ...]


async def validate(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer with everything that is to be said about the resource."""
    try:
        asked = _asked(request)
    except FhirSyntaxError as error:
        return answers.outcome(200, [error.issue])
    if asked.mode not in _MODES:
        raise refuse(400, "value", f"the mode is one of {', '.join(_MODES[1:])}", "mode")
    if asked.mode == "delete":
        return await _deletable(service, resource_type, resource_id)
    resource = asked.resource
    if resource is None:
        if not resource_id:
            raise refuse(400, "required", "send the resource, or call the operation on one", "resource")
        stored = await instance.find(service, resource_type, resource_id)
        assert stored.body is not None
        resource = parse_exact(stored.body)
    before = _about_address(resource, asked.mode, resource_type, resource_id)

    def work(source: Source, node: NodeSource) -> list[Issue]:
        context = Context(structure=structures(node), codes=TerminologyCodes(source))
        return validate_profile(resource, asked.profiles, context)

    return answers.outcome(200, before + await service.terminology.run(work))


def _asked(request: Request) -> Asked:
    """Read the parameters from query and body. Raises RestError and FhirSyntaxError."""
    found: dict[str, list[str]] = {}
    for name, value in read_pairs(request.query):
        found.setdefault(name, []).append(value)
    resource: Json | None = None
    if request.method == "POST" and request.body:
        resource = parse_exact(incoming.json_of(request))
        if resource.get("resourceType") == "Parameters" and _is_envelope(resource):
            envelope, resource = resource, None
            for entry in envelope["parameter"]:
                if entry.get("name") == "resource":
                    resource = entry.get("resource")
                given = next((v for key, v in entry.items() if key.startswith("value")), None)
                if isinstance(given, str):
                    found.setdefault(str(entry.get("name")), []).append(given)
    elif request.method not in ("GET", "HEAD", "POST"):
        raise refuse(405, "not-supported", "an operation is called by GET or POST", "method")
    mode = (found.get("mode") or [""])[0]
    return Asked(resource if isinstance(resource, dict) else None, mode, tuple(found.get("profile", ())))


def _is_envelope(parameters: Json) -> bool:
    """Whether Parameters carry the question, and are not what is to be validated."""
    entries = parameters.get("parameter")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return False
    return bool(entries) and {entry.get("name") for entry in entries} <= {"resource", "mode", "profile"}


def _about_address(resource: Json, mode: str, resource_type: str, resource_id: str) -> list[Issue]:
    """What is wrong with a resource at this address, whatever its content."""
    found = resource.get("resourceType")
    if resource_type and found != resource_type:
        text = f"the resource is of type '{str(found)[:40]}', the address asks for {resource_type}"
        return [Issue("error", "invalid", "resourceType", text, "resource-type")]
    if mode == "update" and resource.get("id") != resource_id:
        text = f"an update needs the id of its address, '{resource_id}'; found '{resource.get('id')}'"
        return [Issue("error", "invalid", f"{resource_type}.id", text, "id")]
    return []


async def _deletable(service: FhirService, resource_type: str, resource_id: str) -> Response:
    if not resource_id:
        raise refuse(400, "required", "mode delete is asked of one resource: Type/id/$validate", "mode")
    try:
        await instance.find(service, resource_type, resource_id)
    except RestError as error:
        return answers.outcome(200, error.issues)
    text = f"{resource_type}/{resource_id} may be deleted"
    return answers.outcome(200, [Issue("information", "informational", "", text, "delete")])


OPERATIONS = {"$validate": validate}
"""Keyed by the name as it stands in the address."""
