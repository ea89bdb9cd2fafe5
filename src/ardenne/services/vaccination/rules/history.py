"""A person's facts as the engine needs them: chapter 4.1 and 4.2 of the specification."""

from __future__ import annotations

from dataclasses import dataclass, field

from ardenne.services.vaccination.rules.dates import Period, shift
from ardenne.services.vaccination.rules.schedule import Ruleset


@dataclass(slots=True, eq=False)
class Dose:
    """A vaccine dose administered. ``day`` is an ordinal; ``code`` a code of the schedule's nomenclature."""

    day: int
    code: str
    manufacturer: str = ""
    trade_name: str = ""
    volume: float | None = None
    substandard: bool = False
    expiry: int | None = None


class Ages(dict[Period, int]):
    """The days on which somebody reaches ages, each reckoned when it is first asked for."""

    __slots__ = ("_born",)

    def __init__(self, born: int) -> None:
        self._born = born

    def __missing__(self, age: Period) -> int:
        day = self[age] = shift(self._born, age)
        return day


@dataclass(slots=True)
class Person:
    """Whom the schedule is applied to. Observations: code → last day of the observation, if it is known."""

    born: int
    gender: str
    assessed: int
    doses: list[Dose]
    observations: dict[str, int | None] = field(default_factory=dict)
    country: str = ""
    ages: Ages = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.ages = Ages(self.born)

    def at(self, age: Period) -> int:
        """The day on which this person reaches an age."""
        return self.ages[age]

    def within(self, day: int, begin: Period | None, end: Period | None) -> bool:
        """Whether a day lies at or after one age and before another."""
        ages = self.ages
        return (begin is None or day >= ages[begin]) and (end is None or day < ages[end])


def by_antigen(person: Person, ruleset: Ruleset) -> dict[str, list[Dose]]:
    """Antigen administered records (4.2): each dose under each antigen that it holds at that age, oldest first."""
    records: dict[str, list[Dose]] = {}
    for dose in sorted(person.doses, key=lambda dose: dose.day):
        for association in ruleset.associations.get(dose.code, ()):
            if person.within(dose.day, association.begin, association.end):
                records.setdefault(association.antigen, []).append(dose)
    return records
