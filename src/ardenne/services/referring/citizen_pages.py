"""The patient's page: my referring doctor, proposals to sign, naming a doctor, ending an agreement."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.services.referring import forms, posting, rules, store, wording
from ardenne.services.referring.agreements import Agreements
from ardenne.services.referring.posting import Posted
from ardenne.services.referring.rules import AgreementError, Side
from ardenne.ui import parties, patients
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import as_seen


class CitizenPages:
    """The pages over one node as a citizen may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer
        self._agreements = Agreements(service)

    def routes(self) -> list[Route]:
        """Return the addresses: the own record, or that of a person represented (by an opaque id)."""
        page = as_seen(self._service, lambda seen: CitizenPages(seen, self._renderer), CitizenPages.page)
        return [
            Route("/my/referring", page, methods=["GET", "POST"]),
            Route("/my/referring/{patient}", page, methods=["GET", "POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """My referring doctor; a posted form finds or names a doctor, signs, refuses or ends."""
        patient = patients.represented(request, self._service.caller)
        if not patient:
            return patients.only(self._renderer, request)
        posted = await posting.take(request, self._service, lambda form: self._act(patient, form))
        if posted.done:
            return RedirectResponse(f"{request.url.path}?done=1", 303)
        return await self._show(request, patient, posted)

    async def _act(self, patient: str, form: FormData) -> None:
        match act := str(form.get("act", "")):
            case "propose":
                conditions = forms.chosen(form, "condition")
                await self._agreements.propose(
                    patient, forms.practitioner(form), conditions, forms.span(form)
                )
            case "sign":
                await self._agreements.sign(forms.identifier(str(form.get("agreement", ""))))
            case "refuse" | "end":
                reason = str(form.get("reason", ""))[:500]
                await self._agreements.close(forms.identifier(str(form.get("agreement", ""))), act, reason)
            case _:
                raise AgreementError("form")

    async def _show(self, request: Request, patient: str, posted: Posted) -> Response:
        rows = await store.of_patient(self._service.database, hashing.self_hash("Patient", patient))
        today = self._agreements.today
        agreements: list[dict[str, Any]] = [
            {
                "one": one, "stage": rules.stage(one, today), "acts": rules.acts(one, Side.PATIENT, today),
                "reviews": await store.reviews(self._service.database, one.id),
                "stand_ins": await store.stand_ins(self._service.database, one.id),
            }
            for one in rows
        ]  # fmt: skip
        named = [f"Practitioner/{row['one'].practitioner}" for row in agreements]
        named += [f"Practitioner/{held.practitioner}" for row in agreements for held in row["stand_ins"]]
        values = {
            "agreements": agreements, "names": await parties.names(self._service, named), "wording": wording,
            "conditions": rules.conditions(), "found": posted.found, "form": posted.form, "problem": posted.problem,
            "here": request.url.path, "today": today.isoformat(), "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, "my_referring.html", values, 422 if posted.problem else 200)
