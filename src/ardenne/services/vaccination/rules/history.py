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


@dataclass(slots=True)
class Person:
    """Whom the schedule is applied to. Observations: code → last day of the observation, if it is known."""

    born: int
    gender: str
    assessed: int
    doses: list[Dose]
    observations: dict[str, int | None] = field(default_factory=dict)
    country: str = ""
    _ages: dict[Period, int] = field(default_factory=dict)

    def at(self, age: Period) -> int:
        """The day on which this person reaches an age."""
        found = self._ages.get(age)
        if found is None:
            found = self._ages[age] = shift(self.born, age)
        return found

    def within(self, day: int, begin: Period | None, end: Period | None) -> bool:
        """Whether a day lies at or after one age and before another."""
        if begin is not None:
            first = self._ages.get(begin)
            if day < (self.at(begin) if first is None else first):
                return False
        if end is None:
            return True
        last = self._ages.get(end)
        return day < (self.at(end) if last is None else last)


def by_antigen(person: Person, ruleset: Ruleset) -> dict[str, list[Dose]]:
    """Antigen administered records (4.2): each dose under each antigen that it holds at that age, oldest first."""
    records: dict[str, list[Dose]] = {}
    for dose in sorted(person.doses, key=lambda dose: dose.day):
        for association in ruleset.associations.get(dose.code, ()):
            if person.within(dose.day, association.begin, association.end):
                records.setdefault(association.antigen, []).append(dose)
    return records
