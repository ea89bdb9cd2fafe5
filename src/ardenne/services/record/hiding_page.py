"""The citizen's page "who can see this document": hide it, restrict it, show it again."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import document_page, hiding, reading, wording
from ardenne.standards.fhir.labels import Level, label
from ardenne.ui import parties
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import as_seen

Json = dict[str, Any]
_LEVELS = {"normal": Level.NORMAL, "restricted": Level.RESTRICTED, "secret": Level.SECRET}


class HidingPages:
    """The page over one node as a citizen may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the address."""
        page = as_seen(self._service, lambda seen: HidingPages(seen, self._renderer), HidingPages.access)
        return [Route("/record/{patient}/document/{document}/access", page, methods=["GET", "POST"])]

    async def access(self, request: Request) -> Response:
        """Show who can see a document; a posted level takes effect at once."""
        patient = request.path_params["patient"]
        document = await self._document(patient, request.path_params["document"])
        if document is None:
            return self._missing(request)
        problem = ""
        if request.method == "POST":
            problem = await self._change(request, patient, document)
            if not problem:
                return RedirectResponse(f"{request.url.path}?done=1", 303)
        people = await hiding.affected(self._service, patient)
        names = await parties.names(self._service, [one.reference for one in people])
        text = self._renderer.words(request).text
        told = text("Done. It has effect at once.") if "done" in request.query_params else ""
        values = {
            "title": document_page.title(document), "level": label(document).level.name.lower(),
            "levels": list(_LEVELS), "people": sorted((names[one.reference], one.level > Level.NORMAL) for one in people),
            "back": request.url.path.removesuffix("/access"), "wording": wording, "told": told, "problem": problem,
        }  # fmt: skip
        return self._renderer.page(request, "document_access.html", values, 422 if problem else 200)

    async def _document(self, patient: str, document: str) -> Json | None:
        if self._service.caller.kind is not Kind.CITIZEN:
            return None
        try:
            return await reading.one(self._service, patient, "DocumentReference", document)
        except RestError:
            return None

    async def _change(self, request: Request, patient: str, document: Json) -> str:
        """Set the posted level; return what is wrong with it."""
        text = self._renderer.words(request).text
        level = _LEVELS.get(str((await request.form()).get("level", "")))
        if level is None:
            return text("Choose who can see the document.")
        try:
            await hiding.set_level(self._service, patient, document, level)
        except AccessRefused:
            return text("Only the person whose record it is, or a full mandate, can change this.")
        return ""

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request,
            text("Nothing found here"),
            text("There is no such record or document, or you may not see it."),
            404,
        )
