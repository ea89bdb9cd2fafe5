"""The start page: finding a person by name, birth date or number."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.services.record import reading
from ardenne.ui.languages import LANGUAGES
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

_FIELDS = ("name", "birth_date", "number")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4})")


def birth_date(text: str) -> str:
    """Return a day written as 1980-02-28, 28.2.1980 or 28/02/1980 as ISO date, empty when it is none."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        return ""
    parts = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
    year, month, day = (int(part) for part in parts)
    return f"{year:04d}-{month:02d}-{day:02d}"


class FindPages:
    """The pages that find a person."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/find", self._seen(), methods=["GET", "POST"]),
        ]

    def _seen(self) -> Endpoint:
        return as_seen(self._service, lambda seen: FindPages(seen, self._renderer), FindPages.find)

    async def home(self, request: Request) -> Response:
        """The start: find a person."""
        return self._renderer.page(request, "find.html", {"asked": {}, "found": None, "problem": ""})

    async def find(self, request: Request) -> Response:
        """The persons that match. The form is posted, so that names stay out of addresses and logs."""
        if request.method == "GET":
            language = request.query_params.get("lang", "")
            return RedirectResponse(f"/?lang={language}" if language in LANGUAGES else "/", 303)
        form = await request.form()
        asked = {name: str(form.get(name, "")).strip()[:100] for name in _FIELDS}
        text = self._renderer.words(request).text
        wrong_date = text("Write the birth date as year-month-day, for example 1980-02-28.")
        problem, found = "", None
        day = birth_date(asked["birth_date"])
        if asked["birth_date"] and not day:
            problem = wrong_date
        elif not any(asked.values()):
            problem = text("Enter a name, a birth date or a number.")
        else:
            try:
                found = await reading.find_persons(self._service, asked["name"], day, asked["number"])
            except SearchError:
                problem = wrong_date
        values = {"asked": asked, "found": found, "problem": problem}
        return self._renderer.page(request, "find.html", values, 422 if problem else 200)
