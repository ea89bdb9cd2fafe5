"""The identity vigilance desk: worklist by risk, comparison, decision with reason, history with undo, figures, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import groups
from ardenne.services.mpi import deciding, merging, store, wording
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.comparing import Row, chart, rows, said_by
from ardenne.services.mpi.feeding import acting
from ardenne.services.mpi.merging import CannotMerge, Officer
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
            Route("/desk/identity/cases.csv", self._seen(IdentityPages.table)),
            Route("/desk/identity/case/{case:int}", self._seen(IdentityPages.case), methods=["GET", "POST"]),
            Route(
                "/desk/identity/person/{patient}", self._seen(IdentityPages.person), methods=["GET", "POST"]
            ),
        ]

    def _seen(self, page: Callable[[IdentityPages, Request], Awaitable[Response]]) -> Endpoint:
        return as_seen(self._service, lambda one: IdentityPages(one, self._renderer), page)

    async def worklist(self, request: Request) -> Response:
        """Open cases, the riskiest first, and how the index stands."""
        database = self._service.database
        text = request.query_params.get("page", "1")
        number = min(int(text), 1000) if text.isascii() and text.isdigit() and int(text) else 1
        found = await events.waiting(database, _PAGE + 1, (number - 1) * _PAGE)
        values = {
            "cases": found[:_PAGE], "page": number, "more": len(found) > _PAGE, "wording": wording,
            "figures": await events.figures(database), "months": await events.by_month(database),
            "kinds": await events.by_kind(database), "closed": await events.closed(database, 20),
            "now": datetime.now(UTC),
        }  # fmt: skip
        return self._renderer.page(request, "desk_identity.html", values)

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
        }  # fmt: skip

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
            return _told(error, text), ""
        finally:
            if service is not self._service:
                await service.finish()
        await groups.refresh(self._service.database)
        return "", done

    async def person(self, request: Request) -> Response:
        """A person: identities of each source, history of decisions with undo."""
        text = self._renderer.words(request).text
        person = str(request.path_params["patient"])
        problem = ""
        if request.method == "POST":
            form = {name: str(value) for name, value in (await request.form()).items()}
            problem = await self._undo(form, text)
            if not problem:
                return RedirectResponse(f"/desk/identity/person/{person}?done=1", 303)
        patient = await self._patient(person)
        if patient is None:
            return self._missing(request)
        database = self._service.database
        members = await store.group(database, person)
        values = {
            "patient": patient, "person": person, "members": members, "wording": wording, "problem": problem,
            "identities": await store.of_persons(database, members),
            "events": await events.of_persons(database, members), "undoable": ("merged", "split", "apart"),
            "survivor": await store.survivor(database, person), "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, "desk_person.html", values, 422 if problem else 200)

    async def _undo(self, form: dict[str, str], text: Callable[[str], str]) -> str:
        reason = " ".join(form.get("reason", "").split())[:_LONGEST]
        number = form.get("event", "")
        if len(reason) < 3 or not (number.isascii() and number.isdigit() and len(number) < 10):
            return text("Write the reason for the decision.")
        service = acting(self._service, self._service.caller)
        try:
            async with self._service.database.transaction() as connection:
                await merging.undo(
                    service, connection, int(number), Officer(self._service.caller.name, reason)
                )
        except CannotMerge as error:
            return _told(error, text)
        finally:
            if service is not self._service:
                await service.finish()
        await groups.refresh(self._service.database)
        return ""

    async def _patient(self, person: str) -> Json | None:
        stored = await self._service.resources.read("Patient", person)
        return parse_exact(stored.body) if stored is not None and stored.body is not None else None

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        values = {
            "heading": text("Nothing found here"),
            "message": text("There is no such case or person."),
        }
        return self._renderer.page(request, "problem.html", values, 404)


def _told(error: CannotMerge, text: Callable[[str], str]) -> str:
    match error.rule:
        case "four-eyes":
            return text("You proposed this merge: a second officer must agree.")
        case "closed" | "undone":
            return text("This was decided meanwhile.")
        case "apart":
            return text("An officer said that they are two persons: take that back first.")
        case "choice":
            return text("Choose an answer.")
    return text("That is not possible here: look at the history of the person.")
