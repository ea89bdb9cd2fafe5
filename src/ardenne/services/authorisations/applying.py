"""The applicant's pages: my applications, the checklist with documents, sending, appealing, letters."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.services.authorisations import letters, rules, showing, store, wording
from ardenne.services.authorisations.casework import Actor, Casework
from ardenne.services.authorisations.rules import Case, NotAllowed
from ardenne.services.authorisations.store import Application, Document
from ardenne.standards.professions import professions
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import caller_of

_SIGNS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_LARGEST = 10 * 1024 * 1024
_LANGUAGE = re.compile(r"[a-z]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class ApplyingPages:
    """The pages of whoever applies; each sees the own applications only."""

    def __init__(self, casework: Casework, renderer: Renderer, country: str) -> None:
        self._casework = casework
        self._renderer = renderer
        self._country = country

    def routes(self) -> list[Route]:
        """Return the addresses; an application is named by an opaque id."""
        one = "/authorisation/mine/{application}"
        return [
            Route("/authorisation/mine", self.mine, methods=["GET", "POST"]),
            Route(one, self.one, methods=["GET", "POST"]),
            Route(f"{one}/letter.pdf", self.letter),
        ]

    async def mine(self, request: Request) -> Response:
        """My applications; a posted form begins one."""
        caller, problem, form = caller_of(request), "", FormData()
        if request.method == "POST":
            form = await request.form()
            try:
                begun = _asked(form, caller, self._country)
                await self._casework.begin(begun, _applicant(caller))
                return RedirectResponse(f"/authorisation/mine/{begun.id}", 303)
            except NotAllowed as error:
                problem = error.rule
        table = professions(self._country)
        parents = {one.of for one in table.values() if one.of}
        values = {
            "applications": await store.of_account(self._casework.database, caller.account) if _signed_in(caller) else [],
            "choices": [one for one in table.values() if one.code not in parents],
            "professions": table, "problem": problem, "form": form, "wording": wording,
            "countries": ("LU", "BE", "FR", "DE", "PT", "NL", "IT", "ES"),
        }  # fmt: skip
        return self._renderer.page(request, "authorisation_mine.html", values, 422 if problem else 200)

    async def one(self, request: Request) -> Response:
        """One application; posted forms add documents or do an act."""
        found = await self._mine(request)
        if found is None:
            return self._missing(request)

        def more(case: Case) -> dict[str, Any]:
            return {
                "profession": professions(found.country)[found.profession],
                "checklist": rules.jurisdiction(found.country).checklist[found.kind],
                "missing": rules.missing(found.country, case),
            }

        return await showing.one(
            self._casework,
            self._renderer,
            request,
            found,
            "applicant",
            "authorisation_one.html",
            self._act,
            more,
        )

    async def letter(self, request: Request) -> Response:
        """The letter about the last decision."""
        found = await self._mine(request)
        return self._missing(request) if found is None else await send_letter(self._casework, request, found)

    async def _mine(self, request: Request) -> Application | None:
        caller, application = caller_of(request), identifier(request.path_params["application"])
        found = await store.one(self._casework.database, application) if application else None
        return found if found is not None and _signed_in(caller) and found.account == caller.account else None

    async def _act(self, request: Request, found: Application) -> None:
        form = await request.form(max_part_size=_LARGEST)
        act = str(form.get("act", ""))
        actor = _applicant(caller_of(request))
        if act != "attach":
            await self._casework.act(found.id, act, actor, str(form.get("reason", ""))[:2000])
            return
        sent = form.get("file")
        data = await sent.read(_LARGEST + 1) if isinstance(sent, UploadFile) else b""
        media_type = next((kind for sign, kind in _SIGNS.items() if data.startswith(sign)), "")
        if not media_type or len(data) > _LARGEST or not isinstance(sent, UploadFile):
            raise NotAllowed("file", "only PDF, PNG and JPEG up to 10 MB")
        name = re.sub(r"[^\w .\-()]+", "_", sent.filename or "document")[-80:]
        document = Document(uuid.uuid4(), str(form.get("item", "")), name, media_type, "", 0)
        await self._casework.attach(found.id, document, data)

    def _missing(self, request: Request) -> Response:
        return missing(self._renderer, request)


def missing(renderer: Renderer, request: Request) -> Response:
    """Return the page that says that there is no such application."""
    text = renderer.words(request).text
    return renderer.problem(request, text("Nothing found here"), text("There is no such application."), 404)


async def send_letter(casework: Casework, request: Request, found: Application) -> Response:
    """Return the letter about the last decision as PDF, in the language that is asked for (fr or de)."""
    language = "de" if request.query_params.get("language") == "de" else "fr"
    events = await store.events(casework.database, found.id)
    content = letters.letter(found, events, language)
    if content is None:
        return Response("there is no decision to write about\n", 404, media_type="text/plain")
    headers = {"content-disposition": 'inline; filename="letter.pdf"', "cache-control": "no-store"}
    return Response(content, 200, headers, "application/pdf")


def identifier(text: str) -> uuid.UUID | None:
    """Return an id from an address; None when it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _signed_in(caller: Caller) -> bool:
    return caller.kind not in (Kind.ANONYMOUS, Kind.OPERATOR)


def _applicant(caller: Caller) -> Actor:
    if not _signed_in(caller):
        raise NotAllowed("by", "sign in to apply")
    return Actor(caller.account, caller.name, "applicant")


def _asked(form: FormData, caller: Caller, country: str) -> Application:
    """Return the draft that a form describes. Raises NotAllowed."""
    text: dict[str, Any] = {name: str(value).strip()[:200] for name, value in form.items()}
    try:
        born = date.fromisoformat(text.get("birth_date", ""))
    except ValueError:
        raise NotAllowed("person", "the birth date is no day") from None
    nationality = text.get("nationality", "").upper()
    if (
        not (text.get("family") and text.get("given") and _COUNTRY.fullmatch(nationality))
        or born >= datetime.now(UTC).date()
    ):
        raise NotAllowed("person", "name or nationality is missing")
    wanted = rules.wanted(country, text.get("profession", ""), text.get("kind", ""))
    languages = [
        part for part in re.split(r"[\s,;]+", text.get("languages", "").lower()) if _LANGUAGE.fullmatch(part)
    ]
    return Application(
        uuid.uuid4(), country, wanted.code, wanted.register, text["kind"], caller.account, text["family"], text["given"],
        born, nationality, text.get("email", ""), tuple(dict.fromkeys(languages)),
    )  # fmt: skip
