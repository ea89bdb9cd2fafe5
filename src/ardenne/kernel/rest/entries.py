"""Entries of a Bundle on their way in: as they were sent, and as the requests that they stand for."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

import msgspec
import orjson

from ardenne.kernel.http.message import Request
from ardenne.kernel.rest.errors import refuse


class EntryRequest(msgspec.Struct, rename="camel"):
    """``Bundle.entry.request``."""

    method: str = ""
    url: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""
    if_match: str = ""
    if_none_exist: str = ""


class Entry(msgspec.Struct, rename="camel"):
    """``Bundle.entry`` with the resource still as sent."""

    full_url: str = ""
    resource: msgspec.Raw = msgspec.Raw(b"")
    request: EntryRequest | None = None


class BundleText(msgspec.Struct, rename="camel"):
    """The members of a Bundle that matter here."""

    type: str = ""
    entry: list[Entry] = []


DECODER = msgspec.json.Decoder(BundleText)


def entry_request(request: Request, entry: Entry) -> Request:
    """Return an entry as the request it stands for."""
    asked = entry.request
    assert asked is not None
    url = asked.url.removeprefix(f"{request.base}/fhir/").lstrip("/")
    path, _, query = url.partition("?")
    content_type = "application/fhir+json"
    body = bytes(entry.resource)
    if asked.method == "PATCH" and b'"Binary"' in body[:4000]:
        content_type, body = _patch_of(body)
    headers = {
        "content-type": content_type,
        "if-none-match": asked.if_none_match,
        "if-modified-since": asked.if_modified_since,
        "if-match": asked.if_match,
        "if-none-exist": asked.if_none_exist,
        "prefer": request.header("prefer"),
    }
    sent = {name: value for name, value in headers.items() if value}
    return Request(
        asked.method,
        f"/fhir/{unquote(path)}",
        query,
        sent,
        body,
        request.base,
        request.client,
        request.caller,
    )


def _patch_of(body: bytes) -> tuple[str, bytes]:
    """Return type and bytes of a JSON Patch that travels in a Binary (R4, 3.1.0.11.1)."""
    binary: dict[str, Any] = orjson.loads(body)
    try:
        return str(binary.get("contentType", "")), base64.b64decode(str(binary.get("data", "")))
    except ValueError:
        raise refuse(400, "value", "Binary.data of the patch is not base64", "base64") from None
