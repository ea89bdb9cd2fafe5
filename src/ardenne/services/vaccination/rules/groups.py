"""Antigens together in a vaccine group: chapter 9."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ardenne.services.vaccination.rules.history import Person
from ardenne.services.vaccination.rules.progress import Forecast, PatientSeries, Status
from ardenne.services.vaccination.rules.schedule import Ruleset, VaccineGroup

_WORST_FIRST = (Status.CONTRAINDICATED, Status.AGED_OUT, Status.NOT_RECOMMENDED, Status.NOT_COMPLETE)


@dataclass(slots=True)
class GroupForecast:
    """A vaccine group's forecast from best series of one type (``Standard`` or ``Risk``)."""

    group: str
    kind: str
    series: list[PatientSeries]
    status: Status
    dose_number: int | None
    earliest: int | None
    recommended: int | None
    past_due: int | None
    latest: int | None
    reasons: list[str]
    antigens: list[str]


def group_forecasts(
    group: VaccineGroup, best: Iterable[PatientSeries], person: Person, ruleset: Ruleset
) -> list[GroupForecast]:
    """One forecast for each type of series: standard blends with standard, risk with risk."""
    best = list(best)
    if len(best) == 1:
        kind = "Risk" if best[0].series.kind == "Risk" else "Standard"
        return [_blend(group, kind, best, person, ruleset)]
    by_kind: dict[str, list[PatientSeries]] = {}
    for one in best:
        by_kind.setdefault("Risk" if one.series.kind == "Risk" else "Standard", []).append(one)
    return [
        _blend(group, kind, _of_this_age(series, person), person, ruleset) for kind, series in by_kind.items()
    ]


def _of_this_age(series: list[PatientSeries], person: Person) -> list[PatientSeries]:
    """Where an antigen has series for several times of life: those that the person can already start.

    A series that begins at fifty years is not what a complete child still needs. Of several, one that is open
    comes before a complete one, and that before one whose time is over.
    """
    chosen: dict[str, PatientSeries] = {}
    for one in series:
        other = chosen.get(one.series.antigen)
        if other is None or _rank(one, person) < _rank(other, person):
            chosen[one.series.antigen] = one
    return list(chosen.values())


def _rank(one: PatientSeries, person: Person) -> tuple[bool, int, int]:
    minimum = one.series.minimum_age_to_start
    later = minimum is not None and person.assessed < person.at(minimum) and not one.satisfied
    status = one.forecast.status
    order = 0 if status is Status.NOT_COMPLETE else 1 if status is Status.COMPLETE else 2
    return later, order, one.forecast.earliest or 0


def _blend(
    group: VaccineGroup, kind: str, series: list[PatientSeries], person: Person, ruleset: Ruleset
) -> GroupForecast:
    if len(series) == 1 and len(group.antigens) == 1:
        return _alone(group, kind, series)
    forecasts = [one.forecast for one in series]
    status = _status(forecasts, len(group.antigens) > 1)
    open_ = [one for one in forecasts if one.status is Status.NOT_COMPLETE]
    dated = status is Status.NOT_COMPLETE
    earliest = _earliest(group, open_, person, ruleset) if dated else None
    numbers = [one.dose_number for one in open_ if one.dose_number]
    return GroupForecast(
        group=group.name,
        kind=kind,
        series=series,
        status=status,
        dose_number=(min if group.administer_full else max)(numbers) if dated and numbers else None,
        earliest=earliest,
        recommended=_not_before(earliest, [one.recommended for one in open_]) if dated else None,
        past_due=_not_before(earliest, [one.past_due for one in open_]) if dated else None,
        latest=min((one.latest for one in open_ if one.latest), default=None) if dated else None,
        reasons=list(dict.fromkeys(reason for one in forecasts for reason in one.reasons)),
        antigens=[one.series.antigen for one in series if one.forecast.status is Status.NOT_COMPLETE],
    )


def _alone(group: VaccineGroup, kind: str, series: list[PatientSeries]) -> GroupForecast:
    """What :func:`_blend` comes to for one series of one antigen, which most groups have."""
    one = series[0].forecast
    if one.status is not Status.NOT_COMPLETE:
        return GroupForecast(
            group.name,
            kind,
            series,
            one.status,
            None,
            None,
            None,
            None,
            None,
            list(dict.fromkeys(one.reasons)),
            [],
        )
    first = one.earliest or 0
    return GroupForecast(
        group.name,
        kind,
        series,
        one.status,
        one.dose_number or None,
        one.earliest,
        None if one.recommended is None else max(one.recommended, first),
        None if one.past_due is None else max(one.past_due, first),
        one.latest or None,
        list(dict.fromkeys(one.reasons)),
        [series[0].series.antigen],
    )


def _status(forecasts: Sequence[Forecast], several: bool) -> Status:
    """SINGLEANTVG-1 and table 9-4."""
    found = {one.status for one in forecasts}
    if not several and Status.NOT_COMPLETE in found:
        return Status.NOT_COMPLETE
    for status in _WORST_FIRST:
        if status in found:
            return status
    return Status.IMMUNE if found == {Status.IMMUNE} else Status.COMPLETE


def _earliest(
    group: VaccineGroup, forecasts: Sequence[Forecast], person: Person, ruleset: Ruleset
) -> int | None:
    """SINGLEANTVG-2 and MULTIANTVG-1."""
    days = [one.earliest for one in forecasts if one.earliest is not None]
    if not days:
        return None
    if len(group.antigens) == 1:
        return min(days)
    if not any(one.has_priority for one in forecasts):
        return max(days)
    last = max(
        (
            dose.day
            for dose in person.doses
            if any(one.antigen in group.antigens for one in ruleset.associations.get(dose.code, ()))
        ),
        default=0,
    )
    return max(min(days), last)


def _not_before(earliest: int | None, days: Sequence[int | None]) -> int | None:
    """FORECASTVG-2 and -3: the first of the days, but not before the earliest."""
    given = [day for day in days if day is not None]
    return max(min(given), earliest or 0) if given else None
