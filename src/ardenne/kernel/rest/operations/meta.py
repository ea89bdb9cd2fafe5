"""``$meta``, ``$meta-add``, ``$meta-delete`` on a resource (R4, Resource operations)."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, instance
from ardenne.kernel.rest.enforcement import enforce
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Method, Mode, Status
from ardenne.standards.fhir.json import dump, parse, parse_exact

Json = dict[str, Any]
_LISTS = ("profile", "security", "tag")
_TRIES = 20


async def meta(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer with the profiles, tags and security labels of a resource."""
    found = await instance.find(service, *_named(resource_type, resource_id))
    assert found.body is not None
    return _answer(parse(found.body).get("meta", {}))


async def meta_add(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Add profiles, tags and security labels that the resource does not have yet."""
    return await _change(service, request, resource_type, resource_id, adding=True)


async def meta_delete(
    service: FhirService, request: Request, resource_type: str, resource_id: str
) -> Response:
    """Remove profiles, tags and security labels."""
    return await _change(service, request, resource_type, resource_id, adding=False)


async def _change(
    service: FhirService, request: Request, resource_type: str, resource_id: str, *, adding: bool
) -> Response:
    _named(resource_type, resource_id)
    asked = parameters.read(request).get("meta", [{}])[0]
    if not isinstance(asked, dict) or not any(asked.get(name) for name in _LISTS):
        raise refuse(400, "required", "send a parameter 'meta' with profile, tag or security", "meta")
    for _attempt in range(_TRIES):
        found = await instance.find(service, resource_type, resource_id)
        assert found.body is not None
        resource = parse_exact(found.body)
        changed = _combined(resource.get("meta", {}), asked, adding)
        content = dump({**resource, "meta": changed})
        await enforce(service, parse(content))
        labels_alone = not any(asked.get(name) for name in ("profile", "tag"))
        wanted = change.write(parse(content), content, resource_id, Mode.UPDATE, Method.PUT, found.version)
        done = await service.resources.write(wanted._replace(labelling=labels_alone))
        if done.status is not Status.VERSION_CONFLICT:
            if not done.status.done:
                raise answers.problem(done)
            return _answer(parse(done.content())["meta"])
    raise refuse(409, "conflict", "other writers change the resource all the time: try again", "meta")


def _combined(present: Json, asked: Json, adding: bool) -> Json:
    changed = dict(present)
    for name in _LISTS:
        before, named = list(present.get(name, [])), asked.get(name, [])
        keys = {_key(one) for one in named}
        if adding:
            known = {_key(one) for one in before}
            after = before + [one for one in named if _key(one) not in known]
        else:
            after = [one for one in before if _key(one) not in keys]
        if after:
            changed[name] = after
        else:
            changed.pop(name, None)
    return changed


def _key(value: Json | str) -> str:
    return value if isinstance(value, str) else f"{value.get('system', '')}|{value.get('code', '')}"


def _named(resource_type: str, resource_id: str) -> tuple[str, str]:
    if not resource_type or not resource_id:
        raise refuse(
            404, "not-supported", "this operation is called on one resource: Type/id/$meta", "operation"
        )
    return resource_type, resource_id


def _answer(found: Json) -> Response:
    body = {"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": found}]}
    return answers.resource(200, dump(body))


OPERATIONS = {"$meta": meta, "$meta-add": meta_add, "$meta-delete": meta_delete}
