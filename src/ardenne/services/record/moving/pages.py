"""The patient's page: take the whole record away as one file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.services.record.exchange.objects import Place
from ardenne.services.record.moving import exporting
from ardenne.ui import patients
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import as_seen

_CHUNK = 256 * 1024


class MovingPages:
    """The page over one node as a citizen may see it."""

    def __init__(self, service: FhirService, renderer: Renderer, place: Place) -> None:
        self._service = service
        self._renderer = renderer
        self._place = place

    def routes(self) -> list[Route]:
        """Return the addresses: the own record, or that of a person represented (by an opaque id)."""
        page = as_seen(
            self._service, lambda seen: MovingPages(seen, self._renderer, self._place), MovingPages.page
        )
        return [
            Route("/my/export", page, methods=["GET", "POST"]),
            Route("/my/export/{patient}", page, methods=["GET", "POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Say what the file holds; a posted form answers with it."""
        patient = patients.represented(request, self._service.caller)
        if not patient:
            return patients.only(self._renderer, request)
        if request.method != "POST":
            return self._renderer.page(request, "my_export.html", {"here": request.url.path})
        with tempfile.NamedTemporaryFile(prefix="ardenne-export-", suffix=".zip", delete=False) as file:
            out = Path(file.name)
        try:
            await exporting.export(
                self._service, self._place, patient, out, self._renderer.words(request).language
            )
            chunks = _chunks(out)
        except BaseException:
            _remove(out)
            raise
        day = datetime.now(UTC).astimezone(self._service.zone).date().isoformat()
        headers = {
            "content-disposition": f'attachment; filename="record-{day}.zip"', "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }  # fmt: skip
        return StreamingResponse(chunks, 200, headers, "application/zip")


def _chunks(path: Path) -> Iterator[bytes]:
    """Return the parts of a file that nobody else finds any more.

    A server may open a file by its path only after this code is done with it, so the path is not handed on.
    """
    file = path.open("rb")
    path.unlink()

    def parts() -> Iterator[bytes]:
        with file:
            while part := file.read(_CHUNK):
                yield part

    return parts()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
