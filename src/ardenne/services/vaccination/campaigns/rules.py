"""Who is invited and who waits, and what inviting did (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from math import sqrt
from typing import NamedTuple

STATES = ("overdue", "due")
REMIND_AFTER = timedelta(days=28)
"""A second letter goes to whoever was not vaccinated so long after the first. Our assumption."""
_Z = 1.959963984540054
"""Standard normal quantile of a 95 % interval."""


class CampaignError(Exception):
    """Why a campaign or an act on it is refused; ``rule`` names it for the page."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Criteria(NamedTuple):
    """For whom a campaign is: vaccine group and its states, birth range, sex and place of residence (empty: any)."""

    group: str
    states: tuple[str, ...]
    born_from: str
    born_to: str
    gender: str = ""
    place: str = ""


class Effect(NamedTuple):
    """Share vaccinated with and without invitation, their difference, and its 95 % interval."""

    invited: float
    control: float
    difference: float
    low: float
    high: float


def criteria(form: Mapping[str, str], groups: Iterable[str], today: date) -> Criteria:
    """Read the criteria of a form. Raises CampaignError."""
    group = form.get("group", "")
    if group not in groups:
        raise CampaignError("group")
    states = tuple(state for state in STATES if form.get(state))
    if not states:
        raise CampaignError("states")
    try:
        first, last = (date.fromisoformat(form.get(name, "")) for name in ("born_from", "born_to"))
    except ValueError:
        raise CampaignError("born") from None
    if not first <= last <= today:
        raise CampaignError("born")
    gender = form.get("gender", "")
    if gender not in ("", "female", "male"):
        raise CampaignError("form")
    return Criteria(
        group, states, str(first), str(last), gender, " ".join(form.get("place", "").split())[:80]
    )


def assign(patients: Iterable[str], seed: str, share: float) -> dict[str, str]:
    """Return the arm of each patient (id): a share of them is the control group, chosen by chance.

    The same seed and patients give the same arms in whatever order: the persons stand in the order of a hash that
    nobody can foresee without the seed, and the first of them are the control group.
    """
    ranked = sorted(set(patients), key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).digest())
    waiting = round(len(ranked) * share)
    return {one: "control" if place < waiting else "invited" for place, one in enumerate(ranked)}


def wilson(events: int, persons: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson score)."""
    share = events / persons
    middle = (2 * events + _Z**2) / (2 * (persons + _Z**2))
    half = _Z * sqrt(_Z**2 + 4 * events * (1 - share)) / (2 * (persons + _Z**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def effect(vaccinated: int, invited: int, vaccinated_control: int, control: int) -> Effect | None:
    """Return what inviting did; None while an arm is empty.

    Interval: Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10 (from Wilson's scores, no correction).
    """
    if not invited or not control:
        return None
    first, second = vaccinated / invited, vaccinated_control / control
    low, high = wilson(vaccinated, invited)
    low_control, high_control = wilson(vaccinated_control, control)
    difference = first - second
    below = sqrt((first - low) ** 2 + (high_control - second) ** 2)
    above = sqrt((high - first) ** 2 + (second - low_control) ** 2)
    return Effect(first, second, difference, difference - below, difference + above)


def counts(day: date | None, starts: date | None, weeks: int) -> bool:
    """Tell whether a vaccination falls into the time in which it counts; the same span for both arms."""
    return bool(day and starts and starts <= day <= starts + timedelta(weeks=weeks))
