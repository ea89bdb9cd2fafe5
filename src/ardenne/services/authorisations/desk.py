"""The office's pages: what waits, one application with its checklist, decisions and letters."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.services.authorisations import rules, showing, store, wording
from ardenne.services.authorisations.applying import identifier, missing, send_letter
from ardenne.services.authorisations.casework import Actor, Casework
from ardenne.services.authorisations.rules import Case, NotAllowed
from ardenne.services.authorisations.store import Application
from ardenne.standards.professions import professions
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import caller_of

_WAITING = ("submitted", "in-review", "appealed")
_VIEWS = {
    "waiting": _WAITING,
    "with-applicant": ("draft", "incomplete"),
    "in-force": ("granted", "suspended"),
    "ended": ("refused", "dismissed", "withdrawn", "expired", "abandoned"),
}


class OfficePages:
    """The pages of the office of the registers."""

    def __init__(self, casework: Casework, renderer: Renderer) -> None:
        self._casework = casework
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        one = "/desk/authorisations/{application}"
        return [
            Route("/desk/authorisations", self.list),
            Route(one, self.one, methods=["GET", "POST"]),
            Route(f"{one}/letter.pdf", self.letter),
            Route(f"{one}/document/{{document}}", self.document),
        ]

    async def list(self, request: Request) -> Response:
        """Applications by what is to be done, those that wait longest first."""
        view = request.query_params.get("view", "waiting")
        states = _VIEWS.get(view, _WAITING)
        values = {
            "applications": await store.in_states(self._casework.database, states),
            "counts": await store.counts(self._casework.database), "views": _VIEWS, "view": view,
            "name": _name, "wording": wording,
        }  # fmt: skip
        return self._renderer.page(request, "desk_authorisations.html", values)

    async def one(self, request: Request) -> Response:
        """One application; posted forms judge a document or decide."""
        found = await self._found(request)
        if found is None:
            return missing(self._renderer, request)

        def more(case: Case) -> dict[str, Any]:
            return {
                "name": _name, "unproved": rules.unproved(found.country, case),
            }  # fmt: skip

        return await showing.one(
            self._casework,
            self._renderer,
            request,
            found,
            "officer",
            "desk_authorisation.html",
            self._act,
            more,
        )

    async def letter(self, request: Request) -> Response:
        """The letter about the last decision."""
        found = await self._found(request)
        if found is None:
            return missing(self._renderer, request)
        return await send_letter(self._casework, request, found)

    async def document(self, request: Request) -> Response:
        """A document of an application, as it was sent, for download only."""
        found, asked = await self._found(request), identifier(request.path_params["document"])
        documents = await store.documents(self._casework.database, found.id) if found else []
        one = next((document for document in documents if document.id == asked), None)
        if one is None:
            return missing(self._renderer, request)
        headers = {
            "content-disposition": 'attachment; filename="document"', "cache-control": "no-store",
            "x-content-type-options": "nosniff", "content-security-policy": "sandbox",
        }  # fmt: skip
        return Response(await self._casework.service.blobs.get(one.digest), 200, headers, one.media_type)

    async def _found(self, request: Request) -> Application | None:
        application = identifier(request.path_params["application"])
        return await store.one(self._casework.database, application) if application else None

    async def _act(self, request: Request, found: Application) -> None:
        form = {name: str(value)[:2000] for name, value in (await request.form()).items()}
        caller = caller_of(request)
        actor = Actor(caller.account, caller.name, "officer")
        if form.get("act") != "judge":
            await self._casework.act(found.id, form.get("act", ""), actor, form.get("reason", ""))
            return
        document = identifier(form.get("document", ""))
        if document is None:
            raise NotAllowed("item", "the application has no such document")
        await self._casework.judge(found.id, document, form.get("verdict", ""), form.get("reason", ""), actor)


def _name(found: Application, language: str) -> str:
    return professions(found.country)[found.profession].name(language)
