"""Answers of the FHIR door: bodies, headers and the preferences of the client."""

from __future__ import annotations

import re
from email.utils import formatdate, parsedate_to_datetime

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.store.change import Outcome, Status
from ardenne.kernel.store.resources import Stored
from ardenne.standards.fhir.outcome import Issue, operation_outcome

JSON = "application/fhir+json; charset=utf-8"
XML = "application/fhir+xml; charset=utf-8"
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')


def resource(status: int, body: bytes, *headers: tuple[str, str]) -> Response:
    """Return an answer with a resource."""
    return Response(status, body, (("content-type", JSON), *headers))


def outcome(status: int, issues: list[Issue], *headers: tuple[str, str]) -> Response:
    """Return an answer with an OperationOutcome."""
    return resource(status, orjson.dumps(operation_outcome(issues)), *headers)


def error(found: RestError) -> Response:
    """Return the answer that explains an error."""
    return outcome(found.status, found.issues)


def version_headers(version: int, updated: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return ETag and Last-Modified of a version."""
    return ("etag", f'W/"{version}"'), ("last-modified", formatdate(updated // 1_000_000, usegmt=True))


def stored(request: Request, found: Stored) -> Response:
    """Return a version that was read, or 304 when the client has it already."""
    headers = version_headers(found.version, found.updated)
    if _unchanged(request, found):
        return Response(304, b"", headers)
    assert found.body is not None
    return resource(200, found.body, *headers)


def _unchanged(request: Request, found: Stored) -> bool:
    tags = request.header("if-none-match")
    if tags:
        return tags.strip() == "*" or str(found.version) in _ETAG.findall(tags)
    since = request.header("if-modified-since")
    if not since:
        return False
    try:
        return found.updated // 1_000_000 <= parsedate_to_datetime(since).timestamp()
    except (ValueError, TypeError):
        return False


def expected_version(request: Request) -> int | None:
    """Return the version that If-Match asks for. Raises RestError when it cannot be read."""
    return parse_if_match(request.header("if-match"))


def parse_if_match(text: str) -> int | None:
    """Return the version number of an If-Match value; None when there is none."""
    text = text.strip()
    if not text:
        return None
    match = _ETAG.fullmatch(text)
    version = match[1] if match else text
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise refuse(
            412, "conflict", 'If-Match needs the version as the server gave it, such as W/"3"', "if-match"
        )
    return int(version)


def prefer(request: Request, name: str) -> str:
    """Return the value of a preference such as ``return`` or ``handling`` (RFC 7240)."""
    for part in request.header("prefer").replace(";", ",").split(","):
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return ""


def written(request: Request, done: Outcome) -> Response:
    """Return the answer to a create, update, patch or delete."""
    change = done.change
    version = version_headers(done.version, done.updated)
    if done.status is Status.DELETED or change.body is None:
        return Response(204, b"", version[:1])
    place = f"{request.base}/fhir/{change.resource_type}/{change.resource_id}/_history/{done.version}"
    status = 201 if done.status is Status.CREATED else 200
    headers = (("location", place), *version)
    wanted = prefer(request, "return")
    if wanted == "minimal":
        return Response(status, b"", headers)
    if wanted == "OperationOutcome":
        text = f"{change.resource_type}/{change.resource_id} is stored as version {done.version}."
        return outcome(status, [Issue("information", "informational", "", text)], *headers)
    return resource(status, done.content(), *headers)


def problem(done: Outcome) -> RestError:
    """Return the error of a change that the store refused."""
    change = done.change
    name = f"{change.resource_type}/{change.resource_id}"
    match done.status:
        case Status.VERSION_CONFLICT:
            text = f"{name} stands at version {done.version}, not {change.expected}: read it and try again"
            return refuse(412, "conflict", text, "if-match")
        case Status.ID_IN_USE:
            return refuse(409, "duplicate", f"{name} exists already", "id")
        case Status.NOT_FOUND:
            return refuse(404, "not-found", f"there is no {name}")
    return refuse(410, "deleted", f"{name} was deleted")
