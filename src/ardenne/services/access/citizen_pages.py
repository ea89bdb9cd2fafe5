"""The citizen's pages: who saw my record, asking about it, a code for my doctor, ending an access."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.audit import store as journal
from ardenne.kernel.audit.door import readable
from ardenne.kernel.audit.entries import Action
from ardenne.kernel.audit.store import Asked
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy.sentences import rules as known_rules
from ardenne.kernel.policy.sentences import sentence
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.services.access import opening, store, wording
from ardenne.services.access.journal_lines import tell
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_LINES = 300
_LONGEST = 1000


class CitizenPages:
    """The pages over one node as a citizen may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/my/journal", self._seen(CitizenPages.journal), methods=["GET", "POST"]),
            Route("/my/code", self._seen(CitizenPages.code), methods=["GET", "POST"]),
            Route("/my/end", self._seen(CitizenPages.end), methods=["POST"]),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: CitizenPages(one, self._renderer), page)

    async def journal(self, request: Request) -> Response:
        """Who did what with the record; a posted form asks about one line."""
        caller = self._service.caller
        if caller.kind is not Kind.CITIZEN or not caller.patient:
            return self._nobody(request)
        words = self._renderer.words(request)
        told = problem = ""
        if request.method == "POST":
            form = {name: str(value) for name, value in (await request.form()).items()}
            problem = await self._ask(request, form)
            if not problem:
                return RedirectResponse("/my/journal?asked=1", 303)
        if "asked" in request.query_params:
            told = words.text(
                "Your question is with the data protection officer. The answer will stand here."
            )
        patient = hashing.self_hash("Patient", caller.patient)
        lines = await journal.find(self._service.database, Asked(patients=[patient]), _LINES)
        emergencies = await store.of_patient(self._service.database, caller.patient)
        async with self._service.database.connection() as connection:
            await store.mark_seen(connection, caller.patient, datetime.now(UTC))
        values = {
            "lines": tell(lines, words.text, caller.account),
            "others_only": request.query_params.get("who") == "others",
            "emergencies": emergencies,
            "contests": {one.line: one for one in await store.contests_of(self._service.database, caller.patient)},
            "asking": request.query_params.get("about", ""),
            "why": lambda rule, refused: _why(rule, refused, words.language),
            "wording": wording, "told": told, "problem": problem, "you": words.text("You"),
        }  # fmt: skip
        return self._renderer.page(request, "my_journal.html", values, 422 if problem else 200)

    async def _ask(self, request: Request, form: dict[str, str]) -> str:
        caller, text = self._service.caller, self._renderer.words(request).text
        question = " ".join(form.get("text", "").split())[:_LONGEST]
        line = await journal.one(self._service.database, form.get("line", ""))
        patient = hashing.self_hash("Patient", caller.patient)
        allowed = readable(caller)
        if line is None or allowed is None:
            return text("That line is not in your journal.")
        near = Asked(patients=[patient], since=line.at, until=line.at + 1)
        if line.id not in {one.id for one in await journal.find(self._service.database, near, _LINES)}:
            return text("That line is not in your journal.")
        asked = store.Contest(
            uuid.uuid4(),
            line.id,
            caller.patient,
            caller.account,
            datetime.now(UTC),
            question,
            None,
            None,
            None,
        )
        async with self._service.database.transaction() as connection:
            if not await store.contest(connection, asked):
                return text("You asked about this line before.")
            await self._service.note(connection, caller.patient, Action.CONTEST, "contest", line.id)
        return ""

    async def code(self, request: Request) -> Response:
        """A code for my doctor: shown once, good once."""
        caller = self._service.caller
        if caller.kind is not Kind.CITIZEN or not caller.patient:
            return self._nobody(request)
        made = await opening.make_code(self._service, caller.patient) if request.method == "POST" else ""
        return self._renderer.page(request, "my_code.html", {"code": made})

    async def end(self, request: Request) -> Response:
        """End an access that a consultation, a stay or an emergency opened."""
        caller = self._service.caller
        if caller.kind is not Kind.CITIZEN or not caller.patient:
            return self._nobody(request)
        form = await request.form()
        try:
            grant = uuid.UUID(str(form.get("grant", "")))
        except ValueError:
            return RedirectResponse("/my/access", 303)
        await opening.end(self._service, caller.patient, grant)
        return RedirectResponse("/my/access?done=1", 303)

    def _nobody(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request, text("This page is for patients"), text("Sign in as the person whose record it is."), 403
        )


def _why(rule: str, refused: bool, language: str) -> str:
    """Return the sentence of a rule, empty for what needs none."""
    base = rule if rule in known_rules(not refused) else rule.partition("-")[0]
    return sentence(base, not refused, language) if base in known_rules(not refused) else ""
