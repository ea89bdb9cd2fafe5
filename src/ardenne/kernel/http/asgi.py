"""Between the ASGI server and our requests and answers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ardenne.kernel.http import compression
from ardenne.kernel.http.message import Request, Response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_COMPRESS_FROM = 1024


class RequestRefused(Exception):
    """The request cannot even be read; ``status`` and the message say why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_request(scope: Scope, receive: Receive, body_limit: int, base_url: str = "") -> Request:
    """Return the request of an ASGI scope. Raises RequestRefused when it is too large or malformed."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()] = value.decode("latin-1")
    base = base_url
    if not base:
        host = headers.get("host", "localhost")
        if not _HOST.fullmatch(host):
            raise RequestRefused(400, "the Host header is not a host name with an optional port")
        base = f"{scope.get('scheme', 'http')}://{host}"
    body = b""
    if scope["method"] not in ("GET", "HEAD", "OPTIONS"):
        body = await _read_body(headers, receive, body_limit)
    client = scope.get("client") or ("", 0)
    query = scope.get("query_string", b"").decode("latin-1")
    return Request(scope["method"], scope["path"], query, headers, body, base, client[0])


async def _read_body(headers: dict[str, str], receive: Receive, limit: int) -> bytes:
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise RequestRefused(
            413, f"the content has {declared} bytes, at most {limit} are taken: send it in parts"
        )
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestRefused(400, "the connection ended before the content")
        chunk = message.get("body", b"")
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise RequestRefused(413, f"the content is larger than {limit} bytes: send it in parts")
        if not message.get("more_body"):
            break
    return _decoded(b"".join(chunks), headers.get("content-encoding", ""), limit)


def _decoded(body: bytes, encoding: str, limit: int) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding not in compression.READ:
        known = ", ".join(compression.READ)
        raise RequestRefused(415, f"the content encoding '{encoding[:20]}' is not read: use {known} or none")
    try:
        return compression.unpack(encoding, body, limit)
    except compression.DamagedContent as error:
        raise RequestRefused(400, str(error)) from None
    except compression.TooLarge as error:
        raise RequestRefused(413, str(error)) from None


async def send_response(request: Request | None, response: Response, send: Send) -> None:
    """Send an answer; packed when the caller takes it and it is worth it."""
    body = response.body
    headers = [
        (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in response.headers
    ]
    if response.stream is not None:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        async for chunk in response.stream:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    if request is not None and len(body) >= _COMPRESS_FROM:
        encoding = compression.chosen(request.header("accept-encoding"))
        if encoding:
            body = compression.pack(encoding, body)
            headers.append((b"content-encoding", encoding.encode()))
        headers.append((b"vary", b"accept-encoding"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    sent = b"" if request is not None and request.method == "HEAD" else body
    await send({"type": "http.response.body", "body": sent})
