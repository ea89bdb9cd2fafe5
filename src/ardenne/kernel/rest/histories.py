"""History of a resource, a type and the system (R4, RESTful API, 3.1.0.13)."""

from __future__ import annotations

import base64
from urllib.parse import quote, urlencode

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import DEFAULT_COUNT, MAX_COUNT, read_pairs
from ardenne.kernel.store.body import instant
from ardenne.kernel.store.change import Method, new_id, now
from ardenne.kernel.store.past import Position, Version
from ardenne.standards.fhir import dates

_KNOWN = frozenset({"_count", "_since", "_at", "_page", "_format", "_pretty", "_sort", "_type"})


async def of_resource(
    service: FhirService, request: Request, resource_type: str, resource_id: str
) -> Response:
    """Answer ``GET Type/id/_history``."""
    asked = _read(request)
    span, count = _span(asked), _count(asked)
    page = asked.get("_page", "")
    offset = int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 0
    versions, total = await service.past.of_resource(
        resource_type, incoming.check_id(resource_id), span, offset, max(count, 1)
    )
    if not versions and not await service.resources.read(resource_type, resource_id):
        raise refuse(404, "not-found", f"there is no {resource_type}/{resource_id}")
    following = str(offset + count) if count and offset + count < total else ""
    path = f"{resource_type}/{resource_id}/_history"
    return answers.resource(200, _bundle(request, asked, path, versions[:count], total, following))


async def of_types(service: FhirService, request: Request, resource_type: str = "") -> Response:
    """Answer ``GET Type/_history`` and ``GET _history``."""
    asked = _read(request)
    count = max(_count(asked), 1)
    types = (resource_type,) if resource_type else tuple(filter(None, asked.get("_type", "").split(",")))
    for name in types:
        incoming.check_type(name)
    versions = await service.past.of_types(types, _span(asked), _position(asked.get("_page", "")), count + 1)
    following = ""
    if len(versions) > count:
        versions = versions[:count]
        last = versions[-1]
        position = orjson.dumps([last.updated, last.pk, last.version])
        following = base64.urlsafe_b64encode(position).decode().rstrip("=")
    path = f"{resource_type}/_history" if resource_type else "_history"
    return answers.resource(200, _bundle(request, asked, path, versions, None, following))


def _read(request: Request) -> dict[str, str]:
    asked = dict(read_pairs(request.query))
    unknown = sorted(set(asked) - _KNOWN)
    if unknown:
        raise refuse(
            400, "not-supported", f"a history has no parameter '{unknown[0][:40]}'", "history-parameter"
        )
    return asked


def _count(asked: dict[str, str]) -> int:
    text = asked.get("_count", str(DEFAULT_COUNT))
    if not text.isascii() or not text.isdigit():
        raise refuse(400, "invalid", "_count is not a whole number of 0 or more", "_count")
    return min(int(text[:9]), MAX_COUNT)


def _span(asked: dict[str, str]) -> tuple[int, int]:
    low, high = dates.MIN_US, dates.MAX_US
    try:
        if "_since" in asked:
            low = dates.span(asked["_since"].replace(" ", "+"))[0]
        if "_at" in asked:
            at = dates.span(asked["_at"].replace(" ", "+"))
            low, high = max(low, at[0]), at[1]
    except ValueError as error:
        raise refuse(400, "value", str(error), "_since") from None
    return low, high


def _position(text: str) -> Position:
    if not text:
        return Position()
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        updated, pk, version = (int(part) for part in found)
    except (ValueError, TypeError):
        raise refuse(
            400, "invalid", "_page is damaged: follow the links of the first page", "_page"
        ) from None
    return Position(updated, pk, version)


def _bundle(
    request: Request,
    asked: dict[str, str],
    path: str,
    versions: list[Version],
    total: int | None,
    following: str,
) -> bytes:
    base = f"{request.base}/fhir"
    kept = {name: value for name, value in asked.items() if name != "_page"}
    links = [{"relation": "self", "url": _address(base, path, asked)}]
    if following:
        links.append({"relation": "next", "url": _address(base, path, {**kept, "_page": following})})
    parts = [
        b'{"resourceType":"Bundle","id":"%b","meta":{"lastUpdated":"%b"},"type":"history"'
        % (new_id().encode(), instant(now()).encode())
    ]
    if total is not None:
        parts.append(b',"total":%d' % total)
    parts.append(b',"link":%b' % orjson.dumps(links))
    if versions:
        parts.append(b',"entry":[%b]' % b",".join(_entry(base, version) for version in versions))
    return b"".join([*parts, b"}"])


def _address(base: str, path: str, asked: dict[str, str]) -> str:
    return f"{base}/{path}?{urlencode(asked, quote_via=quote)}" if asked else f"{base}/{path}"


def _entry(base: str, version: Version) -> bytes:
    place = f"{version.resource_type}/{version.resource_id}"
    method = "DELETE" if version.body is None else Method(version.method).name
    address = version.resource_type if method == "POST" else place
    status = {"POST": "201", "DELETE": "204"}.get(method, "200" if version.version > 1 else "201")
    request = orjson.dumps({"method": method, "url": address})
    response = orjson.dumps(
        {"status": status, "etag": f'W/"{version.version}"', "lastModified": instant(version.updated)}
    )
    body = b"" if version.body is None else b',"resource":%b' % version.body
    full = f"{base}/{place}".encode()
    return b'{"fullUrl":"%b"%b,"request":%b,"response":%b}' % (full, body, request, response)
