"""The leaflet of a product for whoever asks, and its table for the desk."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.services.vaccination import store_leaflets as store
from ardenne.services.vaccination import wording
from ardenne.services.vaccination.leaflets import Leaflet, LeafletError, believed, checked, resolve
from ardenne.services.vaccination.nomenclature import starter
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen


class LeafletPages:
    """The pages over one node."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/leaflet/{country}/{vaccine}", self.leaflet),
            Route("/desk/leaflets", self._seen(LeafletPages.table), methods=["GET", "POST"]),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: LeafletPages(one, self._renderer), page)

    async def leaflet(self, request: Request) -> Response:
        """Send a reader to the leaflet: of a NUVA code or a trade item number, in the reader's language if there is one."""
        country, code = request.path_params["country"].upper(), request.path_params["vaccine"]
        vaccine = starter().by_gtin.get(code.zfill(14)) if code.isdigit() else starter().vaccines.get(code)
        words = self._renderer.words(request)
        found = None
        if vaccine is not None:
            found = resolve(await self._lines(vaccine.code), country, vaccine.code, words.language)
        if found is None:
            return self._renderer.problem(
                request, words.text("No leaflet is known"),
                words.text("Nobody has entered a leaflet of this product for this country yet."), 404,
            )  # fmt: skip
        return RedirectResponse(found.address, 303, {"cache-control": "no-store"})

    async def _lines(self, vaccine: str = "") -> list[Leaflet]:
        """What the desk entered, then what is believed where the desk has said nothing."""
        entered = await store.leaflets(self._service.database, vaccine)
        said = {one[:3] for one in entered}
        return [*entered, *(one for one in believed() if one[:3] not in said)]

    async def table(self, request: Request) -> Response:
        """The table; the posted form adds or ends a leaflet."""
        problem, form = "", {}
        if request.method == "POST":
            form = {name: str(value).strip()[:600] for name, value in (await request.form()).items()}
            try:
                await self._keep(form)
                return RedirectResponse("/desk/leaflets?done=1", 303)
            except LeafletError as error:
                problem = error.rule
        names = {one.code: one.name for one in starter().choices() if one.product}
        lines = sorted(await self._lines(), key=lambda one: (names.get(one.vaccine, one.vaccine), one[:3]))
        values = {
            "lines": [one for one in lines if one.address], "names": names, "form": form, "problem": problem,
            "changes": await store.changes(self._service.database), "wording": wording,
            "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, "leaflets.html", values, 422 if problem else 200)

    async def _keep(self, form: dict[str, str]) -> None:
        code = form.get("vaccine", "")
        if code not in starter().vaccines:
            raise LeafletError("vaccine")
        country, language = form.get("country", "").upper(), form.get("language", "").lower()
        version = re.sub(r"\s+", " ", form.get("version", ""))
        one = checked(country, code, language, form.get("address", ""), version)
        async with self._service.database.transaction() as connection:
            await store.add(connection, one, self._service.caller.name)
