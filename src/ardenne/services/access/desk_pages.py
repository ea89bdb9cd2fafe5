"""The officers' pages: reviewing emergency accesses, answering questions about the journal."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.audit import store as journal
from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.rest.service import FhirService
from ardenne.services.access import store, wording
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_LONGEST = 2000


def reviews(caller: Caller) -> bool:
    """Tell whether a caller reviews accesses: the data protection officer."""
    return caller.kind is Kind.OPERATOR or (
        caller.kind is Kind.OFFICER and caller.profession == "data-protection"
    )


class DeskPages:
    """The pages over one node as an officer may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/desk/emergencies", self._seen(DeskPages.emergencies), methods=["GET", "POST"]),
            Route("/desk/questions", self._seen(DeskPages.questions), methods=["GET", "POST"]),
        ]

    def _seen(self, page: Callable[[DeskPages, Request], Awaitable[Response]]) -> Endpoint:
        async def answer(pages: DeskPages, request: Request) -> Response:
            if not reviews(pages._service.caller):
                return pages._nobody(request)
            return await page(pages, request)

        return as_seen(self._service, lambda one: DeskPages(one, self._renderer), answer)

    async def emergencies(self, request: Request) -> Response:
        """Emergency accesses that wait for a review; a posted form keeps a verdict."""
        text = self._renderer.words(request).text
        problem = ""
        if request.method == "POST":
            form = {name: str(value) for name, value in (await request.form()).items()}
            problem = await self._review(form, text)
            if not problem:
                return RedirectResponse("/desk/emergencies?done=1", 303)
        values = {
            "waiting": await store.to_review(self._service.database),
            "reviewed": await store.reviewed(self._service.database),
            "problem": problem, "wording": wording,
            "told": text("The review is kept; the patient sees it.") if "done" in request.query_params else "",
        }  # fmt: skip
        return self._renderer.page(request, "desk_emergencies.html", values, 422 if problem else 200)

    async def _review(self, form: dict[str, str], text: Callable[[str], str]) -> str:
        caller = self._service.caller
        found, verdict = _uuid(form.get("id", "")), form.get("verdict", "")
        remark = " ".join(form.get("remark", "").split())[:_LONGEST]
        if found is None or verdict not in ("justified", "not-justified"):
            return text("Choose a verdict.")
        async with self._service.database.transaction() as connection:
            patient = await store.review(
                connection, found, verdict, caller.name, datetime.now(UTC), remark, caller.account
            )
            if not patient:
                return text("It was reviewed meanwhile, or it is an access of your own.")
            await self._service.note(connection, patient, Action.ANSWER, "review", f"review: {verdict}")
        return ""

    async def questions(self, request: Request) -> Response:
        """Questions about the journal that wait for an answer; a posted form answers one."""
        text = self._renderer.words(request).text
        problem = ""
        if request.method == "POST":
            form = {name: str(value) for name, value in (await request.form()).items()}
            problem = await self._answer(form, text)
            if not problem:
                return RedirectResponse("/desk/questions?done=1", 303)
        waiting = await store.open_contests(self._service.database)
        values = {
            "waiting": [(one, await journal.one(self._service.database, one.line)) for one in waiting],
            "problem": problem, "wording": wording,
            "told": text("The answer stands in the patient's journal.") if "done" in request.query_params else "",
        }  # fmt: skip
        return self._renderer.page(request, "desk_questions.html", values, 422 if problem else 200)

    async def _answer(self, form: dict[str, str], text: Callable[[str], str]) -> str:
        answer = " ".join(form.get("answer", "").split())[:_LONGEST]
        found = _uuid(form.get("id", ""))
        if found is None or len(answer) < 2:
            return text("Write an answer.")
        async with self._service.database.transaction() as connection:
            patient = await store.answer(
                connection, found, answer, self._service.caller.name, datetime.now(UTC)
            )
            if not patient:
                return text("It was answered meanwhile.")
            await self._service.note(connection, patient, Action.ANSWER, "review", "question answered")
        return ""

    def _nobody(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request,
            text("This page is for the data protection officer"),
            text("Sign in with that office."),
            403,
        )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
