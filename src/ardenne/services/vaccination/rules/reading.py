"""Trees of supporting data → the schedule in memory. Each function reads one class of the specification."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from ardenne.services.vaccination.rules.dates import BEGINNING, FOREVER, Period, period
from ardenne.services.vaccination.rules.schedule import (
    Age,
    Antigen,
    Association,
    BirthImmunity,
    Condition,
    Conflict,
    Contraindication,
    Indication,
    Interval,
    Ruleset,
    Series,
    SeriesDose,
    SeriesVaccine,
    Skip,
    SkipSet,
    VaccineGroup,
    Validity,
)
from ardenne.services.vaccination.rules.tree import ShapeError, many, one, read_tree, text

_NONE = Period(0, 0, 0)


def read_ruleset(files: Iterable[tuple[str, bytes]]) -> Ruleset:
    """The schedule of a folder: files as (name, bytes), one of them with the element ``scheduleSupportingData``.

    :raises ShapeError: with file and place, when something is missing or cannot be read.
    """
    schedule: Any = None
    antigens: dict[str, Antigen] = {}
    for name, content in files:
        outermost, tree = read_tree(name, content)
        try:
            if outermost == "scheduleSupportingData":
                schedule = tree
            elif outermost == "antigenSupportingData":
                found = _antigen(tree)
                antigens[found.name] = found
            else:
                raise ShapeError(f"unknown outermost element {outermost}")
        except ValueError as error:
            raise ShapeError(f"{name}: {error}") from None
    if schedule is None or not antigens:
        raise ShapeError(
            "a schedule needs one file scheduleSupportingData and at least one antigenSupportingData"
        )
    return _ruleset(schedule, antigens)


def _ruleset(tree: Any, antigens: dict[str, Antigen]) -> Ruleset:
    members = {
        text(one_, "name"): tuple(many(one_, "antigen"))
        for one_ in many(tree, "vaccineGroupToAntigenMap", "vaccineGroupMap")
    }
    full = {
        text(one_, "name"): text(one_, "administerFullVaccineGroup")
        for one_ in many(tree, "vaccineGroups", "vaccineGroup")
    }
    maps = many(tree, "cvxToAntigenMap", "cvxMap")
    observations = many(tree, "observations", "observation")
    about = one(tree, "about")
    return Ruleset(
        antigens=antigens,
        groups={name: VaccineGroup(name, held, full.get(name) == "Yes") for name, held in members.items()},
        associations={_code(text(map_, "cvx")): tuple(_associations(map_)) for map_ in maps},
        vaccine_names={_code(text(map_, "cvx")): text(map_, "shortDescription") for map_ in maps},
        conflicts=_conflicts(many(tree, "liveVirusConflicts", "liveVirusConflict")),
        observations={
            text(found, "observationCode"): text(found, "observationTitle") for found in observations
        },
        coded_observations={
            (text(value, "codeSystem"), text(value, "code")): text(found, "observationCode")
            for found in observations
            for value in many(found, "codedValues", "codedValue")
        },
        title=text(about, "title"),
        version=text(about, "version"),
        authority=text(about, "authority"),
        sources={text(source, "id"): text(source, "text") for source in many(about, "source")},
    )


def _code(value: str) -> str:
    """Codes are compared without leading zeros: the supporting data write 03 here and 3 there."""
    return value.strip().lstrip("0") or value.strip()


code_of = _code


def _codes(value: str) -> frozenset[str]:
    return frozenset(_code(part) for part in re.split(r"[;,]", value) if part.strip())


def _filled(value: str) -> str:
    return "" if value.lower() in ("n/a", "none") else value


def _day(value: str, assumed: int) -> int:
    """A day written 20250701, 07/01/2025 or 2025-07-01."""
    value = _filled(value)
    if not value:
        return assumed
    if match := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", value):
        return date(int(match[3]), int(match[1]), int(match[2])).toordinal()
    return date.fromisoformat(value).toordinal()


def _validity(tree: Any) -> Validity:
    return Validity(_day(text(tree, "effectiveDate"), BEGINNING), _day(text(tree, "cessationDate"), FOREVER))


def _period(tree: Any, name: str) -> Period | None:
    return period(_filled(text(tree, name)))


def _associations(tree: Any) -> Iterable[Association]:
    for found in many(tree, "association"):
        yield Association(
            text(found, "antigen"), _period(found, "associationBeginAge"), _period(found, "associationEndAge")
        )


def _conflicts(found: list[Any]) -> dict[str, dict[str, tuple[Conflict, ...]]]:
    result: dict[str, dict[str, tuple[Conflict, ...]]] = defaultdict(dict)
    for row in found:
        current, previous = _code(text(row, "current", "cvx")), _code(text(row, "previous", "cvx"))
        conflict = Conflict(
            _period(row, "conflictBeginInterval") or _NONE,
            _period(row, "minConflictEndInterval") or _NONE,
            _period(row, "conflictEndInterval") or _NONE,
        )
        result[current][previous] = (*result[current].get(previous, ()), conflict)
    return dict(result)


def _antigen(tree: Any) -> Antigen:
    # Series whose conditions ask if another one is complete come after those that they ask about.
    series = tuple(
        sorted((_series(found) for found in many(tree, "series")), key=lambda one_: one_.waits_for_others)
    )
    if not series:
        raise ShapeError("an antigen needs at least one series")
    return Antigen(
        name=series[0].antigen,
        vaccine_group=series[0].vaccine_group,
        immune_by=frozenset(
            text(found, "guidelineCode") for found in many(tree, "immunity", "clinicalHistory")
        ),
        born_before=tuple(
            BirthImmunity(
                _day(text(found, "immunityBirthDate"), BEGINNING),
                _filled(text(found, "birthCountry")),
                frozenset(text(excluded, "exclusionCode") for excluded in many(found, "exclusion")),
            )
            for found in many(tree, "immunity", "dateOfBirth")
        ),
        contraindications=tuple(
            _contraindication(found)
            for found in many(tree, "contraindications", "vaccineGroup", "contraindication")
        ),
        vaccine_contraindications=tuple(
            _contraindication(found)
            for found in many(tree, "contraindications", "vaccine", "contraindication")
        ),
        series=series,
    )


def _contraindication(tree: Any) -> Contraindication:
    return Contraindication(
        code=text(tree, "observationCode"),
        title=text(tree, "observationTitle"),
        text=text(tree, "contraindicationText"),
        guidance=text(tree, "contraindicationGuidance"),
        begin=_period(tree, "beginAge"),
        end=_period(tree, "endAge"),
        vaccines=tuple(_vaccine(found) for found in many(tree, "contraindicatedVaccine")),
    )


def _series(tree: Any) -> Series:
    select = one(tree, "selectSeries")
    name = text(tree, "seriesName")
    if not (name and text(tree, "targetDisease") and text(select, "seriesGroup")):
        raise ShapeError(f"series {name!r} needs seriesName, targetDisease and selectSeries/seriesGroup")
    try:
        return Series(
            name=name,
            antigen=text(tree, "targetDisease"),
            vaccine_group=text(tree, "vaccineGroup"),
            kind=text(tree, "seriesType"),
            genders=frozenset(many(tree, "requiredGender")),
            equivalent_groups=_codes(_filled(text(tree, "equivalentSeriesGroups"))),
            default=text(select, "defaultSeries") == "Yes",
            product_path=text(select, "productPath") == "Yes",
            group=text(select, "seriesGroup"),
            group_name=text(select, "seriesGroupName"),
            priority=text(select, "seriesPriority") or "A",
            preference=int(text(select, "seriesPreference") or 1),
            minimum_age_to_start=_period(select, "minAgeToStart"),
            maximum_age_to_start=_period(select, "maxAgeToStart"),
            indications=tuple(_indication(found) for found in many(tree, "indication")),
            guidance=tuple(_filled(found) for found in many(tree, "seriesAdminGuidance") if _filled(found)),
            doses=tuple(_dose(found, number) for number, found in enumerate(many(tree, "seriesDose"), 1)),
        )
    except ValueError as error:
        raise ShapeError(f"series {name!r}: {error}") from None


def _indication(tree: Any) -> Indication:
    return Indication(
        code=text(tree, "observationCode", "code"),
        text=text(tree, "observationCode", "text") or text(tree, "description"),
        guidance=text(tree, "guidance"),
        begin=_period(tree, "beginAge"),
        end=_period(tree, "endAge"),
    )


def _dose(tree: Any, number: int) -> SeriesDose:
    season = one(tree, "seasonalRecommendation")
    start, end = _filled(text(season, "startDate")), _filled(text(season, "endDate"))
    return SeriesDose(
        number=number,
        ages=tuple(
            Age(
                _period(age, "absMinAge"),
                _period(age, "minAge"),
                _period(age, "earliestRecAge"),
                _period(age, "latestRecAge"),
                _period(age, "maxAge"),
                _validity(age),
            )
            for age in many(tree, "age")
        ),
        intervals=tuple(_interval(found) for found in many(tree, "interval")),
        allowable_intervals=tuple(_interval(found) for found in many(tree, "allowableInterval")),
        preferable=tuple(_vaccine(found) for found in many(tree, "preferableVaccine")),
        allowable=tuple(_vaccine(found) for found in many(tree, "allowableVaccine")),
        inadvertent=frozenset(_code(text(found, "cvx")) for found in many(tree, "inadvertentVaccine")),
        skips=tuple(_skip(found) for found in many(tree, "conditionalSkip")),
        recurring=text(tree, "recurringDose") == "Yes",
        season_start=_day(start, BEGINNING) if start else None,
        season_end=_day(end, FOREVER) if end else None,
        source=text(tree, "source"),
        confirmed=text(tree, "confirmed") != "No",
    )


def _interval(tree: Any) -> Interval:
    target = re.sub(r"\D", "", text(tree, "fromTargetDose"))
    return Interval(
        from_previous=text(tree, "fromPrevious") == "Y",
        from_target_dose=int(target) if target else None,
        from_most_recent=_codes(_filled(text(tree, "fromMostRecent"))),
        from_observation=_filled(text(tree, "fromRelevantObs", "code")),
        absolute_minimum=_period(tree, "absMinInt"),
        minimum=_period(tree, "minInt"),
        earliest_recommended=_period(tree, "earliestRecInt"),
        latest_recommended=_period(tree, "latestRecInt"),
        priority=text(tree, "intervalPriority") == "override",
        validity=_validity(tree),
    )


def _vaccine(tree: Any) -> SeriesVaccine:
    volume = _filled(text(tree, "volume"))
    return SeriesVaccine(
        code=_code(text(tree, "cvx")),
        name=text(tree, "vaccineType"),
        begin=_period(tree, "beginAge"),
        end=_period(tree, "endAge"),
        manufacturer=_filled(text(tree, "mvx")),
        trade_name=_filled(text(tree, "tradeName")),
        volume=float(volume) if volume else None,
        forecast=text(tree, "forecastVaccineType") == "Y",
    )


def _skip(tree: Any) -> Skip:
    context = text(tree, "context")
    return Skip(
        evaluation=context in ("Evaluation", "Both"),
        forecast=context in ("Forecast", "Both"),
        every=text(tree, "setLogic") == "AND",
        sets=tuple(
            SkipSet(
                every=text(found, "conditionLogic") != "OR",
                conditions=tuple(_condition(inner) for inner in many(found, "condition")),
                validity=_validity(found),
                description=text(found, "setDescription"),
            )
            for found in many(tree, "set")
        ),
    )


def _condition(tree: Any) -> Condition:
    return Condition(
        kind=text(tree, "conditionType").lower(),
        start=_day(text(tree, "startDate"), BEGINNING),
        end=_day(text(tree, "endDate"), FOREVER),
        begin_age=_period(tree, "beginAge"),
        end_age=_period(tree, "endAge"),
        interval=_period(tree, "interval"),
        dose_count=int(_filled(text(tree, "doseCount")) or 0),
        valid_only=text(tree, "doseType").lower() == "valid",
        logic=text(tree, "doseCountLogic").lower(),
        vaccines=_codes(_filled(text(tree, "vaccineTypes"))),
        series_groups=_codes(_filled(text(tree, "seriesGroups"))),
    )
