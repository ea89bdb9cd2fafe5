"""Pages: the citizen's card, the vaccinator's minute, the verifier."""

from __future__ import annotations

import re
import time
import uuid
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import store as grants
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.change import now as moment
from ardenne.services.vaccination import wording
from ardenne.services.vaccination.campaigns import store as campaigns
from ardenne.services.vaccination.card import card_of, immunization, keep, performer_of
from ardenne.services.vaccination.card_keys import CardKeys
from ardenne.services.vaccination.cda_card import card_document
from ardenne.services.vaccination.contract import Use, VaccineStock
from ardenne.services.vaccination.entering import Entered, EntryError, read_entry
from ardenne.services.vaccination.issuing import printed_card
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.planning import plan_visits
from ardenne.services.vaccination.schedules import of_jurisdiction
from ardenne.standards.cards.keys import write_jwks
from ardenne.standards.cards.reading import verify
from ardenne.ui import parties
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MOST = 50
"""Patients of a worklist: each card is reckoned anew."""


class Summary(NamedTuple):
    """A person in a list: vaccine groups that are due now, and when the next one is; ``late``: one is overdue."""

    patient: str
    name: str
    born: str
    now: list[str]
    next: date | None
    late: bool


class VaccinationPages:
    """The pages over one node as somebody may see it."""

    def __init__(self, service: FhirService, renderer: Renderer, settings: Settings) -> None:
        self._service = service
        self._renderer = renderer
        self._settings = settings
        self._schedule = of_jurisdiction(settings.jurisdiction).schedule
        self._keys = CardKeys(settings.data_folder, of_jurisdiction(settings.jurisdiction).partner)

    def routes(self) -> list[Route]:
        """Return the addresses. Patients are named by opaque ids alone."""
        return [
            Route("/my/vaccination", self._seen(VaccinationPages.mine)),
            Route("/my/vaccination/card.pdf", self._seen(VaccinationPages.printed)),
            Route("/my/vaccination/card.xml", self._seen(VaccinationPages.as_cda)),
            Route("/my/vaccination/of/{patient}/card.xml", self._seen(VaccinationPages.as_cda)),
            Route("/my/vaccination/of/{patient}", self._seen(VaccinationPages.mine)),
            Route("/my/vaccination/of/{patient}/card.pdf", self._seen(VaccinationPages.printed)),
            Route("/pro/vaccinations", self._seen(VaccinationPages.worklist)),
            Route("/pro/vaccination/{patient}", self._seen(VaccinationPages.record), methods=["GET", "POST"]),
            Route("/card/verify", self._seen(VaccinationPages.verifier), methods=["GET", "POST"]),
            Route("/card/worker.js", self.worker),
            Route("/vaccination/.well-known/jwks.json", self._seen(VaccinationPages.key_set)),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: VaccinationPages(one, self._renderer, self._settings), page)

    async def mine(self, request: Request) -> Response:
        """What is due for me or for somebody of mine, when and why, what was given; beside it the family."""
        whose = self._whose(request)
        card = await card_of(self._service, whose, self._schedule) if whose else None
        if card is None:
            return self._nobody(request)
        own = self._service.caller.patient
        others = [
            one for one in (own, *(held.patient for held in self._service.caller.mandates)) if one != whose
        ]
        values = {
            "card": card, "wording": wording,
            "invitations": await campaigns.invitations(self._service.database, whose),
            "whose": "" if whose == own else whose, "name": parties.display(card.patient),
            "family": [found for one in others if one and (found := await self._summary(one))], "own": own,
        }  # fmt: skip
        return self._renderer.page(request, "my_vaccination.html", values)

    async def printed(self, request: Request) -> Response:
        """The card as PDF, with the European Vaccination Card as a code."""
        whose = self._whose(request)
        card = await card_of(self._service, whose, self._schedule) if whose else None
        if card is None or card.subject is None:
            return self._nobody(request)
        words = self._renderer.words(request)
        content = printed_card(card, self._keys, words, words.text)
        headers = {
            "content-disposition": 'attachment; filename="vaccination-card.pdf"',
            "cache-control": "no-store",
        }
        return Response(content, 200, headers, "application/pdf")

    async def as_cda(self, request: Request) -> Response:
        """The card as a CDA document, for software that reads no FHIR."""
        whose = self._whose(request)
        card = await card_of(self._service, whose, self._schedule) if whose else None
        if card is None or card.subject is None:
            return self._nobody(request)
        words = self._renderer.words(request)
        content = card_document(card, str(uuid.uuid4()), datetime.now(UTC), words.language, words.text)
        headers = {
            "content-disposition": 'attachment; filename="vaccination-card.xml"',
            "cache-control": "no-store",
        }
        return Response(content, 200, headers, "application/xml")

    def _whose(self, request: Request) -> str:
        """Return the patient of the address: the reader, or somebody for whom the reader has a mandate; else nothing."""
        caller = self._service.caller
        asked = request.path_params.get("patient", caller.patient)
        held = {caller.patient, *(one.patient for one in caller.mandates)}
        return str(asked) if _is_citizen(caller) and asked in held else ""

    async def _summary(self, patient: str) -> Summary | None:
        """Return a person's line in a list; None for one whom the reader may not see."""
        card = await card_of(self._service, patient, self._schedule)
        if card is None:
            return None
        now = [one.group for one in card.dues if one.state in ("overdue", "due")]
        days = [one.recommended for one in card.dues if one.state == "later" and one.recommended]
        late = any(one.state == "overdue" for one in card.dues)
        name, born = parties.display(card.patient), str(card.patient.get("birthDate", ""))
        return Summary(patient, name, born, now, min(days, default=None), late)

    async def worklist(self, request: Request) -> Response:
        """My patients for whom something is due, overdue ones first."""
        caller, policy = self._service.caller, self._service.policy
        if caller.kind is not Kind.PROFESSIONAL or policy is None:
            return self._nobody(request)
        parties_of = policy.standing(caller).parties
        kinds = [int(kind) for kind in Grant]
        ids = await grants.patients_of(self._service.database, parties_of, moment(), kinds, _MOST)
        found = [one for patient in ids if (one := await self._summary(patient)) and one.now]
        found.sort(key=lambda one: (not one.late, -len(one.now), one.name))
        values = {"rows": found, "most": _MOST, "full": len(ids) == _MOST}
        return self._renderer.page(request, "pro_vaccinations.html", values)

    async def record(self, request: Request) -> Response:
        """A patient's card for the vaccinator: what is due, a plan of visits, and entering an act."""
        caller, patient = self._service.caller, request.path_params["patient"]
        card = await card_of(self._service, patient, self._schedule) if _ID.fullmatch(patient) else None
        if card is None or caller.kind is not Kind.PROFESSIONAL:
            return self._nobody(request, 404)
        problem, field, form = "", "", {}
        if request.method == "POST":
            form = {name: str(value)[:500] for name, value in (await request.form()).items()}
            try:
                told = await self._keep(patient, read_entry(form, datetime.now(UTC).date()))
                return RedirectResponse(f"/pro/vaccination/{patient}?kept={told}", 303)
            except EntryError as error:
                text = self._renderer.words(request).text
                problem, field = text(wording.FIELDS[error.field]), error.field
            except RestError as error:
                problem = str(error)
        today = datetime.now(UTC).date()
        values = {
            "card": card, "wording": wording, "patient": patient, "form": form, "problem": problem, "field": field,
            "kept": request.query_params.get("kept", ""), "vaccines": starter().choices(), "today": str(today),
            "visits": plan_visits(card.dues, today),
        }  # fmt: skip
        return self._renderer.page(request, "pro_vaccination.html", values, 422 if problem else 200)

    async def _keep(self, patient: str, entered: Entered) -> str:
        """Keep an act and take its dose from the stock; return what the stock said. Raises EntryError, RestError."""
        caller, service = self._service.caller, self._service
        resource = immunization(patient, _facts(entered, caller))
        if entered.reported or entered.status != "completed":
            return await keep(service, resource)
        stock = service.registry.get(VaccineStock)
        if not entered.anyway and await stock.warning(service.database, entered.vaccine.code, entered.batch):
            raise EntryError("recalled")
        use = Use(caller.organisation, entered.vaccine.code, entered.batch, "", caller.account, caller.name)
        return await keep(service, resource, use)

    async def verifier(self, request: Request) -> Response:
        """Is this card true? Text of a code in, verdict out; nothing is kept."""
        verdict = None
        card_text = ""
        if request.method == "POST":
            card_text = str((await request.form()).get("text", ""))
            verdict = verify(card_text, self._keys.store(), int(time.time()))
        values = {"verdict": verdict, "entered": card_text, "wording": wording}
        page = self._renderer.page(request, "card_verify.html", values)
        page.headers["permissions-policy"] = "camera=(self), microphone=(), geolocation=()"
        return page

    async def worker(self, request: Request) -> Response:
        """The service worker that keeps the verifier's page for use without a network; its scope is /card/."""
        content = files("ardenne.ui").joinpath("static/card-worker.js").read_bytes()
        headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
        return Response(content, 200, headers, "text/javascript")

    async def key_set(self, request: Request) -> Response:
        """The public keys of this node's cards, and which cards are withdrawn, for other verifiers."""
        store = self._keys.store()
        held = [key for keys in store.keys.values() for key in keys]
        content = {**write_jwks(held), "revokedCards": sorted(store.revoked_cards)}
        return JSONResponse(content, headers={"access-control-allow-origin": "*"})

    def _nobody(self, request: Request, status: int = 403) -> Response:
        text = self._renderer.words(request).text
        values = {
            "heading": text("There is no card to show"),
            "message": text("Sign in as the person whose card it is, or as somebody who may see it."),
        }
        return self._renderer.page(request, "problem.html", values, status)


def _is_citizen(caller: Caller) -> bool:
    return caller.kind is Kind.CITIZEN and bool(caller.patient)


def _facts(entered: Entered, caller: Caller) -> dict[str, Any]:
    return {
        "vaccine": entered.vaccine, "day": entered.day, "status": entered.status, "reason": entered.reason,
        "reported": entered.reported, "lotNumber": entered.batch, "expirationDate": entered.expiry,
        "performer": None if entered.reported else performer_of(caller),
    }  # fmt: skip
