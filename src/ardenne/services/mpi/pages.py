"""The identity vigilance desk: worklist by risk, comparison, decision with reason, history with undo, figures, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import groups
from ardenne.services.mpi import crossing, deciding, store, store_searches, wording
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.comparing import Row, chart, rows, said_by
from ardenne.services.mpi.feeding import acting
from ardenne.services.mpi.merging import CannotMerge
from ardenne.services.mpi.store_events import Case
from ardenne.standards.fhir.json import parse_exact
from ardenne.ui.rendering import SECURITY_HEADERS, Renderer
from ardenne.ui.seen import Endpoint, as_seen

Json = dict[str, Any]
_PAGE = 50
_MOST = 10_000
_LONGEST = 1000


class IdentityPages:
    """The pages over one node as an officer may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/desk/identity", self._seen(IdentityPages.worklist)),
            Route("/desk/identity/find", self._seen(IdentityPages.find), methods=["POST"]),
            Route("/desk/identity/cases.csv", self._seen(IdentityPages.table)),
            Route("/desk/identity/case/{case:int}", self._seen(IdentityPages.case), methods=["GET", "POST"]),
            Route(
                "/desk/identity/case/{case:int}/assign", self._seen(IdentityPages.assign), methods=["POST"]
            ),
        ]

    def _seen(self, page: Callable[[IdentityPages, Request], Awaitable[Response]]) -> Endpoint:
        return as_seen(self._service, lambda one: IdentityPages(one, self._renderer), page)

    async def find(self, request: Request) -> Response:
        """The person whom a number names; several are listed. The number stands in no address."""
        number = " ".join(str((await request.form()).get("number", "")).split())[:100]
        found = await crossing.of_any_source(self._service.database, number) if number else []
        if len(found) == 1:
            return RedirectResponse(f"/desk/identity/person/{found[0]}", 303)
        return await self._worklist(request, found, number, 200 if found else 422)

    async def worklist(self, request: Request) -> Response:
        """Open cases, the riskiest first, and how the index stands."""
        return await self._worklist(request)

    async def _worklist(
        self, request: Request, persons: Sequence[str] = (), asked: str = "", status: int = 200
    ) -> Response:
        database = self._service.database
        text = request.query_params.get("page", "1")
        number = min(int(text), 1000) if text.isascii() and text.isdigit() and int(text) else 1
        mine = self._service.caller.account if "mine" in request.query_params else ""
        found = await events.waiting(database, _PAGE + 1, (number - 1) * _PAGE, mine)
        values = {
            "cases": found[:_PAGE], "page": number, "more": len(found) > _PAGE, "wording": wording,
            "figures": await events.figures(database), "months": await events.by_month(database),
            "kinds": await events.by_kind(database), "closed": await events.closed(database, 20),
            "now": datetime.now(UTC), "mine": bool(mine), "searches": await store_searches.last(database),
            "account": self._service.caller.account, "persons": persons, "asked": asked,
        }  # fmt: skip
        return self._renderer.page(request, "desk_identity.html", values, status)

    async def table(self, request: Request) -> Response:
        """The open cases as CSV: numbers and weights, nothing personal."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("case", "kind", "risk", "weight", "person", "other", "guards", "opened", "proposal"))
        for one in await events.waiting(self._service.database, _MOST):
            weight = "" if one.weight is None else f"{one.weight:.2f}"
            guards = " ".join(one.detail.get("guards", []))
            writer.writerow(
                (
                    one.id,
                    one.kind,
                    one.risk,
                    weight,
                    one.person,
                    one.other,
                    guards,
                    one.opened.isoformat(),
                    one.proposal,
                )
            )
        headers = {**SECURITY_HEADERS, "content-disposition": 'attachment; filename="identity-cases.csv"'}
        return Response(out.getvalue(), 200, headers, "text/csv; charset=utf-8")

    async def case(self, request: Request) -> Response:
        """One case: both sides, the weight of each trait, the decision."""
        text = self._renderer.words(request).text
        number = int(request.path_params["case"])
        problem = ""
        if request.method == "POST" and number < 2**31:
            form = {name: str(value) for name, value in (await request.form()).items()}
            problem, done = await self._decide(number, form, text)
            if not problem:
                return RedirectResponse(f"/desk/identity/case/{number}?done={done}", 303)
        found = await events.case(self._service.database, number) if number < 2**31 else None
        if found is None:
            return self._missing(request)
        return self._renderer.page(
            request, "desk_case.html", await self._values(request, found, problem), 422 if problem else 200
        )

    async def _values(self, request: Request, found: Case, problem: str) -> Json:
        words = self._renderer.words(request)
        left = await self._patient(found.person)
        right = await self._patient(found.other) if found.other else None
        if found.kind == "overlay":
            right = said_by(await store.versions(self._service.database, found.identity or 0))
        shown: list[Row] = rows(found.detail.get("parts", []), left or {}, right or {})
        names = {row.trait: words.text(wording.TRAITS[row.trait]) for row in shown}
        done = request.query_params.get("done", "")
        return {
            "case": found, "left": left, "right": right, "rows": shown, "wording": wording, "problem": problem,
            "chart": chart(shown, names, words.text("Weight of each trait, in bits")),
            "choices": deciding.CHOICES[found.kind], "proposed": done == "proposed", "done": bool(done),
            "own": found.proposed_by == self._service.caller.account and bool(found.proposal),
            "account": self._service.caller.account, "moving": await self._moving(found),
        }  # fmt: skip

    async def _moving(self, found: Case) -> list[Any]:
        """The identities that are to go to the new person."""
        chosen = found.detail.get("identities", []) if found.kind == deciding.SPLIT else []
        return list(await store.by_id(self._service.database, chosen))

    async def _decide(self, number: int, form: dict[str, str], text: Callable[[str], str]) -> tuple[str, str]:
        reason = " ".join(form.get("reason", "").split())[:_LONGEST]
        if len(reason) < 3:
            return text("Write the reason for the decision."), ""
        service = acting(self._service, self._service.caller)
        try:
            async with self._service.database.transaction() as connection:
                done = await deciding.decide(
                    service, connection, number, form.get("choice", ""), self._service.caller, reason
                )
        except CannotMerge as error:
            return text(wording.why(error.rule)), ""
        finally:
            if service is not self._service:
                await service.finish()
        await groups.refresh(self._service.database)
        return "", done

    async def assign(self, request: Request) -> Response:
        """Take a case, or give it back."""
        number, caller = int(request.path_params["case"]), self._service.caller
        form = await request.form()
        mine = (caller.account, caller.name) if form.get("take") else ("", "")
        async with self._service.database.connection() as connection:
            known = number < 2**31 and await events.assign(connection, number, *mine)
        if not known:
            return self._missing(request)
        return RedirectResponse(f"/desk/identity/case/{number}", 303)

    async def _patient(self, person: str) -> Json | None:
        stored = await self._service.resources.read("Patient", person)
        return parse_exact(stored.body) if stored is not None and stored.body is not None else None

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request, text("Nothing found here"), text("There is no such case or person."), 404
        )
