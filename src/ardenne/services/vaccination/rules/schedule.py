"""Supporting data in memory: what a schedule says, ready to be executed.

Each class is a class of the specification (chapter 3 and the attribute tables); periods stay periods, because they
are added to another day for every person; codes of vaccines are texts of whatever nomenclature the schedule uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ardenne.services.vaccination.rules.dates import Period


@dataclass(frozen=True, slots=True)
class Validity:
    """From which to which day a line of the schedule holds, both inclusive."""

    effective: int
    cessation: int

    def holds(self, day: int) -> bool:
        return self.effective <= day <= self.cessation


@dataclass(frozen=True, slots=True)
class Age:
    absolute_minimum: Period | None
    minimum: Period | None
    earliest_recommended: Period | None
    latest_recommended: Period | None
    maximum: Period | None
    validity: Validity


@dataclass(frozen=True, slots=True)
class Interval:
    """A distance from another dose or event; exactly one of the four references is given."""

    from_previous: bool
    from_target_dose: int | None
    from_most_recent: frozenset[str]
    from_observation: str
    absolute_minimum: Period | None
    minimum: Period | None
    earliest_recommended: Period | None
    latest_recommended: Period | None
    priority: bool
    validity: Validity


@dataclass(frozen=True, slots=True)
class SeriesVaccine:
    """A vaccine that a dose prefers or allows, from an age until before an age."""

    code: str
    name: str
    begin: Period | None
    end: Period | None
    manufacturer: str
    trade_name: str
    volume: float | None
    forecast: bool


def _by_code(vaccines: tuple[SeriesVaccine, ...]) -> dict[str, tuple[SeriesVaccine, ...]]:
    found: dict[str, tuple[SeriesVaccine, ...]] = {}
    for vaccine in vaccines:
        found[vaccine.code] = (*found.get(vaccine.code, ()), vaccine)
    return found


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition under which a dose can be skipped (6.2)."""

    kind: str
    start: int
    end: int
    begin_age: Period | None
    end_age: Period | None
    interval: Period | None
    dose_count: int
    valid_only: bool
    logic: str
    vaccines: frozenset[str]
    series_groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class SkipSet:
    every: bool
    conditions: tuple[Condition, ...]
    validity: Validity
    description: str


@dataclass(frozen=True, slots=True)
class Skip:
    evaluation: bool
    forecast: bool
    every: bool
    sets: tuple[SkipSet, ...]


@dataclass(frozen=True, slots=True)
class SeriesDose:
    number: int
    ages: tuple[Age, ...]
    intervals: tuple[Interval, ...]
    allowable_intervals: tuple[Interval, ...]
    preferable: tuple[SeriesVaccine, ...]
    allowable: tuple[SeriesVaccine, ...]
    inadvertent: frozenset[str]
    skips: tuple[Skip, ...]
    recurring: bool
    season_start: int | None
    season_end: int | None
    source: str = ""
    confirmed: bool = True
    preferable_codes: frozenset[str] = field(init=False)
    preferable_by_code: dict[str, tuple[SeriesVaccine, ...]] = field(init=False)
    allowable_by_code: dict[str, tuple[SeriesVaccine, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "preferable_codes", frozenset(one.code for one in self.preferable))
        object.__setattr__(self, "preferable_by_code", _by_code(self.preferable))
        object.__setattr__(self, "allowable_by_code", _by_code(self.allowable))


@dataclass(frozen=True, slots=True)
class Indication:
    code: str
    text: str
    guidance: str
    begin: Period | None
    end: Period | None


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    antigen: str
    vaccine_group: str
    kind: str
    """``Standard``, ``Risk`` or ``Evaluation Only``."""
    genders: frozenset[str]
    equivalent_groups: frozenset[str]
    default: bool
    product_path: bool
    group: str
    group_name: str
    priority: str
    preference: int
    minimum_age_to_start: Period | None
    maximum_age_to_start: Period | None
    indications: tuple[Indication, ...]
    guidance: tuple[str, ...]
    doses: tuple[SeriesDose, ...]

    @property
    def waits_for_others(self) -> bool:
        """Whether a condition asks if another series is complete."""
        return any(
            condition.series_groups
            for dose in self.doses
            for skip in dose.skips
            for one in skip.sets
            for condition in one.conditions
        )


@dataclass(frozen=True, slots=True)
class Contraindication:
    """Of an antigen (no vaccines named) or of certain vaccines."""

    code: str
    title: str
    text: str
    guidance: str
    begin: Period | None
    end: Period | None
    vaccines: tuple[SeriesVaccine, ...] = ()


@dataclass(frozen=True, slots=True)
class BirthImmunity:
    before: int
    country: str
    exclusions: frozenset[str]


class Usual(NamedTuple):
    """The series of an antigen for persons of a gender of whom nothing was observed: risk series are not for them.

    A series that is no default and has no valid dose yields to the default of its series group (table 8-3), whatever
    comes next in it; without observations nothing can be contraindicated, which is what else would count.
    """

    series: list[tuple[Series, bool]]
    """Each with whether it yields as long as it has no valid dose."""
    unstarted: list[tuple[Series, bool]]
    """Those that are left for somebody who has no dose of the antigen."""


@dataclass(frozen=True, slots=True)
class Antigen:
    name: str
    vaccine_group: str
    immune_by: frozenset[str]
    born_before: tuple[BirthImmunity, ...]
    contraindications: tuple[Contraindication, ...]
    vaccine_contraindications: tuple[Contraindication, ...]
    series: tuple[Series, ...]
    _usual: dict[str, Usual] = field(default_factory=dict, init=False, repr=False, compare=False)

    def usual(self, gender: str) -> Usual:
        """The series for a person of this gender of whom nothing was observed."""
        found = self._usual.get(gender)
        if found is None:
            own = [
                one
                for one in self.series
                if one.kind != "Risk" and (not one.genders or gender in one.genders)
            ]
            settled = {one.group for one in own if one.default}
            series = [(one, not one.default and one.group in settled) for one in own]
            found = Usual(series, [pair for pair in series if not pair[1]])
            self._usual[gender] = found
        return found


@dataclass(frozen=True, slots=True)
class Conflict:
    begin: Period
    minimum_end: Period
    end: Period


@dataclass(frozen=True, slots=True)
class Association:
    antigen: str
    begin: Period | None
    end: Period | None


@dataclass(frozen=True, slots=True)
class VaccineGroup:
    name: str
    antigens: tuple[str, ...]
    administer_full: bool


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A whole schedule, compiled once and shared by all assessments."""

    antigens: dict[str, Antigen]
    groups: dict[str, VaccineGroup]
    associations: dict[str, tuple[Association, ...]]
    vaccine_names: dict[str, str]
    conflicts: dict[str, dict[str, tuple[Conflict, ...]]]
    """Impacted vaccine → conflicting vaccine → conflicts (6.7)."""
    observations: dict[str, str]
    coded_observations: dict[tuple[str, str], str]
    """(code system, code) → observation of the schedule."""
    title: str = ""
    version: str = ""
    authority: str = ""
    sources: dict[str, str] = field(default_factory=dict)
