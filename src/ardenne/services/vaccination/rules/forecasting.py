"""What comes next in a relevant patient series: chapter 7."""

from __future__ import annotations

from ardenne.services.vaccination.rules.dates import shift
from ardenne.services.vaccination.rules.evaluation import age_on, reference_day, valid_on
from ardenne.services.vaccination.rules.history import Person
from ardenne.services.vaccination.rules.progress import Forecast, PatientSeries, Reason, Status
from ardenne.services.vaccination.rules.schedule import (
    Age,
    Antigen,
    Contraindication,
    Ruleset,
    SeriesDose,
    SeriesVaccine,
)
from ardenne.services.vaccination.rules.skipping import GroupComplete, can_skip


def forecast(
    patient: PatientSeries, person: Person, antigen: Antigen, ruleset: Ruleset, group_complete: GroupComplete
) -> Forecast:
    """Table 7-10 and the dates of 7.5, repeated for the next target dose when 7.6 finds the dose skippable."""
    reference = person.assessed
    while True:
        while (
            (target := patient.target)
            and target.skips
            and can_skip(target, patient, person, reference, False, group_complete)
        ):
            patient.current += 1
        if target is None:
            if is_immune(antigen, person):
                return Forecast(Status.IMMUNE, reasons=["Patient has evidence of immunity"])
            if patient.satisfied:
                return Forecast(Status.COMPLETE, reasons=["Patient series is complete"])
            return Forecast(
                Status.NOT_RECOMMENDED,
                reasons=["Not recommended at this time due to past immunization history"],
            )
        found = _for_target(target, patient, person, antigen, ruleset)
        if (
            found.status is Status.NOT_COMPLETE
            and found.earliest is not None
            and found.earliest > reference
            and can_skip(target, patient, person, found.earliest, False, group_complete)
        ):
            reference = found.earliest
            continue
        return found


def _for_target(
    target: SeriesDose, patient: PatientSeries, person: Person, antigen: Antigen, ruleset: Ruleset
) -> Forecast:
    if (person.observations or antigen.born_before) and is_immune(antigen, person):
        return Forecast(Status.IMMUNE, reasons=["Patient has evidence of immunity"])
    if person.observations and (texts := contraindicated(antigen, target, person)):
        return Forecast(Status.CONTRAINDICATED, target, reasons=texts)
    if target.season_end is not None and person.assessed > target.season_end:
        return Forecast(Status.NOT_RECOMMENDED, target, reasons=["Past seasonal recommendation end date"])
    age = age_on(target, person.assessed)
    maximum = person.at(age.maximum) if age and age.maximum else None
    if maximum is not None and person.assessed >= maximum:
        return Forecast(Status.AGED_OUT, target, reasons=["Patient has exceeded the maximum age"])
    found = _dates(target, patient, person, antigen, ruleset)
    if maximum is not None and found.earliest is not None and found.earliest >= maximum:
        return Forecast(
            Status.AGED_OUT,
            target,
            reasons=["Patient is unable to finish the series prior to the maximum age"],
        )
    return found


def _dates(
    target: SeriesDose, patient: PatientSeries, person: Person, antigen: Antigen, ruleset: Ruleset
) -> Forecast:
    """FORECASTDTCAN-1 and FORECASTDT-1 to -6."""
    age = age_on(target, person.assessed)
    references = (
        [
            (interval, day)
            for interval in valid_on(target.intervals, person.assessed)
            if (day := reference_day(interval, patient, person, person.assessed + 1)) is not None
        ]
        if target.intervals
        else []
    )
    conflicts = conflict_ends(target, person, antigen, ruleset) if person.doses else []
    if not (references or patient.evaluated or conflicts) and age and target.season_start is None:
        return _by_age(target, person, age)
    candidates = [shift(day, interval.minimum) for interval, day in references if interval.minimum]
    if age and age.minimum:
        candidates.append(person.at(age.minimum))
    candidates += conflicts
    if target.season_start is not None:
        candidates.append(target.season_start)
    if patient.evaluated:
        candidates += [found.dose.day for found in patient.evaluated if found.reason is Reason.INADVERTENT]
        candidates += [found.dose.day for found in patient.evaluated if found.target is not None][-1:]
    earliest = max(candidates, default=person.born)
    recommended_intervals = [
        shift(day, interval.earliest_recommended)
        for interval, day in references
        if interval.earliest_recommended
    ]
    latest_intervals = [
        shift(day, interval.latest_recommended) for interval, day in references if interval.latest_recommended
    ]
    recommended = (
        person.at(age.earliest_recommended)
        if age and age.earliest_recommended
        else max(recommended_intervals, default=earliest)
    )
    past_due = (
        person.at(age.latest_recommended) - 1
        if age and age.latest_recommended
        else max(latest_intervals) - 1
        if latest_intervals
        else None
    )
    return Forecast(
        status=Status.NOT_COMPLETE,
        target=target,
        dose_number=_dose_number(target, patient),
        earliest=earliest,
        starts=earliest if candidates else None,
        recommended=max(earliest, recommended),
        past_due=None if past_due is None else max(earliest, past_due),
        latest=person.at(age.maximum) - 1 if age and age.maximum else None,
        unadjusted_recommended=recommended,
        unadjusted_past_due=past_due,
    )


