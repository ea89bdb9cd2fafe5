"""Whether a target dose can be skipped: chapter 6.2, used again by 7.1 and 7.6."""

from __future__ import annotations

from collections.abc import Callable

from ardenne.services.vaccination.rules.dates import shift
from ardenne.services.vaccination.rules.history import Person
from ardenne.services.vaccination.rules.progress import Evaluation, PatientSeries
from ardenne.services.vaccination.rules.schedule import Condition, SeriesDose, SkipSet

GroupComplete = Callable[[str], bool]
"""Whether a series group of the same antigen has a complete relevant series."""


def can_skip(
    target: SeriesDose,
    patient: PatientSeries,
    person: Person,
    reference: int,
    evaluating: bool,
    group_complete: GroupComplete,
) -> bool:
    """Table 6-11. ``reference`` is the Conditional Skip Reference Date (CONDSKIP-2)."""
    for skip in target.skips:
        if not (skip.evaluation if evaluating else skip.forecast):
            continue
        met = holding = 0
        for one in skip.sets:
            if one.validity.effective <= reference <= one.validity.cessation:
                holding += 1
                met += _set_is_met(one, patient, person, reference, evaluating, group_complete)
        if met and (met == holding or not skip.every):
            return True
    return False


def _set_is_met(
    skip_set: SkipSet,
    patient: PatientSeries,
    person: Person,
    reference: int,
    evaluating: bool,
    group_complete: GroupComplete,
) -> bool:
    """Table 6-10: every condition with AND, one with OR; the rest is not looked at."""
    every = skip_set.every
    for condition in skip_set.conditions:
        if _is_met(condition, patient, person, reference, evaluating, group_complete) is not every:
            return not every
    return every


def _is_met(
    condition: Condition,
    patient: PatientSeries,
    person: Person,
    reference: int,
    evaluating: bool,
    group_complete: GroupComplete,
) -> bool:
    if condition.kind == "age":
        return person.within(reference, condition.begin_age, condition.end_age)
    if condition.kind == "completed series":
        return any(group_complete(group) for group in condition.series_groups)
    if condition.kind == "interval":
        previous = [found.dose.day for found in patient.evaluated if found.dose.day <= reference]
        if not previous or condition.interval is None:
            return False
        return reference >= shift(previous[-1], condition.interval)
    if condition.kind.startswith("vaccine count"):
        return _compares(_count(condition, patient, person, reference + (not evaluating)), condition)
    raise ValueError(f"the specification knows no condition of type {condition.kind!r}")


def _count(condition: Condition, patient: PatientSeries, person: Person, before: int) -> int:
    """CONDSKIP-1: doses of the named vaccines within the ages and days, valid ones only where it says so.

    Only doses given before a day count: the one that is being evaluated is not yet among them.
    """
    first, last = condition.start, condition.end
    if condition.valid_only:
        doses = [found.dose for found in patient.evaluated if found.status is Evaluation.VALID]
    else:
        doses, last = person.doses, min(last, before)
    if not doses:
        return 0
    # the days of the ages are days as well: the narrowest of all holds
    if condition.begin_age is not None:
        first = max(first, person.ages[condition.begin_age])
    if condition.end_age is not None:
        last = min(last, person.ages[condition.end_age])
    vaccines, count = condition.vaccines, 0
    for dose in doses:
        if first <= dose.day < last and (not vaccines or dose.code in vaccines):
            count += 1
    return count


def _compares(count: int, condition: Condition) -> bool:
    if condition.logic == "greater than":
        return count > condition.dose_count
    if condition.logic == "less than":
        return count < condition.dose_count
    return count == condition.dose_count
