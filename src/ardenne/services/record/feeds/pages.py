"""The page about feeds: how much arrives from whom, how late it is, and what waits."""

from __future__ import annotations

import csv
import io

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record.feeds import counting, store_feeds
from ardenne.ui.rendering import Renderer
from ardenne.ui.seen import Endpoint, as_seen


class FeedPages:
    """The page over one node."""

    def __init__(self, service: FhirService, renderer: Renderer) -> None:
        self._service = service
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/desk/feeds", self._seen("overview"), methods=["GET", "POST"]),
            Route("/desk/feeds.csv", self._seen("table")),
        ]

    def _seen(self, name: str) -> Endpoint:
        return as_seen(self._service, lambda one: FeedPages(one, self._renderer), getattr(FeedPages, name))

    async def overview(self, request: Request) -> Response:
        """What arrives and what waits; a posted form lets what waits be tried again."""
        database = self._service.database
        if request.method == "POST":
            rule = str((await request.form()).get("rule", ""))[:200]
            number = await store_feeds.try_again(database, rule)
            if self._service.trace is not None:
                detail = f"{number} entries are tried again"
                self._service.trace.note(Action.OPERATION, None, rule="error-desk", detail=detail)
            return RedirectResponse("/desk/feeds#waiting", 303)
        await counting.flush(database)
        values = {
            "feeds": await store_feeds.figures(database),
            "backlog": await store_feeds.backlog(database),
            "rules": await store_feeds.rules(database),
        }
        return self._renderer.page(request, "desk_feeds.html", values)

    async def table(self, request: Request) -> Response:
        """The figures as CSV."""
        await counting.flush(self._service.database)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(store_feeds.Figures._fields)
        for one in await store_feeds.figures(self._service.database):
            writer.writerow([one.feed, one.last.isoformat(), *one[2:]])
        headers = {"content-disposition": 'attachment; filename="feeds.csv"', "cache-control": "no-store"}
        return Response(out.getvalue(), 200, headers, "text/csv; charset=utf-8")
