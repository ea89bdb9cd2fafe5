"""A relevant patient series on its way: which doses were evaluated how, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ardenne.services.vaccination.rules.history import Dose
from ardenne.services.vaccination.rules.schedule import Series, SeriesDose


class Evaluation(StrEnum):
    """Evaluation status of a dose administered (table 3-4 of the specification)."""

    VALID = "Valid"
    NOT_VALID = "Not Valid"
    EXTRANEOUS = "Extraneous"
    SUBSTANDARD = "Sub-standard"


class Reason(StrEnum):
    """Why a dose was evaluated as it was."""

    NONE = ""
    TOO_YOUNG = "Age: Too Young"
    TOO_OLD = "Age: Too Old"
    GRACE = "Grace Period"
    TOO_SOON = "Interval: too Soon"
    CONFLICT = "Live Virus Conflict"
    VACCINE = "Not a preferable or allowable vaccine"
    INADVERTENT = "Inadvertent Vaccine"
    COMPLETE = "Series Already Complete"
    CONDITION = "Dose Condition"
    EXPIRED = "Lot Expired"


class Status(StrEnum):
    """Patient series status (table 3-3)."""

    NOT_COMPLETE = "Not complete"
    COMPLETE = "Complete"
    IMMUNE = "Immune"
    CONTRAINDICATED = "Contraindicated"
    AGED_OUT = "Aged out"
    NOT_RECOMMENDED = "Not recommended"


@dataclass(slots=True, eq=False)
class Evaluated:
    """One dose administered as this series sees it; ``target`` is the number of the target dose."""

    dose: Dose
    target: SeriesDose | None
    status: Evaluation
    reason: Reason

    counts: bool = field(init=False)
    """Whether an interval is measured from it (CALCDTINT-1)."""

    def __post_init__(self) -> None:
        status = self.status
        self.counts = (
            status is Evaluation.VALID or status is Evaluation.NOT_VALID
        ) and self.reason is not Reason.INADVERTENT


@dataclass(slots=True, eq=False)
class Forecast:
    """What comes next in a series: days are ordinals, None where the schedule gives none."""

    status: Status
    target: SeriesDose | None = None
    dose_number: int | None = None
    earliest: int | None = None
    starts: int | None = None
    """The earliest day where the schedule gives one; without it the dose is possible from birth."""
    recommended: int | None = None
    past_due: int | None = None
    latest: int | None = None
    unadjusted_recommended: int | None = None
    unadjusted_past_due: int | None = None
    reasons: list[str] = field(default_factory=list)

    @property
    def has_priority(self) -> bool:
        """FORECASTPRIORITY-1."""
        if self.target is None or not self.target.intervals:
            return False
        return all(interval.priority for interval in self.target.intervals)


_NOT_YET = Forecast(Status.NOT_COMPLETE)


@dataclass(slots=True, eq=False)
class PatientSeries:
    """A relevant patient series. ``targets`` grows when the last dose recurs."""

    series: Series
    targets: list[SeriesDose]
    evaluated: list[Evaluated] = field(default_factory=list)
    satisfied: dict[int, Dose] = field(default_factory=dict)
    """Index of a target dose → the dose that satisfied it."""
    current: int = 0
    """Index of the first target dose that is neither satisfied nor skipped."""
    forecast: Forecast = _NOT_YET

    @property
    def valid_count(self) -> int:
        """SELECTB-21."""
        return len(self.satisfied)

    def satisfied_on(self, number: int) -> int | None:
        """The day on which the target dose with this number was satisfied; the last one when it recurs."""
        return max(
            (dose.day for index, dose in self.satisfied.items() if self.targets[index].number == number),
            default=None,
        )

    def satisfy(self, dose: Dose) -> None:
        """The current target dose is satisfied; a recurring one is followed by its like (4.4, step 6)."""
        self.satisfied[self.current] = dose
        if self.targets[self.current].recurring:
            self.targets.insert(self.current + 1, self.targets[self.current])
        self.current += 1

    @property
    def target(self) -> SeriesDose | None:
        """The target dose that is neither satisfied nor skipped."""
        return self.targets[self.current] if self.current < len(self.targets) else None

    def status_of(self, dose: Dose) -> Evaluation | None:
        return next((found.status for found in self.evaluated if found.dose is dose), None)