def _by_age(target: SeriesDose, person: Person, age: Age) -> Forecast:
    """What :func:`_dates` comes to for somebody who has no dose of the antigen: ages alone."""
    ages = person.ages
    earliest = ages[age.minimum] if age.minimum else person.born
    recommended = ages[age.earliest_recommended] if age.earliest_recommended else earliest
    past_due = ages[age.latest_recommended] - 1 if age.latest_recommended else None
    return Forecast(
        status=Status.NOT_COMPLETE,
        target=target,
        dose_number=1,
        earliest=earliest,
        starts=earliest if age.minimum else None,
        recommended=max(earliest, recommended),
        past_due=None if past_due is None else max(earliest, past_due),
        latest=ages[age.maximum] - 1 if age.maximum else None,
        unadjusted_recommended=recommended,
        unadjusted_past_due=past_due,
    )


def _dose_number(target: SeriesDose, patient: PatientSeries) -> int:
    """FORECASTDN-1: within a season only the doses of that season count."""
    if target.season_start is None:
        return len(patient.satisfied) + 1
    return sum(1 for dose in patient.satisfied.values() if dose.day >= target.season_start) + 1


def conflict_ends(target: SeriesDose, person: Person, antigen: Antigen, ruleset: Ruleset) -> list[int]:
    """Days on which conflicts of given doses with the vaccine to come end.

    A conflict binds only when every vaccine that could be given has it: another vaccine avoids it.
    """
    if not person.doses or ruleset.conflicts.keys().isdisjoint(target.preferable_by_code):
        return []
    choices = usable_vaccines(antigen, target, person) or target.preferable
    ends = [_latest_conflict_end(vaccine, person, ruleset) for vaccine in choices]
    best = min(ends, default=0)
    return [best] if best else []


def _latest_conflict_end(vaccine: SeriesVaccine, person: Person, ruleset: Ruleset) -> int:
    """The grace of a minimum end is for evaluating what was given; a forecast keeps the whole distance."""
    latest = 0
    conflicting = ruleset.conflicts.get(vaccine.code, {})
    for previous in person.doses:
        for conflict in conflicting.get(previous.code, ()):
            latest = max(latest, shift(previous.day, conflict.end))
    return latest


def usable_vaccines(antigen: Antigen, target: SeriesDose, person: Person) -> list[SeriesVaccine]:
    """Preferable vaccines to forecast that nothing speaks against."""
    return [
        vaccine
        for vaccine in target.preferable
        if vaccine.forecast and not vaccine_contraindications(antigen, vaccine, person)
    ]


def is_immune(antigen: Antigen, person: Person) -> bool:
    """Table 7-3."""
    if person.observations and not antigen.immune_by.isdisjoint(person.observations):
        return True
    if not antigen.born_before:
        return False
    return any(
        person.born < rule.before
        and not any(code in rule.exclusions for code in person.observations)
        and (not rule.country or rule.country == person.country)
        for rule in antigen.born_before
    )


def contraindicated(antigen: Antigen, target: SeriesDose, person: Person) -> list[str]:
    """Table 7-7: texts of what speaks against the antigen, or against every preferable vaccine of the dose."""
    if not person.observations:
        return []
    texts = [one.text or one.title for one in antigen.contraindications if _applies(one, person)]
    if texts:
        return texts
    against = [vaccine_contraindications(antigen, vaccine, person) for vaccine in target.preferable]
    if against and all(against):
        return list(dict.fromkeys(one.text or one.title for found in against for one in found))
    return []


def vaccine_contraindications(
    antigen: Antigen, vaccine: SeriesVaccine, person: Person
) -> list[Contraindication]:
    """Table 7-6."""
    if not person.observations:
        return []
    return [
        one
        for one in antigen.vaccine_contraindications
        if _applies(one, person)
        and any(
            named.code == vaccine.code and person.within(person.assessed, named.begin, named.end)
            for named in one.vaccines
        )
    ]


def _applies(one: Contraindication, person: Person) -> bool:
    """Table 7-5."""
    return one.code in person.observations and person.within(person.assessed, one.begin, one.end)
