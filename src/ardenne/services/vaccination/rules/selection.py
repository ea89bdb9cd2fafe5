"""Which relevant patient series fit the person best: chapter 8."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ardenne.services.vaccination.rules.dates import FOREVER, shift
from ardenne.services.vaccination.rules.evaluation import age_on
from ardenne.services.vaccination.rules.history import Person
from ardenne.services.vaccination.rules.progress import Evaluation, PatientSeries, Status


def best_series(relevant: Sequence[PatientSeries], person: Person) -> list[PatientSeries]:
    """One best series for each series group, without those that another group makes redundant (table 8-14)."""
    if len(relevant) == 1 and relevant[0].series.default:
        one = relevant[0]
        return [one] if one.forecast.status is Status.COMPLETE or one.series.kind != "Evaluation Only" else []
    groups: dict[str, list[PatientSeries]] = {}
    for one in relevant:
        groups.setdefault(one.series.group, []).append(one)
    prioritized = [found for held in groups.values() if (found := _prioritized(held, person))]
    return [one for one in prioritized if _is_best(one, prioritized)]


def _is_best(one: PatientSeries, prioritized: Sequence[PatientSeries]) -> bool:
    if one.forecast.status is Status.COMPLETE:
        return True
    equivalent = [
        other
        for other in prioritized
        if other.series.group in one.series.equivalent_groups and other is not one
    ]
    if any(other.forecast.status is Status.COMPLETE for other in equivalent):
        return False
    if one.series.kind == "Evaluation Only":
        return False
    return one.series.kind == "Risk" or not any(other.series.kind == "Risk" for other in equivalent)


def _prioritized(group: Sequence[PatientSeries], person: Person) -> PatientSeries | None:
    """Table 8-3, then 8.3 to 8.7 when several are left."""
    if len(group) == 1 and group[0].series.default:
        return group[0]
    scorable = [one for one in group if _is_scorable(one, group, person)]
    default = [one for one in group if one.series.default]
    if not scorable:
        return default[0] if default else None
    if len(scorable) == 1:
        return scorable[0]
    complete = [one for one in scorable if one.forecast.status is Status.COMPLETE]
    if len(complete) == 1:
        return complete[0]
    if complete:
        return _highest(complete, _points_of_complete(complete))
    in_process = [one for one in scorable if one.satisfied and one.forecast.status is Status.NOT_COMPLETE]
    if len(in_process) == 1:
        return in_process[0]
    if in_process:
        return _highest(in_process, _points_in_process(in_process, person))
    if len(default) == 1:
        return default[0]
    begun = [one for one in scorable if one.satisfied]
    if begun:
        return _highest(begun, _points_in_process(begun, person))
    return _highest(scorable, _points_untouched(scorable, person))


def _is_scorable(one: PatientSeries, group: Sequence[PatientSeries], person: Person) -> bool:
    """SELECTB-24 and SELECTSCORE-2."""
    if one.series.kind == "Evaluation Only":
        return one.forecast.status is Status.COMPLETE
    if one.forecast.status is Status.CONTRAINDICATED and not all(
        other.forecast.status is Status.CONTRAINDICATED for other in group
    ):
        return False
    if one.series.kind == "Risk":
        return one.series.priority <= min(other.series.priority for other in group)
    if not any(other.satisfied for other in group) and not any(other.series.default for other in group):
        return True
    first = min((dose.day for dose in one.satisfied.values()), default=None)
    limit = one.series.maximum_age_to_start
    return first is not None and (limit is None or first < person.at(limit))


def _highest(series: Sequence[PatientSeries], points: Sequence[int]) -> PatientSeries:
    """SELECTBEST-2."""
    ranked = sorted(zip(points, series, strict=True), key=lambda pair: (-pair[0], pair[1].series.preference))
    return ranked[0][1]


def _award(true: Sequence[bool], alone: int, shared: int) -> list[int]:
    """Points where a condition is true for one series, for several, and minus where it is not."""
    gained = alone if sum(true) == 1 else shared
    return [gained if one else -alone for one in true]


def _leads(
    series: Sequence[PatientSeries],
    measure: Callable[[PatientSeries], int],
    among: Sequence[bool] | None = None,
) -> list[bool]:
    """Who has the lowest measure; only those in ``among`` can."""
    allowed = among or [True] * len(series)
    values = [measure(one) for one in series]
    lowest = min((value for value, ok in zip(values, allowed, strict=True) if ok), default=None)
    return [ok and value == lowest for value, ok in zip(values, allowed, strict=True)]


def _points_of_complete(series: Sequence[PatientSeries]) -> list[int]:
    """Table 8-7."""
    return _award(_leads(series, lambda one: -one.valid_count), 1, 0)


def _points_in_process(series: Sequence[PatientSeries], person: Person) -> list[int]:
    """Table 8-9."""
    product = [
        one.series.product_path and all(found.status is Evaluation.VALID for found in one.evaluated)
        for one in series
    ]
    completable = [_finish(one) < _finish_limit(one, person) for one in series]
    return [
        sum(points)
        for points in zip(
            _award(product, 2, 2),
            _award(completable, 3, 3),
            _award(_leads(series, lambda one: -one.valid_count), 2, 0),
            _award(_leads(series, lambda one: len(one.targets) - one.current), 2, 0),
            _award(_leads(series, _finish, completable), 1, 0),
            strict=True,
        )
    ]


def _points_untouched(series: Sequence[PatientSeries], person: Person) -> list[int]:
    """Table 8-11."""
    start = _leads(series, lambda one: one.forecast.starts or FOREVER)
    completable = [_finish(one) < _finish_limit(one, person) for one in series]
    product = [one.series.product_path for one in series]
    return [
        sum(points)
        for points in zip(
            _award(start, 1, 0),
            _award(completable, 1, 1),
            [-1 if one else 1 for one in product],
            strict=True,
        )
    ]


def _finish(one: PatientSeries) -> int:
    """SELECTB-12: the earliest day of the next dose plus the minimum intervals of the doses that follow it."""
    day = one.forecast.starts
    if day is None:
        return FOREVER
    for target in one.targets[one.current + 1 :]:
        minimums = [
            shift(day, interval.minimum)
            for interval in target.intervals
            if interval.from_previous and interval.minimum
        ]
        day = max(minimums, default=day)
    return day


def _finish_limit(one: PatientSeries, person: Person) -> int:
    age = age_on(one.targets[-1], person.assessed)
    return person.at(age.maximum) if age and age.maximum else FOREVER
