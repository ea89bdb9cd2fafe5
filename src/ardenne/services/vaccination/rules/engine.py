"""A person and a schedule → evaluated doses and forecasts: the process of chapter 4."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ardenne.services.vaccination.rules.evaluation import evaluate
from ardenne.services.vaccination.rules.forecasting import forecast
from ardenne.services.vaccination.rules.groups import GroupForecast, group_forecasts
from ardenne.services.vaccination.rules.history import Dose, Person, by_antigen
from ardenne.services.vaccination.rules.progress import PatientSeries, Status
from ardenne.services.vaccination.rules.schedule import Antigen, Ruleset, Series
from ardenne.services.vaccination.rules.selection import best_series


@dataclass(slots=True)
class Assessment:
    """All that was found: by antigen the relevant series and the best of them, by vaccine group the forecasts.

    Of relevant series those are left out that cannot be the best (:class:`~.schedule.Usual`).
    """

    relevant: dict[str, list[PatientSeries]] = field(default_factory=dict)
    best: dict[str, list[PatientSeries]] = field(default_factory=dict)
    groups: dict[str, list[GroupForecast]] = field(default_factory=dict)


def assess(person: Person, ruleset: Ruleset, groups: Iterable[str] | None = None) -> Assessment:
    """Evaluate and forecast a person's vaccine groups (all of them, or those named)."""
    found = Assessment()
    records = by_antigen(person, ruleset)
    for name in ruleset.groups if groups is None else groups:
        group = ruleset.groups[name]
        best: list[PatientSeries] = []
        for antigen in group.antigens:
            if antigen in ruleset.antigens:
                _assess_antigen(ruleset.antigens[antigen], records.get(antigen, []), person, ruleset, found)
                best += found.best[antigen]
        found.groups[name] = group_forecasts(group, best, person, ruleset)
    return found


def _assess_antigen(
    antigen: Antigen, records: list[Dose], person: Person, ruleset: Ruleset, found: Assessment
) -> None:
    relevant: list[PatientSeries] = []

    def group_complete(group: str) -> bool:
        return any(one.series.group == group and one.forecast.status is Status.COMPLETE for one in relevant)

    if person.observations:
        candidates = [(one, False) for one in antigen.series if is_relevant(one, person)]
    else:
        usual = antigen.usual(person.gender)
        candidates = usual.series if records else usual.unstarted
    for series, yields in candidates:
        one = PatientSeries(series, list(series.doses))
        if records:
            evaluate(one, records, person, ruleset, group_complete)
            if yields and not one.satisfied:
                continue
        one.forecast = forecast(one, person, antigen, ruleset, group_complete)
        relevant.append(one)
    found.relevant[antigen.name] = relevant
    found.best[antigen.name] = best_series(relevant, person)


def is_relevant(series: Series, person: Person) -> bool:
    """Table 5-5."""
    if series.genders and person.gender not in series.genders:
        return False
    if series.kind != "Risk":
        return True
    if not person.observations:
        return False
    return any(
        indication.code in person.observations
        and person.within(person.assessed, indication.begin, indication.end)
        for indication in series.indications
    )
