"""The days around each dose of the Luxembourg and Belgian schedules, from a table of our own."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from ardenne.services.vaccination.rules.checking import problems
from ardenne.services.vaccination.rules.engine import Assessment, assess
from ardenne.services.vaccination.rules.history import Dose, Person
from ardenne.services.vaccination.rules.progress import Evaluation, PatientSeries
from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.schedules import load

_BORN = date(2021, 3, 10)
"""The tenth of a month: no age falls on a day that does not exist."""
_ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "boundaries.tsv").read_text().splitlines()
    if not line.startswith("#")
]


def _at(age: str) -> date:
    if "+" in age:
        first, interval = age.split("+")
        return _at(first) + timedelta(weeks=int(interval[:-1]))
    number, unit = int(age[:-1]), age[-1]
    if unit == "w":
        return _BORN + timedelta(weeks=number)
    months = _BORN.month - 1 + number * (12 if unit == "y" else 1)
    return date(_BORN.year + months // 12, months % 12 + 1, _BORN.day)


def _assess(ruleset: Ruleset, antigen: str, valence: str, days: list[date], today: date) -> PatientSeries:
    doses = [Dose(day.toordinal(), valence) for day in days]
    group = next(name for name, one in ruleset.groups.items() if antigen in one.antigens)
    found: Assessment = assess(
        Person(_BORN.toordinal(), "Female", today.toordinal(), doses), ruleset, [group]
    )
    return next(one for one in found.groups[group][0].series if one.series.antigen == antigen)


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: f"{row[0]} {row[1]} after {row[3] or 'none'}")
def test_days_around_a_dose(row: list[str]) -> None:
    schedule, antigen, valence, before, minimum, recommended, limit = row
    ruleset = load(schedule)
    given = [_at(age) for age in before.split()]
    earliest = _at(minimum)
    for shift, expected in ((-5, False), (-4, True), (-1, True), (0, True)):
        day = earliest + timedelta(days=shift)
        found = _assess(ruleset, antigen, valence, [*given, day], day)
        assert (found.evaluated[-1].status is Evaluation.VALID) is expected, f"{shift} days from the minimum"
    today = given[-1] if given else _BORN
    if not given and minimum in ("60y", "65y", "75y"):
        today = earliest
    forecast = _assess(ruleset, antigen, valence, given, today).forecast
    assert forecast.earliest == earliest.toordinal()
    assert forecast.recommended == _at(recommended).toordinal()
    if limit:
        assert forecast.past_due == (_at(limit) - timedelta(days=1)).toordinal()


@pytest.mark.parametrize("name", ["lu", "be"])
def test_the_shipped_schedules_have_no_errors(name: str) -> None:
    ruleset = load(name)
    assert [one for one in problems(ruleset) if one.severity == "error"] == []
    doses = [
        dose for antigen in ruleset.antigens.values() for series in antigen.series for dose in series.doses
    ]
    assert all(dose.source in ruleset.sources for dose in doses)
    assert any(not dose.confirmed for dose in doses)
    assert ruleset.version and ruleset.authority
