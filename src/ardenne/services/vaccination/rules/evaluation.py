"""Evaluating a vaccine dose administered against a target dose: chapters 4.4 and 6."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.services.vaccination.rules.dates import shift
from ardenne.services.vaccination.rules.history import Dose, Person
from ardenne.services.vaccination.rules.progress import Evaluated, Evaluation, PatientSeries, Reason
from ardenne.services.vaccination.rules.schedule import Age, Interval, Ruleset, SeriesDose, SeriesVaccine
from ardenne.services.vaccination.rules.skipping import GroupComplete, can_skip


def evaluate(
    patient: PatientSeries,
    records: Sequence[Dose],
    person: Person,
    ruleset: Ruleset,
    group_complete: GroupComplete,
) -> None:
    """Walk doses and target doses until one of them ends (figure 4-6). Fills ``patient``."""
    evaluated, target = patient.evaluated, patient.target
    for dose in records:
        while target and target.skips and can_skip(target, patient, person, dose.day, True, group_complete):
            patient.current += 1
            target = patient.target
        if target is None:
            evaluated.append(Evaluated(dose, None, Evaluation.EXTRANEOUS, Reason.COMPLETE))
            continue
        status, reason = _judge(dose, target, patient, person, ruleset)
        evaluated.append(Evaluated(dose, target, status, reason))
        if status is Evaluation.VALID:
            patient.satisfy(dose)
            target = patient.target


def _judge(
    dose: Dose, target: SeriesDose, patient: PatientSeries, person: Person, ruleset: Ruleset
) -> tuple[Evaluation, Reason]:
    """Table 6-31, in the order of the process: the first rule that fails gives the reason."""
    if dose.expiry is not None and dose.day > dose.expiry:
        return Evaluation.SUBSTANDARD, Reason.EXPIRED
    if dose.substandard:
        return Evaluation.SUBSTANDARD, Reason.CONDITION
    if target.inadvertent and dose.code in target.inadvertent:
        return Evaluation.NOT_VALID, Reason.INADVERTENT
    age = _age_reason(dose, target, person)
    if age is Reason.TOO_OLD:
        return Evaluation.EXTRANEOUS, age
    if age is Reason.TOO_YOUNG:
        return Evaluation.NOT_VALID, age
    interval = _interval_reason(dose, target.intervals, patient, person) if target.intervals else Reason.NONE
    if interval is Reason.TOO_SOON and not (
        target.allowable_intervals
        and _interval_reason(dose, target.allowable_intervals, patient, person) is not Reason.TOO_SOON
    ):
        return Evaluation.NOT_VALID, Reason.TOO_SOON
    if dose.code in ruleset.conflicts and in_conflict(dose, patient, person, ruleset):
        return Evaluation.NOT_VALID, Reason.CONFLICT
    if not _right_vaccine(dose, target, person):
        return Evaluation.NOT_VALID, Reason.VACCINE
    if age is Reason.GRACE or interval is Reason.GRACE:
        return Evaluation.VALID, Reason.GRACE
    return Evaluation.VALID, Reason.NONE


def valid_on(lines: Sequence[Interval], day: int) -> Sequence[Interval]:
    """The intervals that hold on a day."""
    return (
        [line for line in lines if line.validity.effective <= day <= line.validity.cessation] if lines else ()
    )


def age_on(target: SeriesDose, day: int) -> Age | None:
    """The line of ages that holds on a day."""
    for age in target.ages:
        if age.validity.effective <= day <= age.validity.cessation:
            return age
    return None


def _age_reason(dose: Dose, target: SeriesDose, person: Person) -> Reason:
    """Table 6-15."""
    age = age_on(target, dose.day)
    if age is None:
        return Reason.NONE
    ages, day = person.ages, dose.day
    if age.absolute_minimum and day < ages[age.absolute_minimum]:
        return Reason.TOO_YOUNG
    if age.maximum and day >= ages[age.maximum]:
        return Reason.TOO_OLD
    if age.minimum and day < ages[age.minimum]:
        return Reason.GRACE
    return Reason.NONE


def _interval_reason(
    dose: Dose, intervals: Sequence[Interval], patient: PatientSeries, person: Person
) -> Reason:
    """Tables 6-18 and 6-21 for all intervals that hold on the day: too soon for one is too soon."""
    day, reason = dose.day, Reason.NONE
    for interval in intervals:
        if not interval.validity.effective <= day <= interval.validity.cessation:
            continue
        reference = reference_day(interval, patient, person, day)
        if reference is None:
            continue
        if interval.absolute_minimum and day < shift(reference, interval.absolute_minimum):
            return Reason.TOO_SOON
        if interval.minimum and day < shift(reference, interval.minimum):
            reason = Reason.GRACE
    return reason


def reference_day(interval: Interval, patient: PatientSeries, person: Person, before: int) -> int | None:
    """From which day an interval counts (CALCDTINT-1, -2, -8, -9); None when there is no such dose or event."""
    if interval.from_previous:
        for found in reversed(patient.evaluated):
            if found.counts:
                return found.dose.day
        return None
    if interval.from_target_dose:
        return patient.satisfied_on(interval.from_target_dose)
    if interval.from_most_recent:
        inadvertent = {id(found.dose) for found in patient.evaluated if found.reason is Reason.INADVERTENT}
        return max(
            (
                dose.day
                for dose in person.doses
                if dose.code in interval.from_most_recent
                and dose.day < before
                and id(dose) not in inadvertent
            ),
            default=None,
        )
    return person.observations.get(interval.from_observation)


def in_conflict(dose: Dose, patient: PatientSeries, person: Person, ruleset: Ruleset) -> bool:
    """CONFLICT-3: whether an earlier dose stands too near."""
    conflicting = ruleset.conflicts.get(dose.code)
    if not conflicting:
        return False
    for previous in person.doses:
        if previous.day > dose.day or previous is dose:
            continue
        for conflict in conflicting.get(previous.code, ()):
            status = patient.status_of(previous)
            end = conflict.minimum_end if status in (None, Evaluation.VALID) else conflict.end
            if shift(previous.day, conflict.begin) <= dose.day < shift(previous.day, end):
                return True
    return False


def _right_vaccine(dose: Dose, target: SeriesDose, person: Person) -> bool:
    """Tables 6-26 and 6-29; volume is never a reason to refuse a dose."""
    for vaccine in target.preferable_by_code.get(dose.code, ()):
        if person.within(dose.day, vaccine.begin, vaccine.end) and _same_product(vaccine, dose):
            return True
    allowable = target.allowable_by_code.get(dose.code, ())
    return any(person.within(dose.day, vaccine.begin, vaccine.end) for vaccine in allowable)


def _same_product(vaccine: SeriesVaccine, dose: Dose) -> bool:
    """Whether the trade name is the same; a dose without a name is known by its manufacturer."""
    if not vaccine.trade_name:
        return True
    if dose.trade_name:
        return dose.trade_name.casefold() == vaccine.trade_name.casefold()
    return not vaccine.manufacturer or not dose.manufacturer or vaccine.manufacturer == dose.manufacturer
