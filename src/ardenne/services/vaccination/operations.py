"""Operations of the FHIR door: ``$immds-forecast`` (HL7 ImmDS), ``$evaluate`` its other name, ``$health-cards-issue``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.router import Operation
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.services.vaccination.card import Card, card_of, judge
from ardenne.services.vaccination.card_keys import CardKeys
from ardenne.services.vaccination.fhir_answers import evaluations, recommendation
from ardenne.services.vaccination.issuing import european_card, smart_card
from ardenne.services.vaccination.rules.tree import ShapeError
from ardenne.services.vaccination.schedules import load, of_jurisdiction, shipped
from ardenne.standards.fhir.json import dump

Json = dict[str, Any]
_OTHERS = ("condition", "allergyIntolerance", "observation", "adverseEvent")


class VaccinationOperations:
    """The operations with the settings of a node."""

    def __init__(self, settings: Settings) -> None:
        self._schedule = of_jurisdiction(settings.jurisdiction).schedule
        self._keys = CardKeys(settings.data_folder, of_jurisdiction(settings.jurisdiction).partner)
        self._issuer = settings.base_url or f"http://{settings.host}:{settings.port}"

    def operations(self) -> dict[str, Operation]:
        """What the FHIR door answers."""
        return {
            "$immds-forecast": self.forecast,
            "$evaluate": self.forecast,
            "$health-cards-issue": self.issue,
        }

    async def forecast(self, service: FhirService, request: Request, kind: str, resource_id: str) -> Response:
        """Evaluations and a recommendation, for a patient of this node or for the resources that were sent.

        Parameters: ``assessmentDate``, ``schedule`` (a shipped one, such as lu), ``patient``, ``immunization`` (repeated).
        ``condition``, ``allergyIntolerance``, ``observation``, ``adverseEvent`` (repeated) tell of pregnancy, weak immunity and
        reactions. What is sent is judged and not kept.
        """
        if kind not in ("", "Patient"):
            raise refuse(
                404, "not-supported", "$immds-forecast is called on the system or a Patient", "operation"
            )
        asked = parameters.read(request)
        try:
            today = date.fromisoformat(
                parameters.one(asked, "assessmentDate") or str(datetime.now(UTC).date())
            )
            ruleset = load(_short(parameters.one(asked, "schedule", self._schedule)))
        except (ValueError, ShapeError) as error:
            raise refuse(400, "invalid", str(error), "parameter") from None
        if resource_id:
            card = await self._card(
                service, resource_id, _short(parameters.one(asked, "schedule", self._schedule)), today
            )
        else:
            sent = [one for one in asked.get("patient", []) if isinstance(one, dict)]
            if not sent:
                raise refuse(400, "required", "the parameter 'patient' must hold a Patient", "patient")
            acts = [one for one in asked.get("immunization", []) if isinstance(one, dict)]
            others = [one for name in _OTHERS for one in asked.get(name, []) if isinstance(one, dict)]
            card = judge(sent[0], acts, ruleset, today, others=others)
        if card.subject is None:
            raise refuse(422, "invalid", card.problem, "patient")
        found: list[Json] = [{"name": "evaluation", "resource": one} for one in evaluations(card, today)]
        found.append({"name": "recommendation", "resource": recommendation(card, today)})
        return answers.resource(200, dump({"resourceType": "Parameters", "parameter": found}))

    async def issue(self, service: FhirService, request: Request, kind: str, resource_id: str) -> Response:
        """A signed card of a patient: ``format`` evc (European Vaccination Card) or shc (SMART Health Card, the default)."""
        if kind != "Patient" or not resource_id:
            raise refuse(404, "not-supported", "$health-cards-issue is called on one Patient", "operation")
        asked = parameters.read(request)
        wanted = parameters.one(asked, "format", "shc")
        if wanted not in ("shc", "evc"):
            raise refuse(400, "invalid", "'format' is shc or evc", "format")
        card = await self._card(service, resource_id, self._schedule, datetime.now(UTC).date())
        now = datetime.now(UTC)
        try:
            text = (
                european_card(card, self._keys, now)
                if wanted == "evc"
                else smart_card(card, self._keys, self._issuer, now)
            )
        except ValueError as error:
            raise refuse(422, "invalid", str(error), "patient") from None
        part = {"name": "verifiableCredential", "valueString": text}
        return answers.resource(200, dump({"resourceType": "Parameters", "parameter": [part]}))

    async def _card(self, service: FhirService, resource_id: str, schedule: str, today: date) -> Card:
        found = await card_of(service, resource_id, schedule, today)
        if found is None:
            raise refuse(404, "not-found", "there is no such Patient, or it is not yours to see", "id")
        return found


def _short(name: str) -> str:
    """Shipped schedules only: a caller does not name folders of this machine."""
    if name not in shipped():
        raise refuse(400, "invalid", f"'schedule' is one of {', '.join(shipped())}", "schedule")
    return name
