"""The doctor's pages: my patients under an agreement, proposing one, the yearly review, a stand-in, the end."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.service import FhirService
from ardenne.services.access.contract import OpeningRefused, PatientCodes
from ardenne.services.referring import forms, posting, rules, store, wording
from ardenne.services.referring.agreements import Agreements
from ardenne.services.referring.posting import Posted
from ardenne.services.referring.rules import Agreement, AgreementError, Side, Stage
from ardenne.ui import parties
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_OPEN = (Stage.IN_FORCE, Stage.AGREED, Stage.PATIENT_SIGNS, Stage.DOCTOR_SIGNS)


class DoctorPages:
    """The pages over one node as a doctor may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer
        self._agreements = Agreements(service)

    def routes(self) -> list[Route]:
        """Return the addresses; agreements and patients are named by opaque ids."""
        return [
            Route("/pro/referring", self._seen(DoctorPages.agreements)),
            Route("/pro/referring/new/{patient}", self._seen(DoctorPages.propose), methods=["GET", "POST"]),
            Route("/pro/referring/{agreement}", self._seen(DoctorPages.one), methods=["GET", "POST"]),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: DoctorPages(one, self._renderer), page)

    async def agreements(self, request: Request) -> Response:
        """My agreements: reviews that are due first, then what waits for a signature, then the others."""
        caller, today = self._service.caller, self._agreements.today
        if caller.kind is not Kind.PROFESSIONAL or not caller.practitioner:
            return self._nobody(request)
        rows = []
        for one, last in await store.of_doctor(self._service.database, caller.practitioner):
            stage = rules.stage(one, today)
            if stage not in _OPEN:
                continue
            due = rules.next_review(one, last.astimezone(self._service.zone).date() if last else None)
            state = rules.review_state(due, today) if stage is Stage.IN_FORCE else ""
            rows.append(
                {
                    "one": one,
                    "stage": stage,
                    "due": due,
                    "state": state,
                    "patient": await self._name(one.patient_id),
                }
            )
        rows.sort(key=lambda row: (_OPEN.index(row["stage"]), row["due"]))
        values = {"rows": rows, "wording": wording, "late": sum(row["state"] == "late" for row in rows)}
        return self._renderer.page(request, "pro_referring.html", values)

    async def propose(self, request: Request) -> Response:
        """Propose an agreement; with the patient's code both have signed, and the record is open at once."""
        patient, problem, form = request.path_params["patient"], "", FormData()
        name = await self._name(patient)
        if self._service.caller.kind is not Kind.PROFESSIONAL or not name:
            return self._nobody(request)
        if request.method == "POST":
            form = await request.form()
            try:
                made = await self._propose(patient, form)
                return RedirectResponse(f"/pro/referring/{made}", 303)
            except AgreementError as error:
                problem = error.rule
        values = {
            "patient": patient, "name": name, "form": form, "problem": problem, "wording": wording,
            "conditions": rules.conditions(), "today": self._agreements.today.isoformat(), "here": request.url.path,
        }  # fmt: skip
        return self._renderer.page(request, "pro_referring_new.html", values, 422 if problem else 200)

    async def _propose(self, patient: str, form: FormData) -> object:
        conditions, span = forms.chosen(form, "condition"), forms.span(form)
        rules.check_terms(conditions, *span, self._agreements.today)
        proof = await self._proof(patient, str(form.get("code", ""))[:40])
        practitioner = self._service.caller.practitioner
        return await self._agreements.propose(patient, practitioner, conditions, span, proof)

    async def _proof(self, patient: str, code: str) -> str:
        """Return the proof of the patient's signature at the desk, empty without a code. Raises AgreementError."""
        if not code.strip():
            return ""
        try:
            found = await self._service.registry.get(PatientCodes).redeem(self._service, code)
        except OpeningRefused as error:
            raise AgreementError(str(error)) from None
        if found != patient:
            raise AgreementError("other-code")
        return "code"

    async def one(self, request: Request) -> Response:
        """One agreement; posted forms sign, refuse, end, keep a review or name a stand-in."""
        try:
            agreement = forms.identifier(request.path_params["agreement"])
            one = await self._mine(agreement)
        except AgreementError:
            return self._nobody(request)
        posted = await posting.take(request, self._service, lambda form: self._act(one, form))
        if posted.done:
            return RedirectResponse(f"{request.url.path}?done=1", 303)
        return await self._show(request, one, posted)

    async def _mine(self, agreement: Any) -> Agreement:
        one = await store.one(self._service.database, agreement)
        if one is None or self._agreements.side(one) is not Side.DOCTOR:
            raise AgreementError("unknown")
        return one

    async def _act(self, one: Agreement, form: FormData) -> None:
        match act := str(form.get("act", "")):
            case "sign":
                proof = await self._proof(one.patient_id, str(form.get("code", ""))[:40])
                await self._agreements.sign(one.id, proof)
            case "refuse" | "end":
                await self._agreements.close(one.id, act, str(form.get("reason", ""))[:500])
            case "review":
                remark = str(form.get("remark", ""))[:2000]
                await self._agreements.review(one.id, forms.chosen(form, "checked"), remark)
            case "stand-in":
                days = forms.day(form, "starts"), forms.day(form, "ends")
                await self._agreements.stand_in(one.id, forms.practitioner(form), days)
            case _:
                raise AgreementError("form")

    async def _show(self, request: Request, one: Agreement, posted: Posted) -> Response:
        today, database = self._agreements.today, self._service.database
        reviews = await store.reviews(database, one.id)
        stand_ins = await store.stand_ins(database, one.id)
        last = reviews[0].at.astimezone(self._service.zone).date() if reviews else None
        due = rules.next_review(one, last)
        names = await parties.names(
            self._service, [f"Practitioner/{held.practitioner}" for held in stand_ins]
        )
        stage = rules.stage(one, today)
        values = {
            "one": one, "stage": stage, "acts": rules.acts(one, Side.DOCTOR, today),
            "patient": await self._name(one.patient_id), "reviews": reviews, "stand_ins": stand_ins, "names": names,
            "due": due, "state": rules.review_state(due, today) if stage is Stage.IN_FORCE else "",
            "checklist": rules.checklist(), "conditions": rules.conditions(), "wording": wording, "problem": posted.problem,
            "found": posted.found, "form": posted.form, "today": today.isoformat(), "here": request.url.path,
            "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, "pro_referring_one.html", values, 422 if posted.problem else 200)

    async def _name(self, patient_id: str) -> str:
        """Return a patient's name, empty when the doctor may not see it."""
        try:
            stored = await self._service.resources.read("Patient", patient_id)
        except AccessRefused:
            return ""
        return parties.display(orjson.loads(stored.body)) if stored and stored.body else ""

    def _nobody(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request, text("Nothing found here"), text("There is no such record or document, or you may not see it."),
            404,
        )  # fmt: skip
