"""The simulator: two scenarios side by side. The address holds all values: it can be kept and sent; nobody is in it."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ardenne.services.vaccination import simulator_form
from ardenne.services.vaccination.curves import Curve, picture
from ardenne.services.vaccination.simulation import (
    Matrix,
    Outcome,
    Scenario,
    doses_per_case_averted,
    simulate,
)
from ardenne.ui.rendering import Renderer

_ONE = asyncio.Semaphore(1)
"""One reckoning at a time: a worker that simulates for many still answers the others."""
_STEP = 14


class Facts(NamedTuple):
    """What the table says of a scenario: lower end, median, upper end; and days on which beds are missing (median)."""

    infected: tuple[float, float, float]
    beds: tuple[float, float, float]
    short: float
    doses: int


class SimulatorPages:
    """The page; it reads nothing of any record."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [Route("/simulator", self.simulator)]

    async def simulator(self, request: Request) -> Response:
        """The form, and both scenarios with their bands."""
        settings = simulator_form.read(request.query_params)
        async with _ONE:
            first, second = [
                await asyncio.to_thread(_run, simulator_form.scenario(settings, which))
                for which in ("a", "b")
            ]
        capacity = settings.values["capacity"]
        words = self._renderer.words(request)
        cases = [_curve("a", first.cases), _curve("b", second.cases)]
        beds = [_curve("a", first.beds), _curve("b", second.beds)]
        values: dict[str, Any] = {
            "value": settings.values, "disease": settings.disease, "groups": simulator_form.defaults()["groups"],
            "diseases": list(simulator_form.defaults()["diseases"]),
            "cases": picture(cases, words.text("New cases each day"), words.text("days"), words.number),
            "beds": picture(beds, words.text("Beds in use each day"), words.text("days"), words.number, capacity),
            "facts": {"a": _facts(first, capacity), "b": _facts(second, capacity)},
            "averted": doses_per_case_averted(first, second), "days": _table(cases, beds), "link": request.url.query,
        }  # fmt: skip
        return self._renderer.page(request, "simulator.html", values)


@lru_cache(maxsize=16)
def _run(scenario: Scenario) -> Outcome:
    return simulate(scenario)


def _curve(kind: str, by_day: Any) -> Curve:
    low, middle, high = np.quantile(by_day, [0.05, 0.5, 0.95], axis=1)
    return Curve(kind, low.tolist(), middle.tolist(), high.tolist())


def _facts(outcome: Outcome, capacity: float) -> Facts:
    infected: Matrix = outcome.infected.sum(axis=1).astype(float)
    missing = (outcome.beds > capacity).sum(axis=0)
    return Facts(_three(infected), _three(outcome.beds.max(axis=0)), float(np.median(missing)), outcome.doses)


def _three(values: Matrix) -> tuple[float, float, float]:
    low, middle, high = (float(found) for found in np.quantile(values, [0.05, 0.5, 0.95]))
    return round(low), round(middle), round(high)


def _table(cases: list[Curve], beds: list[Curve]) -> list[tuple[int, list[int]]]:
    """The pictures' twin: medians every two weeks."""
    days = range(0, len(cases[0].middle), _STEP)
    return [(day, [round(curve.middle[day]) for curve in (*cases, *beds)]) for day in days]
