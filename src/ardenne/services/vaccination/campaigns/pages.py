"""The campaign desk: new campaigns, their persons, letters, counting, effect."""

from __future__ import annotations

import csv
import io
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store import hashing
from ardenne.services.notices.contract import Notices
from ardenne.services.vaccination.campaigns import drawing, rules, store, wording
from ardenne.services.vaccination.campaigns.letters import letters
from ardenne.services.vaccination.campaigns.rules import CampaignError
from ardenne.services.vaccination.campaigns.store import Campaign, Numbers, Target
from ardenne.services.vaccination.leafing import pages
from ardenne.services.vaccination.schedules import load, of_jurisdiction
from ardenne.ui import parties
from ardenne.ui.languages import Words
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

Json = dict[str, Any]
_LETTERS = 500
"""Letters of one file: what a printer's run takes."""
_SHOWN = 100


class CampaignPages:
    """The pages over one node as the office of public health may see it."""

    def __init__(self, service: FhirService, renderer: Renderer, settings: Settings) -> None:
        self._service = service
        self._renderer = renderer
        self._settings = settings
        self._schedule = of_jurisdiction(settings.jurisdiction).schedule

    def routes(self) -> list[Route]:
        """Return the addresses."""
        one = "/desk/campaigns/{campaign}"
        return [
            Route("/desk/campaigns", self._seen(CampaignPages.list), methods=["GET", "POST"]),
            Route(one, self._seen(CampaignPages.one), methods=["GET", "POST"]),
            Route(f"{one}/targets.csv", self._seen(CampaignPages.targets)),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: CampaignPages(one, self._renderer, self._settings), page)

    async def list(self, request: Request) -> Response:
        """All campaigns; the posted form makes one."""
        problem, form = "", {}
        if request.method == "POST":
            form = {name: str(value)[:500] for name, value in (await request.form()).items()}
            try:
                return RedirectResponse(f"/desk/campaigns/{await self._make(form)}", 303)
            except CampaignError as error:
                problem = error.rule
        values = {
            "campaigns": await store.campaigns(self._service.database), "form": form, "problem": problem,
            "groups": sorted(load(self._schedule).groups), "wording": wording, "key": str(uuid.uuid4()),
        }  # fmt: skip
        return self._renderer.page(request, "campaigns.html", values, 422 if problem else 200)

    async def _make(self, form: dict[str, str]) -> uuid.UUID:
        caller, today = self._service.caller, datetime.now(UTC).date()
        criteria = rules.criteria(form, load(self._schedule).groups, today)
        name, reason = " ".join(form.get("name", "").split()), form.get("reason", "").strip()
        if not name:
            raise CampaignError("name")
        if len(reason) < 3:
            raise CampaignError("reason")
        share, weeks = _number(form, "share", 50), _number(form, "weeks", 104)
        if not weeks:
            raise CampaignError("weeks")
        number = _key(form)
        one = Campaign(
            number, name[:120], criteria, share / 100, secrets.token_hex(16), weeks, reason, "drawing", 0,
            caller.account, caller.name, datetime.now(UTC), None,
        )  # fmt: skip
        async with self._service.database.transaction() as connection:
            await store.add(connection, one)
            detail = f"{one.name}: {reason}"
            await self._service.note(connection, "", Action.OPERATION, "campaign", detail)
        return number

    async def one(self, request: Request) -> Response:
        """One campaign: numbers, effect, persons; posted forms make letters, count, or close it."""
        one = await self._found(request)
        if one is None:
            return self._missing(request)
        problem = ""
        if request.method == "POST":
            act = str((await request.form()).get("act", ""))
            try:
                answer = await self._act(request, one, act)
                return answer or RedirectResponse(f"{request.url.path}?done=1", 303)
            except CampaignError as error:
                problem = error.rule
        numbers = await store.numbers(self._service.database, one.id)
        arms = {arm: numbers.get(arm, Numbers()) for arm in wording.ARMS}
        invited, control = arms["invited"], arms["control"]
        values = {
            "one": one, "arms": arms, "wording": wording, "problem": problem, "here": request.url.path,
            "effect": rules.effect(invited.vaccinated, invited.persons, control.vaccinated, control.persons)
            if one.counted else None,
            "done": "done" in request.query_params, "persons": await self._persons(one, _SHOWN), "shown": _SHOWN,
            "total": sum(arm.persons for arm in arms.values()),
        }  # fmt: skip
        return self._renderer.page(request, "campaign.html", values, 422 if problem else 200)

    async def _act(self, request: Request, one: Campaign, act: str) -> Response | None:
        match act:
            case "letters" | "reminders":
                return await self._letters(request, one, act == "reminders")
            case "count":
                if one.state != "open":
                    raise CampaignError("closed")
                await drawing.count(self._service, one, self._schedule)
            case "close":
                async with self._service.database.transaction() as connection:
                    if not await store.close(connection, one.id):
                        raise CampaignError("closed")
            case _:
                raise CampaignError("form")
        return None

    async def _letters(self, request: Request, one: Campaign, second: bool) -> Response:
        """Make the letters that are due; after the campaign is closed the control group is invited."""
        arm, today = ("invited" if one.state == "open" else "control"), datetime.now(UTC).date()
        before = datetime.now(UTC) - rules.REMIND_AFTER if second else None
        async with self._service.database.transaction() as connection:
            if await store.locked(connection, one.id) is None or one.state == "drawing":
                raise CampaignError("form")
            chosen = await store.for_letters(connection, one.id, _LETTERS, arm, before)
            if not chosen:
                raise CampaignError("nobody")
            people = await self._people(one, chosen)
            await store.sent(connection, one.id, chosen, second, today)
            notices = self._service.registry.get(Notices)
            for patient in chosen:
                await notices.tell(connection, hashing.self_hash("Patient", patient), "vaccination")
        words = self._renderer.words(request)
        content = letters(
            [people[name] for name in chosen if name in people], one.criteria.group, second, today,
            self._words, words.language,
        )  # fmt: skip
        headers = {"content-disposition": 'attachment; filename="letters.pdf"', "cache-control": "no-store"}
        return Response(content, 200, headers, "application/pdf")

    def _words(self, language: str) -> Words:
        return self._renderer.words_in(language)

    async def targets(self, request: Request) -> Response:
        """All target persons as CSV; everybody's journal says so."""
        one = await self._found(request)
        if one is None:
            return self._missing(request)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("patient", "name", "born", "arm", "invited", "reminded", "vaccinated"))
        for target, person in await self._persons(one, 1_000_000):
            writer.writerow((
                target.patient, parties.display(person), person.get("birthDate", ""), target.arm, target.invited or "",
                target.reminded or "", target.vaccinated or "",
            ))  # fmt: skip
        headers = {"content-disposition": 'attachment; filename="targets.csv"', "cache-control": "no-store"}
        return Response(out.getvalue(), 200, headers, "text/csv; charset=utf-8")

    async def _persons(self, one: Campaign, most: int) -> Sequence[tuple[Target, Json]]:
        found = await store.targets(self._service.database, one.id, "", most)
        people = await self._people(one, [target.patient for target in found])
        return [(target, people.get(target.patient, {})) for target in found]

    async def _people(self, one: Campaign, patients: Sequence[str]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        async with drawing.platform_of(self._service, one) as platform:
            for start in range(0, len(patients), 100):
                part = ",".join(patients[start : start + 100])
                async for page in pages(platform, ["Patient"], [("_id", part)], 100):
                    found |= {row.resource_id: orjson.loads(row.body) for row in page.matches}
        return found

    async def _found(self, request: Request) -> Campaign | None:
        try:
            number = uuid.UUID(request.path_params["campaign"])
        except ValueError:
            return None
        return await store.campaign(self._service.database, number)

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request, text("Nothing found here"), text("There is no such campaign."), 404
        )


def _number(form: dict[str, str], name: str, most: int) -> int:
    text = form.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise CampaignError(name)
    return int(text)


def _key(form: dict[str, str]) -> uuid.UUID:
    try:
        return uuid.UUID(form.get("key", ""))
    except ValueError:
        raise CampaignError("form") from None
