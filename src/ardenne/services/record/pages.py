"""The record's pages: summary, timeline, results, documents."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.rest import binary
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.services.mpi.contract import PersonIndex
from ardenne.services.record import (
    content,
    display,
    document_page,
    reading,
    results,
    summary,
    timeline,
    wording,
)
from ardenne.services.record.adding.pages import AddingPages
from ardenne.services.record.desk import DeskPages
from ardenne.services.record.feeds.pages import FeedPages
from ardenne.services.record.finding import FindPages
from ardenne.services.record.hiding_page import HidingPages
from ardenne.services.record.masking import Mask, masked
from ardenne.services.record.results import Series
from ardenne.services.record.sharing.door import SharedDoor
from ardenne.services.record.sharing.pages import SharePages
from ardenne.services.record.summary import Line
from ardenne.standards.fhir.json import parse
from ardenne.ui.charts import Band, Point, spark, trend
from ardenne.ui.languages import Words
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen

Json = dict[str, Any]
_ALLERGY = ("AllergyIntolerance",)
_TIMELINE_ROWS = 400
_INNER_FILES = 8


class RecordPages:
    """The pages of the record over one node's store."""

    def __init__(self, service: FhirService, renderer: Renderer, base: str = "") -> None:
        self._service = service
        self._renderer = renderer
        self._base = base

    def routes(self) -> list[Route]:
        """Return the addresses of the pages. No address holds anything about a person but an opaque id."""
        document = "/record/{patient}/document/{document}"
        return [
            *FindPages(self._service, self._renderer).routes(),
            Route("/record/{patient}", self._of_patient(RecordPages.summary)),
            Route("/record/{patient}/timeline", self._of_patient(RecordPages.timeline)),
            Route("/record/{patient}/results", self._of_patient(RecordPages.results)),
            Route("/record/{patient}/results.csv", self._of_patient(RecordPages.results_table)),
            Route(document, self._of_patient(RecordPages.document)),
            Route(f"{document}/original", self._of_patient(RecordPages.original)),
            Route(f"{document}/file/{{place:int}}", self._of_patient(RecordPages.original)),
            *AddingPages(self._service, self._renderer).routes(),
            *HidingPages(self._service, self._renderer).routes(),
            *SharePages(self._service, self._renderer, self._base).routes(),
            *SharedDoor(self._service, self._renderer).routes(),
            *DeskPages(self._service, self._renderer).routes(),
            *FeedPages(self._service, self._renderer).routes(),
        ]

    def _of_patient(self, page: Callable[[RecordPages, Request, Json], Awaitable[Response]]) -> Endpoint:
        """Return a page that first reads the patient whose record it shows, as the caller may see it."""

        async def answer(pages: RecordPages, request: Request) -> Response:
            try:
                person = await reading.patient(pages._service, request.path_params["patient"])
            except (RestError, SearchError):
                person = None
            if person is None:
                return pages._missing(request)
            return await page(pages, request, person)

        return as_seen(self._service, lambda seen: RecordPages(seen, self._renderer), answer)

    def _missing(self, request: Request) -> Response:
        text = self._renderer.words(request).text
        return self._renderer.problem(
            request,
            text("Nothing found here"),
            text("There is no such record or document, or you may not see it."),
            404,
        )

    async def summary(self, request: Request, person: Json) -> Response:
        """The first page of a record."""
        resources = await reading.current(self._service, person["id"], reading.SUMMARY_TYPES)
        newest = await reading.of_patient(self._service, person["id"], ("DocumentReference",), 6)
        found = summary.summarise(resources)
        words = self._renderer.words(request)
        values = {
            "summary": found,
            "sparks": {one.code: _spark(one, words) for one in found.results[:12]},
            "documents": timeline.events(newest),
        }
        return await self._record(request, person, "summary.html", "summary", values, found.allergies)

    async def timeline(self, request: Request, person: Json) -> Response:
        """Everything in order of time, filtered by kind, period and author."""
        events = timeline.events(await reading.current(self._service, person["id"], timeline.TYPES))
        authors = sorted({event.author for event in events if event.author})
        asked = timeline.Filter.asked(request.query_params)
        chosen = [event for event in events if asked.keeps(event, authors)]
        years: dict[str, list[timeline.Event]] = {}
        for event in chosen[:_TIMELINE_ROWS]:
            years.setdefault(event.date[:4], []).append(event)
        kinds = {event.kind for event in events}
        values = {
            "years": years, "authors": authors, "asked": asked, "shown": len(chosen), "total": len(events),
            "cut": len(chosen) > _TIMELINE_ROWS,
            "classes": sorted(kind.partition("-")[2] for kind in kinds if "-" in kind),
            "kinds": sorted({event.resource_type for event in events}),
        }  # fmt: skip
        return await self._record(request, person, "timeline.html", "timeline", values)

    async def results(self, request: Request, person: Json) -> Response:
        """Laboratory and other measured values, as tables with their trend."""
        words = self._renderer.words(request)
        found = await self._series(person)
        groups = {
            group: [(one, _trend(one, words)) for one in found if (one.group == "vital-signs") == vital]
            for group, vital in (("laboratory", False), ("vital-signs", True))
        }
        values = {"groups": {name: rows for name, rows in groups.items() if rows}}
        return await self._record(request, person, "results.html", "results", values)

    async def results_table(self, request: Request, person: Json) -> Response:
        """All values as CSV."""
        headers = {
            "content-disposition": 'attachment; filename="results.csv"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return Response(results.table(await self._series(person)), 200, headers, "text/csv; charset=utf-8")

    async def _series(self, person: Json) -> list[Series]:
        return results.series(await reading.current(self._service, person["id"], ("Observation",)))

    async def document(self, request: Request, person: Json) -> Response:
        """One document: what it is, its content, the files inside it, its original."""
        found = await self._document(request, person)
        if found is None:
            return self._missing(request)
        words, here = self._renderer.words(request), request.url.path
        media_type, data = await self._content(found, 0)
        inner = []
        for place in range(1, min(len(found["content"]), _INNER_FILES + 1)):
            kind, inside = await self._content(found, place)
            if document_page.shown_already(media_type, kind):
                continue
            title = found["content"][place].get("attachment", {}).get("title", "")
            shown = content.show(kind, inside, words, f"{here}/file/{place}")
            inner.append(document_page.File(place, title, kind, len(inside), shown))
        older, newer = await reading.versions(self._service, found)
        values = document_page.values(found, media_type, len(data))
        values |= {
            "shown": content.show(media_type, data, words, f"{here}/file/1"), "here": here, "files": inner,
            "older": older, "newer": newer, "may_hide": self._service.caller.kind is Kind.CITIZEN,
        }  # fmt: skip
        return await self._record(request, person, "document.html", "timeline", values)

    async def original(self, request: Request, person: Json) -> Response:
        """The bytes of a document, or of a file inside it, as they came."""
        found = await self._document(request, person)
        place = int(request.path_params.get("place", 0))
        if found is None or place >= len(found["content"]):
            return self._missing(request)
        media_type, data = await self._content(found, place)
        answer = binary.raw(data, media_type)
        return Response(answer.body, answer.status, document_page.headers(media_type, dict(answer.headers)))

    async def _document(self, request: Request, person: Json) -> Json | None:
        document_id = request.path_params["document"]
        try:
            return await reading.one(self._service, person["id"], "DocumentReference", document_id)
        except RestError:
            return None

    async def _content(self, document: Json, place: int) -> tuple[str, bytes]:
        """Return media type and bytes of an attachment: kept here, or inside the resource."""
        attachment = document["content"][place].get("attachment", {})
        media_type = str(attachment.get("contentType", "application/octet-stream"))
        url = str(attachment.get("url", ""))
        if attachment.get("data"):
            return media_type, base64.b64decode(attachment["data"])
        stored = None
        if url.startswith("Binary/"):
            stored = await self._service.resources.read("Binary", url.removeprefix("Binary/"))
        if stored is None or stored.body is None:
            return media_type, b""
        return media_type, await binary.content_of(self._service, parse(stored.body))

    async def _record(
        self,
        request: Request,
        person: Json,
        template: str,
        tab: str,
        values: Json,
        allergies: list[Line] | None = None,
    ) -> Response:
        """Return a page under the person's banner, which always warns of allergies with a high risk.

        Whatever names somebody under protection, the page shows the alias.
        """
        hidden = await self._service.registry.get(PersonIndex).hidden(self._service.database, person["id"])
        if allergies is None:
            allergies = summary.allergies(await reading.current(self._service, person["id"], _ALLERGY))
        common = {
            "person": person,
            "name": display.person(person),
            "numbers": display.identifiers(person),
            "base": f"/record/{person['id']}",
            "tab": tab,
            "alerts": [line for line in allergies if line.alert],
            "wording": wording,
            "value_text": results.value_text,
            "range_text": results.range_text,
        }
        page = self._renderer.page(request, template, {**common, **values, "masked": hidden is not None})
        return masked(page, Mask(hidden, self._renderer.words(request).fhir_date)) if hidden else page


def _points(found: Series, words: Words) -> list[Point]:
    return [
        Point(
            value.moment, value.number, f"{words.fhir_date(value.date)}: {results.value_text(value, words)}"
        )
        for value in found.plotted
        if value.number is not None
    ]


def _trend(found: Series, words: Words) -> str:
    """Return the plot of a series: at least two numbers in one unit."""
    points, newest = _points(found, words), found.points[0]
    if len(points) < 2:
        return ""
    values = found.plotted
    title = words.text("Trend of {name}", name=found.name)
    first, last = words.fhir_date(values[0].date[:10]), words.fhir_date(values[-1].date[:10])
    return trend(points, Band(newest.low, newest.high), title, newest.unit, first, last, words.exact)


def _spark(found: Series, words: Words) -> str:
    """Return the small plot of a series beside its last value."""
    points, newest = _points(found, words), found.points[0]
    if len(points) < 2:
        return ""
    title = words.text("Trend of {name}", name=found.name)
    return spark(points[-12:], Band(newest.low, newest.high), title)
