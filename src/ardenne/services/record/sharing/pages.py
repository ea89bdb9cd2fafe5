"""The patient's page: share my summary, see what is shared, end it."""

from __future__ import annotations

import uuid

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.services.record.sharing import shares, store
from ardenne.services.record.sharing.shares import ShareError
from ardenne.standards.cards import qr
from ardenne.ui import patients
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import as_seen, base_of


class SharePages:
    """The page over one node as a citizen may see it. ``base``: the configured address of the node."""

    def __init__(self, service: FhirService, renderer: Renderer, base: str) -> None:
        self._service = service
        self._renderer = renderer
        self._base = base

    def routes(self) -> list[Route]:
        """Return the addresses: the own record, or that of a person represented (by an opaque id)."""
        page = as_seen(
            self._service, lambda seen: SharePages(seen, self._renderer, self._base), SharePages.page
        )
        return [
            Route("/my/share", page, methods=["GET", "POST"]),
            Route("/my/share/{patient}", page, methods=["GET", "POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """What is shared; a posted form makes a link, which is shown once, or ends one."""
        patient = patients.represented(request, self._service.caller)
        if not patient:
            return patients.only(self._renderer, request)
        text = self._renderer.words(request).text
        link, problem = "", ""
        if request.method == "POST":
            form = {name: str(value)[:200] for name, value in (await request.form()).items()}
            if form.get("act") == "end":
                await self._end(patient, form.get("share", ""))
                return RedirectResponse(f"{request.url.path}?done=1", 303)
            try:
                days = int(form.get("days", "")) if form.get("days", "").isdigit() else 0
                base = base_of(request, self._base)
                link = await shares.make(
                    self._service, patient, base, form.get("label", ""), days, form.get("passcode", "")
                )
                link = f"{base}/shared#{link}"
            except ShareError as error:
                problem = str(error)
        found = await store.of_patient(self._service.database, hashing.self_hash("Patient", patient))
        values = {
            "shares": found, "link": link, "problem": problem, "days": shares.DAYS, "here": request.url.path,
            "code": qr.svg(link, text("Code of the shared summary")) if link else "",
            "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, "my_share.html", values, 422 if problem else 200)

    async def _end(self, patient: str, share: str) -> None:
        try:
            await shares.end(self._service, patient, uuid.UUID(share))
        except ValueError:
            return
