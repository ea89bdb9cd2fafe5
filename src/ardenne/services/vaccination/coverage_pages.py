"""Coverage for the office of public health: vaccine group by birth cohort and commune, and over the years."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.services.vaccination.disclosure import Shown, protect, series
from ardenne.services.vaccination.extract import files_of, made_at
from ardenne.services.vaccination.schedules import load, of_jurisdiction
from ardenne.services.vaccination.store_coverage import Cell, Reached, history
from ardenne.ui.charts import Band, Point, trend
from ardenne.ui.languages import Words
from ardenne.ui.rendering import Renderer

_YEAR = 366 * 86_400_000_000
_MOST_DOSES = 6
_SHOWN = 400


class Asked(NamedTuple):
    """What the reader wants to see; the years are those of birth."""

    group: str
    doses: int
    first: int
    last: int
    commune: str


class CoveragePages:
    """The pages of a node; they read the extract, nothing of any record."""

    def __init__(self, service: FhirService, renderer: Renderer, settings: Settings) -> None:
        self._renderer = renderer
        self._folder = settings.data_folder
        self._groups = tuple(sorted(load(of_jurisdiction(settings.jurisdiction).schedule).groups))

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [Route("/desk/coverage", self.coverage), Route("/desk/coverage.csv", self.table)]

    async def coverage(self, request: Request) -> Response:
        """Table and chart of what was asked for."""
        made = made_at(self._folder)
        asked = self._asked(request)
        values: dict[str, Any] = {
            "made": made,
            "asked": asked,
            "groups": self._groups,
            "doses": range(1, _MOST_DOSES + 1),
        }
        if made is not None:
            reached = await self._reached(asked, made)
            cells = [one for one in protect(_cells(reached)) if _wanted(one, asked)]
            words = self._renderer.words(request)
            shares = series([one for one in reached if _wanted(one, asked)], made.year)
            values |= {
                "cells": cells[:_SHOWN], "more": len(cells) > _SHOWN, "series": shares,
                "communes": sorted({one.commune for one in reached if one.commune}),
                "chart": _chart(shares, words), "query": request.url.query,
            }  # fmt: skip
        return self._renderer.page(request, "coverage.html", values)

    async def table(self, request: Request) -> Response:
        """The protected table as CSV."""
        made, asked = made_at(self._folder), self._asked(request)
        cells = protect(_cells(await self._reached(asked, made))) if made else []
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("vaccine_group", "doses", "cohort", "commune", "persons", "covered", "share"))
        for one in cells:
            if _wanted(one, asked):
                writer.writerow(
                    (asked.group, asked.doses, *("" if value is None else value for value in one))
                )
        headers = {"content-disposition": 'attachment; filename="coverage.csv"', "cache-control": "no-store"}
        return Response(out.getvalue(), 200, headers, "text/csv; charset=utf-8")

    def _asked(self, request: Request) -> Asked:
        given = request.query_params
        group = given.get("group", "")
        return Asked(
            group if group in self._groups else self._groups[0],
            min(max(_number(given.get("doses", ""), 1), 1), _MOST_DOSES),
            _number(given.get("first", ""), 1900), _number(given.get("last", ""), 9999),
            given.get("commune", "")[:80],
        )  # fmt: skip

    async def _reached(self, asked: Asked, made: datetime) -> tuple[Reached, ...]:
        return await asyncio.to_thread(_history, self._folder, made, asked.group, asked.doses)


@lru_cache(maxsize=64)
def _history(folder: Path, _made: datetime, group: str, doses: int) -> tuple[Reached, ...]:
    """As long as the extract is the same, the answer is."""
    persons, acts = files_of(folder)
    return tuple(history(persons, acts, group, doses))


def _cells(reached: Sequence[Reached]) -> list[Cell]:
    """Persons and covered persons of each cohort and commune today."""
    counts: dict[tuple[int, str], list[int]] = {}
    for one in reached:
        found = counts.setdefault((one.cohort, one.commune), [0, 0])
        found[0] += one.persons
        found[1] += one.persons if one.year is not None else 0
    return [Cell(*place, *found) for place, found in sorted(counts.items())]


def _wanted(one: Shown | Reached, asked: Asked) -> bool:
    return asked.first <= one.cohort <= asked.last and asked.commune in ("", one.commune)


def _chart(shares: Sequence[tuple[int, int]], words: Words) -> str:
    if len(shares) < 2:
        return ""
    points = [Point(year * _YEAR, share, f"{year}: {share} %") for year, share in shares]
    first, last = (str(shares[place][0]) for place in (0, -1))
    title = words.text("Share with the doses at the end of each year, per cent")
    return trend(points, Band(None, None), title, "%", first, last)


def _number(text: str, other: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else other
