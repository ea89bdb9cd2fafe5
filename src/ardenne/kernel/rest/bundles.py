"""Batch and transaction (R4, RESTful API, 3.1.0.11)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.entries import DECODER, BundleText, Entry, entry_request
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.rest.transaction import Transaction
from ardenne.kernel.store.body import instant
from ardenne.standards.fhir.json import FhirSyntaxError, parse
from ardenne.standards.fhir.outcome import Issue

MAX_ENTRIES = 20_000
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_REASONS = {200: "200 OK", 201: "201 Created", 204: "204 No Content", 304: "304 Not Modified"}

Dispatch = Callable[[Request], Awaitable[Response]]


async def process(service: FhirService, request: Request, dispatch: Dispatch) -> Response:
    """Answer ``POST /`` with a Bundle of type batch or transaction."""
    content = incoming.json_of(request)
    bundle = read(content)
    if bundle.type == "transaction":
        work = Transaction(service, request, dispatch)
        responses = await work.run(bundle.entry)
        kind = b"transaction-response"
    elif bundle.type == "batch":
        responses = [await _one(request, entry, place, dispatch) for place, entry in enumerate(bundle.entry)]
        kind = b"batch-response"
    else:
        raise refuse(
            400, "invalid", f"a Bundle of type '{bundle.type[:20]}' is stored at /fhir/Bundle, not processed here",
            "bundle-type", "Bundle.type",
        )  # fmt: skip
    entries = b",".join(entry_json(response, request) for response in responses)
    body = b'{"resourceType":"Bundle","type":"%b"%b}' % (
        kind,
        b',"entry":[%b]' % entries if responses else b"",
    )
    return answers.resource(200, body)


def read(content: bytes) -> BundleText:
    """Return the Bundle in the content. Raises RestError."""
    try:
        bundle = DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            parse(content)
        except FhirSyntaxError as error:
            raise RestError(400, [error.issue]) from None
        raise refuse(
            400, "structure", "the content is not a Bundle as R4 defines it", "bundle", "Bundle"
        ) from None
    if b'"Bundle"' not in content or msgspec.json.decode(content, type=dict[str, msgspec.Raw]).get(
        "resourceType"
    ) != msgspec.Raw(b'"Bundle"'):
        raise refuse(400, "structure", "only a Bundle can be posted here", "bundle", "resourceType")
    if len(bundle.entry) > MAX_ENTRIES:
        raise refuse(
            413, "too-long", f"the Bundle has more than {MAX_ENTRIES} entries: send it in parts", "bundle"
        )
    for place, entry in enumerate(bundle.entry):
        if entry.request is None or entry.request.method not in _METHODS or not entry.request.url:
            raise refuse(
                400, "required", f"entry.request needs a url and a method of {', '.join(_METHODS)}", "bdl-3",
                f"Bundle.entry[{place}].request",
            )  # fmt: skip
    return bundle


async def _one(request: Request, entry: Entry, place: int, dispatch: Dispatch) -> Response:
    try:
        return await dispatch(entry_request(request, entry))
    except RestError as error:
        issues = [
            Issue(
                issue.severity, issue.code, issue.path or f"Bundle.entry[{place}]", issue.message, issue.rule
            )
            for issue in error.issues
        ]
        return answers.outcome(error.status, issues)


def entry_json(response: Response, request: Request) -> bytes:
    """Return ``Bundle.entry`` for an answer."""
    headers = dict(response.headers)
    told: dict[str, Any] = {"status": _REASONS.get(response.status, str(response.status))}
    if "location" in headers:
        told["location"] = headers["location"].removeprefix(f"{request.base}/fhir/")
    if "etag" in headers:
        told["etag"] = headers["etag"]
    if "last-modified" in headers:
        told["lastModified"] = _iso(headers["last-modified"])
    wants_body = answers.prefer(request, "return") != "minimal" or response.status >= 400
    resource = b""
    if response.body and response.status >= 400:
        told["outcome"] = orjson.Fragment(response.body)
    elif response.body and wants_body:
        resource = b'"resource":%b,' % response.body
    return b'{%b"response":%b}' % (resource, orjson.dumps(told))


def _iso(http_date: str) -> str:
    from email.utils import parsedate_to_datetime

    return instant(int(parsedate_to_datetime(http_date).timestamp()) * 1_000_000)
