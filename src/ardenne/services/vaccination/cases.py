"""Case files (one JSON object a line, as the CDC's cases are at hand) → persons, and assessments → result lines."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from ardenne.services.vaccination.rules.engine import Assessment, assess
from ardenne.services.vaccination.rules.groups import GroupForecast
from ardenne.services.vaccination.rules.history import Dose, Person
from ardenne.services.vaccination.rules.progress import Evaluated, Evaluation, Reason, Status
from ardenne.services.vaccination.rules.reading import code_of
from ardenne.services.vaccination.rules.schedule import Ruleset


class CaseError(ValueError):
    """A case that cannot be read; the message says what is missing or unknown."""


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("ardenne.services.vaccination").joinpath("data/case-words.toml").read_text())


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    person: Person
    group: str
    codes: tuple[str, ...]
    """Codes of the doses as the case writes them."""
    words: Mapping[str, str]
    """How this kind of case file writes statuses and reasons."""


def _day(value: Any, what: str) -> int:
    try:
        return date.fromisoformat(str(value)).toordinal()
    except ValueError:
        raise CaseError(f"{what}: {value!r} is no date; write YYYY-MM-DD") from None


def read_case(row: Mapping[str, Any], ruleset: Ruleset) -> Case:
    """A person and the vaccine group that is asked for.

    :raises CaseError: when a field is missing, or the schedule does not know the vaccine group.
    """
    words = _words()
    try:
        group = words["groups"].get(row["vaccine_group"], row["vaccine_group"])
        person = Person(
            born=_day(row["dob"], "dob"),
            gender=words["genders"].get(row.get("gender", "U"), row.get("gender", "U")),
            assessed=_day(row["assessment_date"], "assessment_date"),
            doses=[
                Dose(
                    _day(dose["date"], f"doses[{number}].date"),
                    code_of(str(dose["cvx"])),
                    dose.get("mvx", ""),
                )
                for number, dose in enumerate(row.get("doses", []))
            ],
            observations={
                observation["code"]: _day(observation["date"], "observation")
                if observation.get("date")
                else None
                for observation in row.get("observations", [])
            },
            country=row.get("country", ""),
        )
    except KeyError as error:
        raise CaseError(f"the field {error.args[0]!r} is missing") from None
    if group not in ruleset.groups:
        raise CaseError(
            f"the schedule has no vaccine group {group!r}; it has {', '.join(sorted(ruleset.groups))}"
        )
    codes = tuple(str(dose["cvx"]) for dose in row.get("doses", []))
    kind = words["conditions" if "observations" in row else "healthy"]
    return Case(str(row.get("id", "")), person, group, codes, kind)


def result_of(case: Case, ruleset: Ruleset) -> dict[str, Any]:
    """One line of results: forecast of the group asked for, and status and reason of every dose."""
    needed = {case.group, *_other_groups(case, ruleset)}
    assessment = assess(case.person, ruleset, sorted(needed))
    found = chosen_forecast(assessment.groups[case.group])
    word = case.words.get
    none = case.words["none"]
    status = found.status if found else Status.NOT_RECOMMENDED
    judged_of = _judgements(case.group, found, assessment, ruleset)
    return {
        "id": case.id,
        "series_status": word(status, str(status)),
        "forecast_dose": str(found.dose_number) if found and found.dose_number else none,
        "earliest": _iso(found.earliest if found else None),
        "recommended": _iso(found.recommended if found else None),
        "past_due": _iso(found.past_due if found else None),
        "doses": [
            {
                "date": date.fromordinal(dose.day).isoformat(),
                "cvx": code,
                "status": str(judged.status) if judged else "",
                "reason": word(judged.reason, str(judged.reason)) if judged else "",
            }
            for dose, code in zip(case.person.doses, case.codes, strict=True)
            for judged in [_judged(dose, judged_of.get(id(dose), {}))]
        ],
    }


def _iso(day: int | None) -> str:
    return date.fromordinal(day).isoformat() if day else ""


def _other_groups(case: Case, ruleset: Ruleset) -> Iterable[str]:
    """Groups of doses that do not belong to the group asked for."""
    asked = set(ruleset.groups[case.group].antigens)
    for dose in case.person.doses:
        antigens = {one.antigen for one in ruleset.associations.get(dose.code, ())}
        if not antigens & asked:
            for name, group in ruleset.groups.items():
                if antigens & set(group.antigens):
                    yield name


def chosen_forecast(forecasts: list[GroupForecast]) -> GroupForecast | None:
    """The forecast that a case expects when a group has one for risk and one for age: what is open comes first."""
    ranked = sorted(forecasts, key=lambda one: (one.status is not Status.NOT_COMPLETE, one.kind != "Risk"))
    return ranked[0] if ranked else None


_WORST = (Evaluation.SUBSTANDARD, Evaluation.NOT_VALID, Evaluation.EXTRANEOUS, Evaluation.VALID)


def _judgements(
    group: str, forecast: GroupForecast | None, assessment: Assessment, ruleset: Ruleset
) -> dict[int, dict[str, list[Evaluated]]]:
    """Return for every dose (``id``) how the best series of each antigen judged it, the forecast's series first.

    Antigens that were not asked for speak only of doses that no antigen asked for judged.
    """
    first = forecast.series if forecast else []
    best = [patient for series in assessment.best.values() for patient in series if patient not in first]
    asked = ruleset.groups[group].antigens
    own: dict[int, dict[str, list[Evaluated]]] = {}
    others: dict[int, dict[str, list[Evaluated]]] = {}
    for patient in first + best:
        antigen = patient.series.antigen
        held = own if antigen in asked else others
        for one in patient.evaluated:
            held.setdefault(id(one.dose), {}).setdefault(antigen, []).append(one)
    return {**others, **own}


def _judged(dose: Dose, by_antigen: dict[str, list[Evaluated]]) -> Evaluated | None:
    """How a dose was evaluated: for each antigen the best of the person's best series, of several antigens the worst.

    A dose that a risk series does not take can still be valid for the series by age, and the other way round.
    """
    judged = [
        next((one for one in found if one.status is Evaluation.VALID), found[0])
        for found in by_antigen.values()
    ]
    if not judged:
        return None
    chosen = min(judged, key=lambda one: _WORST.index(one.status))
    if chosen.reason is Reason.GRACE:
        return Evaluated(dose, chosen.target, chosen.status, Reason.NONE)
    return chosen
