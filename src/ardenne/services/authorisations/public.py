"""The public pages: the registers and their laws, the yearly statistics."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.services.authorisations import rules, statistics, store, wording
from ardenne.services.authorisations.casework import Casework
from ardenne.services.authorisations.statistics import Table
from ardenne.ui.rendering import Renderer

_YEARS = 4


class PublicPages:
    """The pages for everybody."""

    def __init__(self, casework: Casework, renderer: Renderer, country: str) -> None:
        self._casework = casework
        self._renderer = renderer
        self._country = country

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/authorisation", self.registers),
            Route("/authorisation/statistics", self.statistics),
            Route("/authorisation/statistics.csv", self.table),
        ]

    async def registers(self, request: Request) -> Response:
        """The registers, their laws, and how to apply."""
        data = rules.jurisdiction(self._country)
        return self._renderer.page(request, "authorisation.html", {"data": data, "wording": wording})

    async def statistics(self, request: Request) -> Response:
        """Authorisations delivered: as printed for past years, and as this register counts them."""
        printed = statistics.printed()
        values = {
            "printed": printed, "differences": statistics.differences(printed), "own": await self._own(),
            "grand": statistics.PRINTED_GRAND_TOTAL, "wording": wording,
        }  # fmt: skip
        return self._renderer.page(request, "authorisation_statistics.html", values)

    async def table(self, request: Request) -> Response:
        """All figures as CSV: source, table, code, year, count; an empty cell has no line."""
        lines = io.StringIO()
        writer = csv.writer(lines)
        writer.writerow(("source", "table", "code", "label", "year", "count"))
        for source, tables in (("printed", statistics.printed()), ("register", await self._own())):
            for found in tables:
                for row in found.rows:
                    for year, count in zip(found.years, row.counts, strict=False):
                        if count is not None:
                            writer.writerow((source, found.key, row.code, row.label, year, count))
        headers = {"content-disposition": 'attachment; filename="authorisations.csv"'}
        return Response(lines.getvalue(), 200, headers, "text/csv; charset=utf-8")

    async def _own(self) -> list[Table]:
        zone = self._casework.service.zone
        counts = await store.delivered(self._casework.database, self._country, zone.key)
        newest = datetime.now(UTC).astimezone(zone).year
        return statistics.tables(counts, [newest - place for place in range(_YEARS)])
