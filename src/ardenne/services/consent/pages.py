"""The citizen's page "who may see my record": directives with their history, and undoing each."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import now
from ardenne.services.consent import giving
from ardenne.services.consent.rules import ConsentError
from ardenne.services.consent.templates import templates
from ardenne.ui import parties, patients
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import as_seen

_PARTY = re.compile(r"(Practitioner|Organization)/[A-Za-z0-9\-.]{1,64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class ConsentPages:
    """The pages over one node as a citizen may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses: the own record, or that of a person represented (by an opaque id)."""
        page = as_seen(self._service, lambda seen: ConsentPages(seen, self._renderer), ConsentPages.access)
        return [
            Route("/my/access", page, methods=["GET", "POST"]),
            Route("/my/access/{patient}", page, methods=["GET", "POST"]),
        ]

    async def access(self, request: Request) -> Response:
        """Who may see the record; a posted form gives, withdraws or ends something."""
        patient = patients.represented(request, self._service.caller)
        if not patient:
            return patients.only(self._renderer, request)
        told, problem, found = "", "", None
        if request.method == "POST":
            form = {name: str(value)[:200] for name, value in (await request.form()).items()}
            if form.get("action") == "find":
                found = await parties.find(self._service, form.get("name", ""))
            else:
                problem = await self._act(request, patient, form)
                if not problem:
                    return RedirectResponse(f"{request.url.path}?done=1", 303)
        if "done" in request.query_params:
            told = self._renderer.words(request).text("Done. It has effect at once; you can undo it below.")
        return await self._page(request, patient, told, problem, found)

    async def _act(self, request: Request, patient: str, form: dict[str, str]) -> str:
        """Do what a form asks; return what is wrong with it."""
        words = self._renderer.words(request)
        party, end = form.get("party", ""), form.get("end", "")
        if party and not _PARTY.fullmatch(party):
            return words.text("Choose a professional or an organisation from the list.")
        if end and not (_DAY.fullmatch(end) and end >= datetime.now(UTC).date().isoformat()):
            return words.text("The end is a day from today on, such as 2027-12-31.")
        try:
            match form.get("action"):
                case "give":
                    await giving.give(
                        self._service, patient, form.get("template", ""), words.language, party, end
                    )
                case "withdraw" | "renew":
                    active = form["action"] == "renew"
                    if not await giving.set_active(self._service, patient, form.get("consent", ""), active):
                        return words.text("That changed meanwhile: look at the list again.")
                case _:
                    return words.text("That cannot be done here.")
        except (RestError, ConsentError):
            return words.text("That could not be stored. Nothing was changed.")
        return ""

    async def _page(
        self, request: Request, patient: str, told: str, problem: str, found: list[parties.Party] | None
    ) -> Response:
        hashed = hashing.self_hash("Patient", patient)
        words = self._renderer.words(request)
        given = await giving.given(self._service, patient)
        grants = await policy.grants_of(self._service.database, hashed, now())
        exclusions = await policy.exclusions_of(self._service.database, hashed, now())
        givers = {one.source: giver for one in grants if (giver := policy.giver(one))}
        names = await parties.names(
            self._service,
            [one.reference for one in grants]
            + list(givers.values())
            + [one.reference for one in exclusions]
            + [one.party for one in given if one.party],
        )
        values = {
            "given": given, "templates": templates(), "grants": grants, "exclusions": exclusions, "names": names,
            "givers": givers,
            "active": {one.template: one for one in reversed(given) if one.active},
            "found": found, "told": told, "problem": problem, "here": request.url.path,
            "day": lambda microseconds: words.day(datetime.fromtimestamp(microseconds / 1_000_000, UTC))
            if microseconds < policy.FOR_EVER - 86_400_000_000 else "",
            "kinds": _kinds(words.text), "record": await policy.record(self._service.database, hashed),
            "today": datetime.now(UTC).date().isoformat(),
        }  # fmt: skip
        return self._renderer.page(request, "my_access.html", values, 422 if problem else 200)


def _kinds(text: Any) -> dict[int, str]:
    return {
        Kind.TREATMENT: text("Consultation"),
        Kind.REFERRING: text("Referring doctor"),
        Kind.TEAM: text("Care team or hospital stay"),
        Kind.PATIENT: text("You allowed it"),
        Kind.EMERGENCY: text("Emergency"),
        Kind.FOREIGN: text("Professional abroad"),
    }
