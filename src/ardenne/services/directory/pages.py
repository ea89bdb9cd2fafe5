"""The public page of the directory: search form, map and list; the same as CSV."""

from __future__ import annotations

import csv
import io

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.services.directory import maps, searching
from ardenne.services.directory.entries import Entry
from ardenne.services.directory.maps import Point
from ardenne.services.directory.searching import Question
from ardenne.standards.professions import COUNTRIES, Profession, professions
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import address_of, caller_of

_LANGUAGES = ("fr", "de", "lb", "en", "pt", "nl", "it", "es", "ar", "uk", "ru", "tr")


class DirectoryPages:
    """The pages for everybody; the directory holds no patient."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [Route("/directory", self.search), Route("/directory.csv", self.table)]

    async def search(self, request: Request) -> Response:
        """The form, and what it finds as map and list."""
        asked = _asked(request)
        found, more = ([], False) if asked.empty else await self._found(request, asked)
        words = self._renderer.words(request)
        points = [
            Point(number, one.place.city, *one.place.position)
            for number, one in enumerate(found, 1)
            if one.place.position is not None
        ]
        values = {
            "asked": asked, "found": found, "more": more, "most": searching.MOST, "groups": _groups(words.language),
            "map": maps.svg(points, words.text("Where they are; the numbers are those of the list")),
            "tongues": {code: words.language_name(code) for code in _LANGUAGES}, "query": request.url.query,
            "tongue": words.language_name,
        }  # fmt: skip
        return self._renderer.page(request, "directory.html", values)

    async def table(self, request: Request) -> Response:
        """The same list as CSV."""
        found, _more = await self._found(request, _asked(request))
        lines = io.StringIO()
        writer = csv.writer(lines)
        writer.writerow(("name", "profession", "organisation", "street", "postcode", "city", "country", "languages",
                         "accepts new patients", "contact"))  # fmt: skip
        for one in found:
            accepts = {True: "yes", False: "no", None: ""}[one.accepts]
            writer.writerow((one.name, "; ".join(one.what("fr")), one.house, *one.place[:4], " ".join(one.languages),
                             accepts, "; ".join(value for _kind, value in one.telecom)))  # fmt: skip
        headers = {"content-disposition": 'attachment; filename="directory.csv"'}
        return Response(lines.getvalue(), 200, headers, "text/csv; charset=utf-8")

    async def _found(self, request: Request, asked: Question) -> tuple[list[Entry], bool]:
        """Search with the platform's rights: the directory is public, and the question is in the journal."""
        seen = self._service.as_platform(caller_of(request), address_of(request))
        try:
            return await searching.find(seen, asked)
        finally:
            await seen.finish()


def _asked(request: Request) -> Question:
    given = {name: value.strip()[:80] for name, value in request.query_params.items()}
    return Question(
        given.get("name", ""), given.get("profession", ""), given.get("city", ""), given.get("language", ""),
        given.get("accepts") == "yes",
    )  # fmt: skip


def _groups(language: str) -> dict[str, list[tuple[str, str]]]:
    """Return the choices of the form by country: code and name, a speciality after its profession."""

    def shown(country: str, one: Profession) -> str:
        parent = professions(country)[one.of].name(language) + ": " if one.of else ""
        return parent + one.name(language)

    return {
        country.upper(): [
            (f"{country}.{code}", shown(country, one)) for code, one in professions(country).items()
        ]
        for country in COUNTRIES
    }
