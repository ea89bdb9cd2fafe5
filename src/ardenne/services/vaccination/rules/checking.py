"""Gaps and contradictions in a schedule: what an editor wants to hear before anybody is vaccinated by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from ardenne.services.vaccination.rules.dates import Period, shift
from ardenne.services.vaccination.rules.schedule import Age, Antigen, Interval, Ruleset, Series, SeriesDose

_BIRTH = date(2020, 1, 1).toordinal()
_KINDS = ("age", "completed series", "interval")


class Problem(NamedTuple):
    severity: str
    """``error`` or ``warning``."""
    place: str
    text: str


def problems(ruleset: Ruleset) -> Iterator[Problem]:
    """All that is wrong (errors) or unusual (warnings)."""
    for name, group in ruleset.groups.items():
        for antigen in group.antigens:
            if antigen not in ruleset.antigens:
                yield Problem("error", name, f"the antigen {antigen} has no supporting data")
    for antigen_ in ruleset.antigens.values():
        yield from _antigen(antigen_, ruleset)


def _antigen(antigen: Antigen, ruleset: Ruleset) -> Iterator[Problem]:
    if not any(antigen.name in group.antigens for group in ruleset.groups.values()):
        yield Problem("error", antigen.name, "no vaccine group holds this antigen: it is never forecast")
    known = {
        code
        for code, found in ruleset.associations.items()
        if any(one.antigen == antigen.name for one in found)
    }
    groups = {series.group for series in antigen.series}
    for group in groups:
        standard = [one for one in antigen.series if one.group == group and one.kind == "Standard"]
        if len([one for one in standard if one.default and not one.genders]) > 1:
            yield Problem("error", antigen.name, f"series group {group} has more than one default series")
        if standard and not any(one.default for one in standard):
            yield Problem("warning", antigen.name, f"series group {group} has no default series")
    for series in antigen.series:
        yield from _series(series, known, ruleset)


def _series(series: Series, known: set[str], ruleset: Ruleset) -> Iterator[Problem]:
    place = series.name
    if not series.doses:
        yield Problem("error", place, "the series has no dose")
    if series.kind == "Risk" and not series.indications:
        yield Problem("error", place, "a risk series needs an indication")
    for indication in series.indications:
        if indication.code not in ruleset.observations:
            yield Problem("error", place, f"the schedule does not define the observation {indication.code!r}")
    for dose in series.doses:
        yield from _dose(f"{place}, dose {dose.number}", dose, known)
    for before, after in pairwise(series.doses):
        first, second = _minimum(before), _minimum(after)
        if first is not None and second is not None and second < first:
            yield Problem(
                "error", f"{place}, dose {after.number}", "the minimum age is below that of the dose before"
            )


def _minimum(dose: SeriesDose) -> int | None:
    minimum = dose.ages[0].minimum if dose.ages else None
    return shift(_BIRTH, minimum) if minimum else None


def _dose(place: str, dose: SeriesDose, known: set[str]) -> Iterator[Problem]:
    if not dose.preferable:
        severity, text = (
            ("warning", "no vaccine is preferable") if dose.allowable else ("error", "no vaccine is named")
        )
        yield Problem(severity, place, text)
    for vaccine in (*dose.preferable, *dose.allowable):
        if known and vaccine.code not in known:
            yield Problem("error", place, f"the vaccine {vaccine.code} does not hold this antigen")
    for age in dose.ages:
        yield from _ages(place, age)
    for interval in dose.intervals:
        yield from _intervals(place, interval, dose.number)
    for one in (condition for skip in dose.skips for held in skip.sets for condition in held.conditions):
        if one.kind not in _KINDS and not one.kind.startswith("vaccine count"):
            yield Problem("error", place, f"the specification knows no condition of type {one.kind!r}")


def _ages(place: str, age: Age) -> Iterator[Problem]:
    named = (
        ("absolute minimum", age.absolute_minimum),
        ("minimum", age.minimum),
        ("earliest recommended", age.earliest_recommended),
        ("latest recommended", age.latest_recommended),
        ("maximum", age.maximum),
    )
    yield from _ordered(place, "age", named)


def _intervals(place: str, interval: Interval, number: int) -> Iterator[Problem]:
    named = (
        ("absolute minimum", interval.absolute_minimum),
        ("minimum", interval.minimum),
        ("earliest recommended", interval.earliest_recommended),
        ("latest recommended", interval.latest_recommended),
    )
    yield from _ordered(place, "interval", named)
    if interval.from_target_dose is not None and interval.from_target_dose >= number:
        yield Problem("error", place, "an interval counts from this dose or a later one")
    if not (
        interval.from_previous
        or interval.from_target_dose
        or interval.from_most_recent
        or interval.from_observation
    ):
        yield Problem("error", place, "an interval says from what it counts: nothing")


def _ordered(place: str, what: str, named: tuple[tuple[str, Period | None], ...]) -> Iterator[Problem]:
    given = [(name, shift(_BIRTH, period)) for name, period in named if period is not None]
    for (name, day), (other, later) in pairwise(given):
        if later < day:
            yield Problem("error", place, f"the {other} {what} is below the {name} {what}")
