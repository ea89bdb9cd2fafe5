"""The record's pages: finding a person, the record, its documents, laboratory values, the error desk."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.http.message import Response as Answer
from ardenne.kernel.rest import binary
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.services.record import content, display, filing, reading, store, summary
from ardenne.standards.fhir.json import parse
from ardenne.ui.charts import Band, Point, trend
from ardenne.ui.languages import Words
from ardenne.ui.rendering import Renderer

Page = Callable[[Request], Awaitable[Response]]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MICROSECONDS_DAY = 86_400_000_000
_UPLOAD_LIMIT = 64 * 1024 * 1024
_DESK_ROWS = 200


class RecordPages:
    """The pages of the record over one node's store."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses of the pages. No address holds anything about a person but an opaque id."""
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/find", self.find, methods=["GET", "POST"]),
            Route("/record/{patient}", self._of_patient(self.summary)),
            Route("/record/{patient}/timeline", self._of_patient(self.timeline)),
            Route("/record/{patient}/results", self._of_patient(self.results)),
            Route("/record/{patient}/document/{document}", self._of_patient(self.document)),
            Route("/record/{patient}/document/{document}/original", self._of_patient(self.original)),
            Route("/record/{patient}/document/{document}/file/{place:int}", self._of_patient(self.original)),
            Route("/desk", self.desk, methods=["GET", "POST"]),
        ]

    def _of_patient(self, page: Callable[[Request, dict[str, Any]], Awaitable[Response]]) -> Page:
        """Return a page that first reads the patient whose record it shows."""

        async def answer(request: Request) -> Response:
            try:
                person = await reading.patient(self._service, request.path_params["patient"])
            except (RestError, SearchError):
                person = None
            if person is None:
                return self._missing(request)
            return await page(request, person)

        return answer

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        values = {
            "heading": text("Nothing found here"),
            "message": text("There is no such record or document, or you may not see it."),
        }
        return self._renderer.page(request, "problem.html", values, 404)

    async def home(self, request: Request) -> Response:
        """The start: find a person."""
        return self._renderer.page(request, "find.html", {"asked": {}, "found": None, "problem": ""})

    async def find(self, request: Request) -> Response:
        """The persons that match. The form is posted, so that names stay out of addresses and logs."""
        if request.method == "GET":
            return RedirectResponse("/", 303)
        form = await request.form()
        asked = {name: str(form.get(name, "")).strip()[:100] for name in ("name", "birth_date", "number")}
        text = self._renderer.words(request).text
        problem, found = "", None
        if asked["birth_date"] and not _DAY.fullmatch(asked["birth_date"]):
            problem = text("Write the birth date as year-month-day, for example 1980-02-28.")
        elif not any(asked.values()):
            problem = text("Enter a name, a birth date or a number.")
        else:
            try:
                found = await reading.find_persons(
                    self._service, asked["name"], asked["birth_date"], asked["number"]
                )
            except SearchError:
                problem = text("Write the birth date as year-month-day, for example 1980-02-28.")
        values = {"asked": asked, "found": found, "problem": problem}
        return self._renderer.page(request, "find.html", values, 422 if problem else 200)

    async def summary(self, request: Request, person: dict[str, Any]) -> Response:
        """The first page of a record."""
        resources = await reading.of_patient(self._service, person["id"], reading.SUMMARY_TYPES)
        newest = await reading.of_patient(self._service, person["id"], ("DocumentReference",), 5)
        values = {"summary": summary.summarise(resources), "documents": reading.events(newest)}
        return self._record(request, person, "summary.html", "summary", values)

    async def timeline(self, request: Request, person: dict[str, Any]) -> Response:
        """Everything in order of time, filtered by kind, period and author."""
        resources = await reading.of_patient(self._service, person["id"], reading.TIMELINE_TYPES)
        events = reading.events(resources)
        authors = sorted({event.author for event in events if event.author})
        kinds = sorted({event.resource_type for event in events})
        asked = {name: request.query_params.get(name, "") for name in ("kind", "start", "end", "author")}
        chosen = [event for event in events if _matches(event, asked, authors)]
        years: dict[str, list[reading.Event]] = {}
        for event in chosen:
            years.setdefault(event.date[:4], []).append(event)
        values = {
            "years": years, "kinds": kinds, "authors": authors, "asked": asked,
            "shown": len(chosen), "total": len(events),
        }  # fmt: skip
        return self._record(request, person, "timeline.html", "timeline", values)

    async def results(self, request: Request, person: dict[str, Any]) -> Response:
        """Laboratory and other measured values, as tables with their trend."""
        observations = await reading.of_patient(self._service, person["id"], ("Observation",))
        words = self._renderer.words(request)
        rows = [(series, _trend(series, words)) for series in summary.series(observations)]
        return self._record(request, person, "results.html", "results", {"rows": rows})

    async def document(self, request: Request, person: dict[str, Any]) -> Response:
        """One document: what it is, its content, its original."""
        found = await self._document(request, person)
        if found is None:
            return self._missing(request)
        media_type, data = await self._content(found, 0)
        words = self._renderer.words(request)
        here = request.url.path
        shown = content.show(media_type, data, words.text, words.language, f"{here}/file/1")
        values = {
            "document": found,
            "title": found.get("description") or display.concept(found.get("type")),
            "type": display.concept(found.get("type")),
            "date": found["content"][0]["attachment"].get("creation") or found.get("date", ""),
            "authors": [display.reference_label(author) for author in found.get("author", [])],
            "shown": shown,
            "here": here,
            "files": found["content"][1:],
            "size": len(data),
            "media_type": media_type,
        }
        return self._record(request, person, "document.html", "timeline", values)

    async def original(self, request: Request, person: dict[str, Any]) -> Response:
        """The bytes of a document as they came."""
        found = await self._document(request, person)
        place = int(request.path_params.get("place", 0))
        if found is None or place >= len(found["content"]):
            return self._missing(request)
        media_type, data = await self._content(found, place)
        answer: Answer = binary.raw(data, media_type)
        return Response(answer.body, answer.status, dict(answer.headers))

    async def desk(self, request: Request) -> Response:
        """The error desk, and filing a document by hand."""
        filed: filing.Filed | None = None
        if request.method == "POST":
            form = await request.form(max_files=1)
            upload = form.get("file")
            if upload is not None and not isinstance(upload, str) and upload.filename:
                data = await upload.read(_UPLOAD_LIMIT)
                filed = await filing.file(self._service, data, upload.filename)
        rows, total = await store.waiting(self._service.database, _DESK_ROWS)
        values = {"rows": rows, "total": total, "filed": filed}
        return self._renderer.page(request, "desk.html", values)

    async def _document(self, request: Request, person: dict[str, Any]) -> dict[str, Any] | None:
        document_id = request.path_params["document"]
        return await reading.one(self._service, person["id"], "DocumentReference", document_id)

    async def _content(self, document: dict[str, Any], place: int) -> tuple[str, bytes]:
        """Return media type and bytes of an attachment: kept here, or inside the resource."""
        attachment = document["content"][place].get("attachment", {})
        media_type = str(attachment.get("contentType", "application/octet-stream"))
        url = str(attachment.get("url", ""))
        if attachment.get("data"):
            import base64

            return media_type, base64.b64decode(attachment["data"])
        stored = None
        if url.startswith("Binary/"):
            stored = await self._service.resources.read("Binary", url.removeprefix("Binary/"))
        if stored is None or stored.body is None:
            return media_type, b""
        return media_type, binary.content_of(self._service, parse(stored.body))

    def _record(
        self, request: Request, person: dict[str, Any], template: str, tab: str, values: dict[str, Any]
    ) -> Response:
        common = {
            "person": person,
            "name": display.person(person),
            "numbers": display.identifiers(person),
            "base": f"/record/{person['id']}",
            "tab": tab,
        }
        return self._renderer.page(request, template, {**common, **values})


def _matches(event: reading.Event, asked: dict[str, str], authors: list[str]) -> bool:
    if asked["kind"] and event.resource_type != asked["kind"]:
        return False
    if asked["author"].isdigit() and (
        int(asked["author"]) >= len(authors) or event.author != authors[int(asked["author"])]
    ):
        return False
    if _DAY.fullmatch(asked["start"]) and event.moment < reading.moment(asked["start"]):
        return False
    return not (
        _DAY.fullmatch(asked["end"]) and event.moment >= reading.moment(asked["end"]) + _MICROSECONDS_DAY
    )


def _trend(series: summary.Series, words: Words) -> str:
    """Return the plot of a series: at least two numbers in one unit."""
    newest = series.points[0]
    values = [
        value for value in reversed(series.points) if value.number is not None and value.unit == newest.unit
    ]
    if len(values) < 2:
        return ""
    points = [
        Point(value.moment, value.number, f"{words.fhir_date(value.date)}: {value.text}")
        for value in values
        if value.number is not None
    ]
    title = words.text("Trend of {name}", name=series.name)
    first, last = words.fhir_date(values[0].date[:10]), words.fhir_date(values[-1].date[:10])
    return trend(points, Band(newest.low, newest.high), title, newest.unit, first, last)
