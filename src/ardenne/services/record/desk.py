"""The error desk: what could not be filed and why, trying again, setting aside, filing by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.rest import binary
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import filing, store
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, address_of, caller_of

_UPLOAD_LIMIT = 64 * 1024 * 1024
_ROWS = 200


class DeskPages:
    """The pages of the error desk."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/desk", self._seen(DeskPages.desk), methods=["GET", "POST"]),
            Route("/desk/{entry:int}/original", self._seen(DeskPages.original)),
        ]

    def _seen(self, page: Callable[[DeskPages, Request], Awaitable[Response]]) -> Endpoint:
        """Return a page of the desk, which files in the name of who sits at it."""

        async def answer(request: Request) -> Response:
            service = self._service.as_platform(caller_of(request), address_of(request))
            try:
                return await page(DeskPages(service, self._renderer), request)
            finally:
                await service.finish()

        return answer

    async def desk(self, request: Request) -> Response:
        """What waits; a posted form files a document, tries one again or sets one aside."""
        filed: filing.Filed | None = None
        told = ""
        if request.method == "POST":
            form = await request.form(max_files=2)
            filed, told = await self._act(form, request)
        rows, total = await store.waiting(self._service.database, _ROWS)
        values = {"rows": rows, "total": total, "filed": filed, "told": told}
        return self._renderer.page(request, "desk.html", values)

    async def _act(self, form: FormData, request: Request) -> tuple[filing.Filed | None, str]:
        text = self._renderer.words(request).text
        entry = str(form.get("entry", ""))
        if not entry:
            return await self._file(form, text("The description is not JSON."))
        waiting = await store.entry(self._service.database, int(entry)) if entry.isdigit() else None
        if waiting is None:
            return None, text("That entry does not wait any more.")
        if form.get("action") == "aside":
            await store.set_aside(self._service.database, waiting.id)
            return None, text("The entry is set aside. Its content is kept; filing it again brings it back.")
        data = await self._service.blobs.get(waiting.digest)
        return await filing.file(self._service, data, waiting.source), ""

    async def _file(self, form: FormData, not_json: str) -> tuple[filing.Filed | None, str]:
        upload, about = form.get("file"), form.get("description")
        if upload is None or isinstance(upload, str) or not upload.filename:
            return None, ""
        sidecar: dict[str, Any] | None = None
        if about is not None and not isinstance(about, str) and about.filename:
            try:
                read = orjson.loads(await about.read(_UPLOAD_LIMIT))
            except orjson.JSONDecodeError:
                return None, not_json
            if not isinstance(read, dict):
                return None, not_json
            sidecar = read
        data = await upload.read(_UPLOAD_LIMIT)
        return await filing.file(self._service, data, upload.filename, sidecar), ""

    async def original(self, request: Request) -> Response:
        """The bytes of a content that waits, always as a download."""
        waiting = await store.entry(self._service.database, request.path_params["entry"])
        if waiting is None:
            return Response("nothing waits here", 404)
        if self._service.trace is not None:
            self._service.trace.note(Action.OPERATION, None, rule="error-desk", detail=f"entry {waiting.id}")
        answer = binary.raw(await self._service.blobs.get(waiting.digest), "application/octet-stream")
        return Response(answer.body, answer.status, dict(answer.headers))
