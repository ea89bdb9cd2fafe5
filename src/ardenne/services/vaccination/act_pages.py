"""One act for the vaccinator: correct it with its trace, mark it as entered in error, report a reaction."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest import incoming
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store.change import Method, Mode
from ardenne.services.vaccination import acting, wording
from ardenne.services.vaccination.acts import read_act
from ardenne.services.vaccination.card import performer_of
from ardenne.services.vaccination.entering import EntryError, read_entry
from ardenne.services.vaccination.nomenclature import starter
from ardenne.standards.fhir.json import dump
from ardenne.ui import parties
from ardenne.ui.pdf import Block, Facts, Heading, Text, document
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

Json = dict[str, Any]
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_EVER = (0, 1 << 62)


class ActPages:
    """The pages over one node as a vaccinator may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        one = "/pro/vaccination/{patient}/act/{act}"
        return [
            Route(one, self._seen(ActPages.act), methods=["GET", "POST"]),
            Route(f"{one}/report/{{event}}.pdf", self._seen(ActPages.report)),
        ]

    def _seen(self, page: Any) -> Endpoint:
        return as_seen(self._service, lambda one: ActPages(one, self._renderer), page)

    async def act(self, request: Request) -> Response:
        """An act with its reactions and its older versions; posted forms change it."""
        patient, act = request.path_params["patient"], request.path_params["act"]
        resource = await self._read("Immunization", act)
        if resource is None or resource.get("patient", {}).get("reference") != f"Patient/{patient}":
            return self._missing(request)
        field, problem, form = "", "", {}
        if request.method == "POST":
            form = {name: str(value)[:1000] for name, value in (await request.form()).items()}
            try:
                await self._change(patient, resource, form)
                return RedirectResponse(f"{request.url.path}?done=1", 303)
            except EntryError as error:
                field = error.field
            except RestError as error:
                problem = str(error)
        versions, _total = await self._service.past.of_resource("Immunization", act, _EVER, 0, 20)
        older = [orjson.loads(one.body) for one in versions[1:] if one.body]
        values = {
            "patient": patient, "one": read_act(resource, starter()), "resource": resource, "form": form, "field": field,
            "problem": problem, "wording": wording, "vaccines": starter().choices(), "here": request.url.path,
            "older": [read_act(one, starter()) for one in older], "reactions": await self._reactions(patient, act),
            "kinds": acting.REACTIONS, "done": "done" in request.query_params, "today": str(datetime.now(UTC).date()),
        }  # fmt: skip
        return self._renderer.page(
            request, "pro_vaccination_act.html", values, 422 if field or problem else 200
        )

    async def _change(self, patient: str, resource: Json, form: dict[str, str]) -> None:
        now, caller = datetime.now(UTC), self._service.caller
        match form.get("act"):
            case "correct":
                kind = "reported" if resource.get("primarySource") is False else "given"
                if resource.get("status") == "not-done":
                    kind = "refused"
                known = starter().vaccines
                chosen = known.get(form.get("vaccine", ""))
                any_code = chosen.code if chosen else next(iter(known))
                entered = read_entry({**form, "kind": kind, "vaccine": any_code}, now.date())
                made = acting.corrected(resource, entered, chosen, form.get("reason", ""), caller.name, now)
                await self._write(made, Mode.PUT)
            case "in-error":
                made = acting.in_error(resource, form.get("reason", ""), caller.name, now)
                await self._write(made, Mode.PUT)
            case "reaction":
                found = acting.reaction(patient, resource, form, now.date(), performer_of(caller))
                await self._write({**found, "id": change.new_id()}, Mode.CREATE)
            case _:
                raise EntryError("form")

    async def _write(self, resource: Json, mode: Mode) -> None:
        sent = incoming.read_resource(dump(resource), resource["resourceType"])
        method = Method.POST if mode is Mode.CREATE else Method.PUT
        await self._service.resources.write(
            change.write(sent.resource, sent.content, resource["id"], mode, method, None)
        )

    async def _reactions(self, patient: str, act: str) -> list[Json]:
        owner = ask.OwnedBy((hashing.self_hash("Patient", patient),))
        query = parse([("_count", "200"), ("_total", "none")])
        page = await self._service.searcher.search(["AdverseEvent"], query, within=owner)
        found = [orjson.loads(row.body) for row in page.matches]
        wanted = f"Immunization/{act}"
        return [
            one
            for one in found
            if any(
                held.get("instance", {}).get("reference") == wanted for held in one.get("suspectEntity", [])
            )
        ]

    async def report(self, request: Request) -> Response:
        """A reaction as a letter to the authority that collects them: the product, the batch, what happened."""
        path = request.path_params
        event, act = (
            await self._read("AdverseEvent", path["event"]),
            await self._read("Immunization", path["act"]),
        )
        person = await self._read("Patient", path["patient"])
        wanted = f"Patient/{path['patient']}"
        if not (event and act and person) or event.get("subject", {}).get("reference") != wanted:
            return self._missing(request)
        words = self._renderer.words(request)
        text, given = words.text, read_act(act, starter())
        serious = any(one.get("code") == "serious" for one in event.get("seriousness", {}).get("coding", []))
        blocks: list[Block] = [
            Heading(text("Report of a reaction after a vaccination")),
            Facts((
                (text("Person"), f"{parties.display(person)[:1]}. · {person.get('gender', '')}"),
                (text("Born"), str(person.get("birthDate", ""))[:4]),
                (text("Vaccine"), given.name), (text("Batch"), given.lot),
                (text("Given on"), words.day(given.day) if given.day else ""),
                (text("Reaction began on"), words.fhir_date(str(event.get("date", "")))),
                (text("Serious"), text("yes") if serious else text("no")),
                (text("Reported by"), self._service.caller.name),
            )),
            Text(str(event.get("event", {}).get("text", ""))),
        ]  # fmt: skip
        content = document(text("Report of a reaction after a vaccination"), words.language, blocks)
        headers = {"content-disposition": 'attachment; filename="reaction.pdf"', "cache-control": "no-store"}
        return Response(content, 200, headers, "application/pdf")

    async def _read(self, kind: str, name: str) -> Json | None:
        if not _ID.fullmatch(name):
            return None
        stored = await self._service.resources.read(kind, name)
        return orjson.loads(stored.body) if stored and stored.body else None

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request,
            text("Nothing found here"),
            text("There is no such vaccination, or you may not see it."),
            404,
        )
