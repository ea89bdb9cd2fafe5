"""The filing door for software: ``POST /filing`` with the bytes of one file."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import filing
from ardenne.services.record.feeds import counting
from ardenne.ui.seen import address_of, caller_of


class FilingDoor:
    """Files what software sends. ``x-file-name`` and ``x-sidecar`` are percent-encoded headers."""

    def __init__(self, service: FhirService, body_limit: int) -> None:
        self._service = service
        self._limit = body_limit

    def routes(self) -> list[Route]:
        """Return the address of the door."""
        return [Route("/filing", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """File one content and answer what became of it."""
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > self._limit:
                return JSONResponse({"error": f"a file has at most {self._limit} bytes here"}, 413)
        sidecar: dict[str, Any] | None = None
        if "x-sidecar" in request.headers:
            try:
                sidecar = orjson.loads(unquote(request.headers["x-sidecar"]))
            except orjson.JSONDecodeError:
                return JSONResponse({"error": "x-sidecar is not percent-encoded JSON"}, 400)
        name = unquote(request.headers.get("x-file-name", ""))[:200] or "file"
        service = self._service.as_platform(caller_of(request), address_of(request))
        try:
            filed = await filing.file(service, bytes(data), name, sidecar)
        finally:
            await service.finish()
        counting.note(f"filing {caller_of(request).name}".strip(), filed.outcome)
        return JSONResponse(msgspec.to_builtins(filed._asdict()))
