"""The identity office's page: records that were opened, letters to print, the list of the insurance."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.store_credentials import ACTIVATION_DAYS
from ardenne.kernel.rest.service import FhirService
from ardenne.services.affiliation import feed, letters, opening, store
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import address_of, base_of, caller_of

_LARGEST = 32 * 1024 * 1024
_SHOWN = 20


class AffiliationPages:
    """The page over one node. ``base``: the configured address of the node."""

    def __init__(self, service: FhirService, renderer: Renderer, base: str) -> None:
        self._service = service
        self._renderer = renderer
        self._base = base

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/desk/affiliations", self.page, methods=["GET", "POST"]),
            Route("/desk/affiliations/letters.pdf", self.print, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Figures and batches; a posted list opens records, or says line by line what is wrong with it."""
        faults: list[feed.Fault] = []
        problem, done = "", None
        if request.method == "POST":
            upload = (await request.form(max_files=1, max_part_size=_LARGEST)).get("list")
            try:
                data = await upload.read(_LARGEST) if isinstance(upload, UploadFile) else b""
                found = feed.read(data.decode("utf-8"))
                faults = found.faults
                if not faults:
                    done = await self._open(request, found.affiliates)
            except UnicodeDecodeError:
                problem = "utf-8"
            except ValueError:
                problem = "head"
        values: dict[str, Any] = {
            "figures": await store.figures(self._service.database, ACTIVATION_DAYS),
            "batches": await store.batches(self._service.database), "faults": faults[:_SHOWN],
            "number": len(faults), "problem": problem, "opened": done, "most": letters.MOST, "days": ACTIVATION_DAYS,
            "columns": ",".join(feed.COLUMNS),
        }  # fmt: skip
        status = 422 if problem or faults else 200
        return self._renderer.page(request, "affiliations.html", values, status)

    async def _open(self, request: Request, affiliates: list[feed.Affiliate]) -> opening.Opened:
        platform = self._service.as_platform(caller_of(request), address_of(request))
        try:
            return await opening.open_records(platform, affiliates)
        finally:
            await platform.finish()

    async def print(self, request: Request) -> Response:
        """Letters as one PDF: those that wait, or a batch again with new codes."""
        text = str((await request.form()).get("batch", ""))
        try:
            batch = uuid.UUID(text) if text else None
        except ValueError:
            return RedirectResponse("/desk/affiliations", 303)
        platform = self._service.as_platform(caller_of(request), address_of(request))
        try:
            done = await letters.print_batch(platform, base_of(request, self._base), batch)
        finally:
            await platform.finish()
        if done is None:
            return RedirectResponse("/desk/affiliations", 303)
        headers = {
            "content-disposition": 'attachment; filename="letters.pdf"', "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }  # fmt: skip
        return Response(done.data, 200, headers, "application/pdf")
