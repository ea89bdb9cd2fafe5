"""Pages about one person at the identity desk: what each source says, history with undo, parting, protection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import groups, hashing
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import deciding, merging, protecting, store, store_aliases, store_resources, wording
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.feeding import acting
from ardenne.services.mpi.merging import CannotMerge, Officer
from ardenne.standards.fhir.json import parse_exact
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

Json = dict[str, Any]
Act = Callable[[FhirService, Connection, str, FormData, Officer], Awaitable[str]]
_LONGEST = 1000
_UNDOABLE = ("merged", "split", "apart")


class PersonPages:
    """The pages over one node as an officer may see it."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer
        self._forgotten: list[str] = []

    def routes(self) -> list[Route]:
        """Return the addresses."""
        place = "/desk/identity/person/{patient}"
        return [
            Route(place, self._seen(PersonPages.person), methods=["GET", "POST"]),
            Route(f"{place}/split", self._seen(PersonPages.split), methods=["GET", "POST"]),
            Route(f"{place}/protection", self._seen(PersonPages.protection), methods=["GET", "POST"]),
        ]

    def _seen(self, page: Callable[[PersonPages, Request], Awaitable[Response]]) -> Endpoint:
        return as_seen(self._service, lambda one: PersonPages(one, self._renderer), page)

    async def person(self, request: Request) -> Response:
        """A person: identities of each source, history of decisions with undo."""
        return await self._page(request, "desk_person.html", self._undo)

    async def split(self, request: Request) -> Response:
        """Choose what belongs to another person; a second officer decides."""
        return await self._page(request, "desk_split.html", self._propose)

    async def protection(self, request: Request) -> Response:
        """Put a person under an alias, or end that."""
        return await self._page(request, "desk_protection.html", self._protect)

    async def _page(self, request: Request, template: str, act: Act) -> Response:
        person, problem, form = str(request.path_params["patient"]), "", FormData()
        if request.method == "POST":
            form = await request.form()
            problem, place = await self._act(person, form, act)
            if not problem:
                return RedirectResponse(place, 303)
        patient = await self._patient(person)
        if patient is None:
            text = self._renderer.words(request).text
            return self._renderer.problem(
                request, text("Nothing found here"), text("There is no such case or person."), 404
            )
        database = self._service.database
        members = await store.group(database, person)
        values = {
            "patient": patient, "person": person, "members": members, "wording": wording,
            "problem": self._renderer.words(request).text(problem) if problem else "",
            "identities": await store.of_persons(database, members), "form": form,
            "events": await events.of_persons(database, members), "undoable": _UNDOABLE,
            "resources": await store_resources.of_record(database, hashing.self_hash("Patient", person)),
            "alias": await store_aliases.of(database, members),
            "survivor": await store.survivor(database, person), "done": "done" in request.query_params,
        }  # fmt: skip
        return self._renderer.page(request, template, values, 422 if problem else 200)

    async def _act(self, person: str, form: FormData, act: Act) -> tuple[str, str]:
        """Carry out an act; return the problem, or where to go on."""
        caller = self._service.caller
        reason = " ".join(str(form.get("reason", "")).split())[:_LONGEST]
        if len(reason) < 3:
            return wording.WHY["reason"], ""
        service = acting(self._service, caller)
        try:
            async with self._service.database.transaction() as connection:
                place = await act(service, connection, person, form, Officer(caller.name, reason))
        except CannotMerge as error:
            return wording.why(error.rule), ""
        finally:
            if service is not self._service:
                await service.finish()
        await groups.refresh(self._service.database)
        await protecting.forget_versions(self._service, self._forgotten)
        return "", place

    async def _undo(
        self, service: FhirService, connection: Connection, person: str, form: FormData, officer: Officer
    ) -> str:
        number = str(form.get("event", ""))
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise CannotMerge("event", "this is nothing that can be taken back")
        await merging.undo(service, connection, int(number), officer)
        return f"/desk/identity/person/{person}?done=1"

    async def _propose(
        self, service: FhirService, connection: Connection, person: str, form: FormData, officer: Officer
    ) -> str:
        chosen = [
            int(one)
            for one in map(str, form.getlist("identity"))
            if one.isascii() and one.isdigit() and len(one) < 18
        ]
        known = set(await store_resources.of_record(connection, hashing.self_hash("Patient", person)))
        resources = [one for one in map(str, form.getlist("resource")) if one in known]
        case = await deciding.propose_split(
            connection, person, chosen, resources, self._service.caller, officer.reason
        )
        return f"/desk/identity/case/{case}?done=proposed"

    async def _protect(
        self, service: FhirService, connection: Connection, person: str, form: FormData, officer: Officer
    ) -> str:
        place = f"/desk/identity/person/{person}/protection"
        if form.get("end"):
            await protecting.unprotect(service, connection, person, officer)
            return place
        given, family = (" ".join(str(form.get(name, "")).split())[:60] for name in ("given", "family"))
        if not given or not family:
            raise CannotMerge("alias", "an alias needs a name")
        alias: Json = {"name": [{"use": "anonymous", "family": family, "given": [given]}]}
        year, sex = str(form.get("year", "")).strip(), str(form.get("sex", ""))
        if year.isascii() and year.isdigit() and len(year) == 4:
            alias["birthDate"] = year
        if sex in ("male", "female"):
            alias["gender"] = sex
        self._forgotten += await protecting.protect(service, connection, person, alias, officer)
        return place

    async def _patient(self, person: str) -> Json | None:
        stored = await self._service.resources.read("Patient", person)
        return parse_exact(stored.body) if stored is not None and stored.body is not None else None
