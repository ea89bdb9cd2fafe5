"""The data protection officer's page: records whose legal time is over, deleting them with four eyes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.services.retention import deleting, rules, store
from ardenne.services.retention.deleting import DeletionError
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import caller_of


class RetentionPages:
    """The page over one node. Records are named by a hash, never by a name."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the address."""
        return [Route("/desk/deletions", self.page, methods=["GET", "POST"])]

    async def page(self, request: Request) -> Response:
        """What is due and what was proposed; a posted form proposes, takes back, or deletes."""
        problem = ""
        if request.method == "POST":
            form = await request.form()
            try:
                await self._act(request, str(form.get("act", "")), str(form.get("record", "")))
                return RedirectResponse("/desk/deletions?done=1", 303)
            except DeletionError as error:
                problem = str(error)
        proposed = await store.proposed(self._service.database)
        waiting = {one.patient for one in proposed}
        values = {
            "due": [one for one in await deleting.due(self._service) if one.patient not in waiting],
            "proposed": proposed, "deleted": await store.done(self._service.database), "years": rules.years(),
            "me": caller_of(request).account, "problem": problem, "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, "deletions.html", values, 422 if problem else 200)

    async def _act(self, request: Request, act: str, record: str) -> None:
        caller = caller_of(request)
        try:
            patient = int(record)
        except ValueError:
            raise DeletionError("gone") from None
        match act:
            case "propose":
                await deleting.propose(self._service, caller, patient)
            case "withdraw":
                await deleting.withdraw(self._service, caller, patient)
            case "delete":
                await deleting.approve(self._service, caller, patient)
            case _:
                raise DeletionError("gone")
