"""``Composition/$document``: a Composition with everything it refers to (R4, Composition, operation document)."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, instance
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.body import instant
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.resources import Stored
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.json import dump, parse, parse_exact

_MOST = 2000


async def document(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer with the document Bundle; with ``persist=true`` it is stored too."""
    asked = parameters.read(request)
    resource_id = resource_id or parameters.one(asked, "id").rpartition("/")[2]
    if resource_type != "Composition" or not resource_id:
        raise refuse(404, "not-supported", "$document is called on a Composition", "operation")
    first = await instance.find(service, "Composition", resource_id)
    found = await _gather(service, first)
    bundle_id, moment = change.new_id(), instant(change.now())
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": bundle_id,
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{bundle_id}"},
        "type": "document",
        "timestamp": moment,
        "entry": [
            {
                "fullUrl": f"{request.base}/fhir/{one.resource_type}/{one.resource_id}",
                "resource": parse_exact(one.body),
            }
            for one in found
            if one.body is not None
        ],
    }
    content = dump(bundle)
    if parameters.one(asked, "persist") == "true":
        await service.resources.write(
            change.write(parse(content), content, bundle_id, Mode.CREATE, Method.POST)
        )
    return answers.resource(200, content)


async def _gather(service: FhirService, first: Stored) -> list[Stored]:
    """Return the Composition, then every resource that can be reached from it, each once."""
    found = {(first.resource_type, first.resource_id): first}
    waiting = [first]
    while waiting:
        current = waiting.pop(0)
        assert current.body is not None
        for kind, name in sorted(_references(parse(current.body))):
            # what a subject or author refers to in turn is no part of the document
            if (kind, name) in found or (current.resource_type == "Patient" and kind != "Organization"):
                continue
            stored = await service.resources.read(kind, name)
            if stored is not None and stored.body is not None:
                found[kind, name] = stored
                waiting.append(stored)
        if len(found) > _MOST:
            raise refuse(400, "too-costly", f"the document has more than {_MOST} resources", "document")
    return list(found.values())


def _references(value: Any) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            reference = current.get("reference")
            if isinstance(reference, str):
                kind, _, name = reference.partition("/_history/")[0].partition("/")
                if kind in RESOURCE_TYPES and name and "/" not in name:
                    found.add((kind, name))
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current
    return found


OPERATIONS = {"$document": document}
