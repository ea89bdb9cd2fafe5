"""The professional's pages: my patients, opening a record with a code or in an emergency, why I may not see something."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.decide import Decision
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.policy.imagined import imagined
from ardenne.kernel.policy.sentences import sentence
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.change import now
from ardenne.kernel.store.types import NUMBERS
from ardenne.services.access import opening, passing_on, today, wording
from ardenne.services.access.contract import OpeningRefused
from ardenne.standards.fhir.labels import Category
from ardenne.ui import parties
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_PARTY = re.compile(r"(Practitioner|Organization)/[A-Za-z0-9\-.]{1,64}")
_USUAL = timedelta(days=30)
"""For how long somebody is involved unless another end is chosen."""
_SHOWN = 200
_OPENED = 30


class Patient(NamedTuple):
    """A patient in a list."""

    id: str
    name: str
    birth_date: str


class ProfessionalPages:
    """The pages over one node as a professional may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses. Patients are named by opaque ids alone."""
        return [
            Route("/pro", self._seen(ProfessionalPages.patients), methods=["GET", "POST"]),
            Route(
                "/pro/emergency/{patient}", self._seen(ProfessionalPages.emergency), methods=["GET", "POST"]
            ),
            Route("/pro/why/{patient}", self._seen(ProfessionalPages.why)),
            Route("/pro/pass-on/{patient}", self._seen(ProfessionalPages.pass_on), methods=["GET", "POST"]),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: ProfessionalPages(one, self._renderer), page)

    async def patients(self, request: Request) -> Response:
        """My patients; a posted code opens one more record."""
        caller = self._service.caller
        if caller.kind is not Kind.PROFESSIONAL:
            return self._nobody(request)
        problem = ""
        if request.method == "POST":
            form = await request.form()
            try:
                patient = await opening.open_by_code(self._service, str(form.get("code", ""))[:40])
                return RedirectResponse(f"/record/{patient}", 303)
            except OpeningRefused as error:
                problem = self._problem(request, str(error))
        assert self._service.policy is not None
        standing = self._service.policy.standing(caller)
        kinds = [int(kind) for kind in Grant]
        ids = await policy.patients_of(self._service.database, standing.parties, now(), kinds, _SHOWN)
        found = [await self._patient(one) for one in ids]
        values = {
            "patients": sorted((one for one in found if one), key=lambda one: one.name),
            "problem": problem,
            "to_pass_on": await passing_on.may_pass_on(self._service),
            **await self._today(),
        }
        return self._renderer.page(request, "pro.html", values, 422 if problem else 200)

    async def _today(self) -> dict[str, Any]:
        """Return who comes today and whose record was opened today, each with the person."""
        zone = self._service.zone
        begin, end = today.span(datetime.now(zone).date(), zone)
        coming = [
            (one, await self._patient(one.patient)) for one in await today.coming(self._service, begin, end)
        ]
        opened = await today.opened_by(self._service, begin, end)
        seen = [(one, await self._patient(one.patient)) for one in opened[:_OPENED]]
        return {
            "coming": [(one, person) for one, person in coming if person],
            "opened": [(one, person) for one, person in seen if person],
            "zone": zone,
        }

    async def emergency(self, request: Request) -> Response:
        """Break-glass: a typed reason, and the warning of what follows."""
        caller, patient = self._service.caller, request.path_params["patient"]
        if caller.kind is not Kind.PROFESSIONAL or not _ID.fullmatch(patient):
            return self._nobody(request)
        problem, reason = "", ""
        if request.method == "POST":
            reason = str((await request.form()).get("reason", ""))[:600]
            try:
                await opening.open_in_emergency(self._service, patient, reason)
                return RedirectResponse(f"/record/{patient}", 303)
            except OpeningRefused as error:
                problem = self._problem(request, str(error))
        values = {"patient": patient, "problem": problem, "reason": reason}
        return self._renderer.page(request, "pro_emergency.html", values, 422 if problem else 200)

    async def why(self, request: Request) -> Response:
        """What I may see of a record and why; what is hidden is not told, only the kinds of data and the rules."""
        caller, patient = self._service.caller, request.path_params["patient"]
        if caller.kind is not Kind.PROFESSIONAL or not _ID.fullmatch(patient):
            return self._nobody(request)
        language = self._renderer.words(request).language
        rows = []
        for category in Category:
            if category in (Category.NONE, Category.CONSENT):
                continue
            read = await self._about(patient, category, Act.READ)
            write = await self._about(patient, category, Act.CREATE)
            rows.append((category.name, read, sentence(read.rule, read.permit, language), write))
        values = {"rows": rows, "patient": patient, "wording": wording}
        return self._renderer.page(request, "pro_why.html", values)

    async def pass_on(self, request: Request) -> Response:
        """Let another professional or an organisation look, as the patient allowed; and take it back."""
        caller, patient = self._service.caller, request.path_params["patient"]
        if caller.kind is not Kind.PROFESSIONAL or not _ID.fullmatch(patient):
            return self._nobody(request)
        problem, found = "", None
        if request.method == "POST":
            form = {name: str(value)[:200] for name, value in (await request.form()).items()}
            if form.get("action") == "find":
                found = await parties.find(self._service, form.get("name", ""))
            else:
                problem = await self._passed_on(request, patient, form)
                if not problem:
                    return RedirectResponse(f"{request.url.path}?done=1", 303)
        given = await passing_on.given(self._service, patient)
        person = await self._patient(patient)
        if given.own is None or person is None:
            return self._nothing_to_pass_on(request)
        words = self._renderer.words(request)
        today_ = datetime.now(UTC).date()
        last = min(passing_on.last_day(given.own), date(9999, 12, 31))
        values = {
            "person": person, "own": given.own, "others": given.others, "found": found, "problem": problem,
            "names": await parties.names(self._service, [one.reference for one in given.others]),
            "told": words.text("Done. It has effect at once.") if "done" in request.query_params else "",
            "day": lambda one: words.day(passing_on.last_day(one)), "here": request.url.path,
            "ends": last < date(9999, 1, 1), "last": last.isoformat(), "today": today_.isoformat(),
            "usual": min(last, today_ + _USUAL).isoformat(),
        }  # fmt: skip
        return self._renderer.page(request, "pro_pass_on.html", values, 422 if problem else 200)

    async def _passed_on(self, request: Request, patient: str, form: dict[str, str]) -> str:
        """Do what a form asks; return what is wrong with it."""
        text = self._renderer.words(request).text
        if form.get("action") == "end":
            try:
                ended = await passing_on.take_back(self._service, patient, uuid.UUID(form.get("grant", "")))
            except ValueError:
                ended = False
            return "" if ended else text("That changed meanwhile: look at the list again.")
        try:
            day = date.fromisoformat(form.get("end", ""))
            if not _PARTY.fullmatch(form.get("party", "")):
                raise OpeningRefused("party")
            await passing_on.pass_on(self._service, patient, form["party"], day)
        except ValueError:
            return text("The end is a day from today on, not later than your own access.")
        except OpeningRefused as error:
            return self._problem(request, str(error))
        return ""

    def _nothing_to_pass_on(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request,
            text("You cannot let others look into this record"),
            text('Only the patient can allow it, under "Who may see my record".'),
            403,
        )

    async def _about(self, patient: str, category: Category, act: Act) -> Decision:
        """Decide about a document that might be: normal, of nobody's hand."""
        assert self._service.policy is not None
        standing = self._service.policy.standing(self._service.caller)
        return await self._service.policy.decide(
            standing, imagined(patient, category), act, NUMBERS["DocumentReference"]
        )

    async def _patient(self, patient_id: str) -> Patient | None:
        stored = await self._service.resources.read("Patient", patient_id)
        if stored is None or stored.body is None:
            return None
        resource: dict[str, Any] = orjson.loads(stored.body)
        name: dict[str, Any] = next(iter(resource.get("name", [])), {})
        shown = " ".join([name.get("family", ""), *name.get("given", [])]).strip()
        return Patient(patient_id, name.get("text") or shown, resource.get("birthDate", ""))

    def _problem(self, request: Request, rule: str) -> str:
        text = self._renderer.words(request).text
        return {
            "code": text(
                "This code opens nothing. It may be mistyped, used or older than 15 minutes: ask for a new one."
            ),
            "wait": text(
                "Too many wrong codes. Wait ten minutes, or ask the patient to give access on the page."
            ),
            "reason": text(
                "Write the reason in words that another person understands, at least ten letters."
            ),
            "party": text("Choose another professional or an organisation from the list."),
            "end": text("The end is a day from today on, not later than your own access."),
            "profession": text("Your profession or role cannot open a record this way."),
        }.get(rule, text("That cannot be done here."))

    def _nobody(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request, text("This page is for professionals"), text("Sign in with your professional role."), 403
        )
