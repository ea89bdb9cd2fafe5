"""Binary (R4, Binary): contents of any type, kept in the content store and served as they came.

The stored resource carries the hash of its content in place of ``data``; ``data`` is put back when a
client asks for the resource as FHIR.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ardenne.kernel.blobs import ContentDamaged, KeyMissing
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming, instance
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change, contents
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.kernel.store.contents import Content
from ardenne.kernel.store.database import Connection
from ardenne.standards.fhir.json import dump, parse, parse_exact

_FHIR = frozenset({"application/fhir+json", "application/fhir+xml"})
_AS_RESOURCE = _FHIR | {"application/json"}
_SAFE_IN_BROWSER = frozenset(
    {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"}
)


async def read(service: FhirService, request: Request, resource_id: str) -> Response:
    """Answer ``GET Binary/id``: the bare content, or the resource when FHIR is asked for."""
    found = await instance.find(service, "Binary", resource_id)
    assert found.body is not None
    resource = parse_exact(found.body)
    content = await content_of(service, resource)
    headers = answers.version_headers(found.version, found.updated)
    accept = request.header("accept")
    is_fhir = incoming.media_type(str(resource.get("contentType", ""))) in _FHIR
    # a FHIR document is given as the Bundle that it is: nobody who asks for FHIR wants it wrapped (EU Health Data API)
    if "_format" in request.query or (not is_fhir and incoming.media_type(accept) in _AS_RESOURCE):
        resource.pop("_data", None)
        if content:
            resource["data"] = base64.b64encode(content).decode()
        return answers.resource(200, dump(resource), *headers)
    kind = str(resource.get("contentType", "")) or "application/octet-stream"
    if not _taken(accept, kind):
        text = f"this content is {kind[:100]}: ask for that, for */*, or for FHIR"
        raise refuse(406, "not-supported", text, "accept")
    return raw(content, kind, *headers)


def _taken(accept: str, kind: str) -> bool:
    """Tell whether a client takes a content type (RFC 9110, 12.5.1); nothing asked for is everything."""
    wanted = {incoming.media_type(part) for part in accept.split(",") if part.strip()}
    media = incoming.media_type(kind)
    family = f"{media.partition('/')[0]}/*"
    return not wanted or bool(wanted & {"*/*", "*", family, media}) or any(map(_is_resource, wanted))


def _is_resource(media: str) -> bool:
    return media in _AS_RESOURCE or incoming.is_xml(media)


def raw(content: bytes, kind: str, *headers: tuple[str, str]) -> Response:
    """Return a content so that no browser runs it: types that could hold script are downloads."""
    media = incoming.media_type(kind)
    disposition = "inline" if media in _SAFE_IN_BROWSER else "attachment"
    return Response(
        200,
        content,
        (
            ("content-type", kind or "application/octet-stream"),
            ("content-disposition", disposition),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            *headers,
        ),
    )


async def create(service: FhirService, request: Request) -> Response:
    """Answer ``POST Binary``."""
    resource = _sent(request)
    return await instance.store(service, request, keep(resource, change.new_id(), Mode.CREATE, Method.POST))


async def update(service: FhirService, request: Request, resource_id: str) -> Response:
    """Answer ``PUT Binary/id``."""
    incoming.check_id(resource_id)
    resource = _sent(request)
    if resource.setdefault("id", resource_id) != resource_id:
        raise refuse(400, "invalid", "the id of the content and of the address differ", "id", "Binary.id")
    expected = answers.expected_version(request)
    asked = keep(resource, resource_id, Mode.PUT, Method.PUT, expected)
    return await instance.store(service, request, asked)


def _sent(request: Request) -> dict[str, Any]:
    kind = request.header("content-type")
    if incoming.media_type(kind) in ("application/fhir+json", "application/fhir+xml"):
        return incoming.read_resource(incoming.json_of(request), "Binary").resource
    return {
        "resourceType": "Binary",
        "contentType": kind or "application/octet-stream",
        "data": base64.b64encode(request.body).decode(),
    }


def keep(
    resource: dict[str, Any],
    resource_id: str,
    mode: Mode,
    method: Method,
    expected: int | None = None,
) -> Change:
    """Return the change that stores a Binary with its content, which goes into the content store."""
    kept = {name: value for name, value in resource.items() if name not in ("data", "_data")}
    content: Content | None = None
    if resource.get("data"):
        try:
            data = base64.b64decode("".join(resource["data"].split()), validate=True)
        except binascii.Error:
            raise refuse(422, "value", "data is not base64", "base64", "Binary.data") from None
        context = str(resource.get("securityContext", {}).get("reference", ""))
        patient = context if context.startswith("Patient/") else ""
        content = contents.of(patient, data)
        kept["_data"] = contents.naming(content.digest.hex(), patient)
    body = dump(kept)
    return change.write(parse(body), body, resource_id, mode, method, expected)._replace(content=content)


async def content_of(
    service: FhirService, resource: dict[str, Any], connection: Connection | None = None
) -> bytes:
    """Return the content that a stored Binary stands for, in the caller's transaction if there is one. Raises RestError."""
    named = contents.named(resource)
    if named is None:
        return b""
    try:
        return await service.blobs.get(named.digest.hex(), named.record, connection)
    except FileNotFoundError:
        raise refuse(404, "not-found", "the content is not in the content store") from None
    except (ContentDamaged, KeyMissing) as error:
        raise refuse(500, "exception", str(error), "content-damaged") from None
