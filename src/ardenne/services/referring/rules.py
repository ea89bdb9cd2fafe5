"""The rules of the agreement with a referring doctor (pure).

Luxembourg's scheme of the referring doctor (MR03): long-term condition, open record, both sign, one doctor at a time.
Times and replacement are believed only, and therefore data: ``data/agreement.toml``.
"""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple


class Side(StrEnum):
    """Who acts on an agreement."""

    PATIENT = "patient"
    DOCTOR = "doctor"


class Stage(StrEnum):
    """Where an agreement stands on a day."""

    PATIENT_SIGNS = "patient-signs"
    DOCTOR_SIGNS = "doctor-signs"
    LAPSED = "lapsed"
    AGREED = "agreed"
    """Both signed; it begins later."""
    IN_FORCE = "in-force"
    OVER = "over"
    """The last day has passed."""
    REFUSED = "refused"
    ENDED = "ended"
    REPLACED = "replaced"


class AgreementError(ValueError):
    """What stands in the way. ``rule`` is one of the words of ``wording.PROBLEMS``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Agreement(NamedTuple):
    """An agreement as it is kept; days are those of the node's time zone, ``ends`` is the last day."""

    id: Any
    patient: int
    patient_id: str
    practitioner: str
    conditions: Sequence[str]
    starts: date
    ends: date | None
    proposed: datetime
    proposed_by: str
    patient_signed: datetime | None = None
    doctor_signed: datetime | None = None
    closed: datetime | None = None
    outcome: str = ""
    closed_by: str = ""
    reason: str = ""


class Terms(NamedTuple):
    """The times of the scheme. ``summary_days``: how old a patient summary may be at a review."""

    proposal_days: int
    longest_years: int
    review_months: int
    reminder_days: int
    summary_days: int
    stand_in_days: int
    professions: frozenset[str]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads((resources.files(__package__) / "data" / "agreement.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def terms() -> Terms:
    """Return the times of the scheme."""
    found = _data()["terms"]
    return Terms(**{**found, "professions": frozenset(found["professions"])})


@lru_cache(maxsize=1)
def conditions() -> dict[str, dict[str, str]]:
    """Return the names of the long-term conditions by code and language."""
    return dict(_data()["condition"])


@lru_cache(maxsize=1)
def checklist() -> dict[str, dict[str, str]]:
    """Return the questions of the yearly review by key and language."""
    return dict(_data()["review"])


def stage(one: Agreement, today: date) -> Stage:
    """Return where an agreement stands."""
    if one.outcome:
        return Stage(one.outcome)
    if one.patient_signed is None or one.doctor_signed is None:
        if (today - one.proposed.date()).days > terms().proposal_days:
            return Stage.LAPSED
        return Stage.PATIENT_SIGNS if one.patient_signed is None else Stage.DOCTOR_SIGNS
    if one.ends is not None and today > one.ends:
        return Stage.OVER
    return Stage.IN_FORCE if today >= one.starts else Stage.AGREED


def acts(one: Agreement, side: Side, today: date) -> frozenset[str]:
    """Return what a side may do with an agreement: sign, refuse, end, review, stand-in."""
    match stage(one, today):
        case Stage.PATIENT_SIGNS:
            return frozenset({"sign", "refuse"} if side is Side.PATIENT else {"refuse"})
        case Stage.DOCTOR_SIGNS:
            return frozenset({"sign", "refuse"} if side is Side.DOCTOR else {"refuse"})
        case Stage.AGREED:
            return frozenset({"end"})
        case Stage.IN_FORCE:
            return frozenset({"end"} if side is Side.PATIENT else {"end", "review", "stand-in"})
    return frozenset()


def check_terms(codes: Sequence[str], starts: date, ends: date | None, today: date) -> None:
    """Raise AgreementError when an agreement cannot be proposed like this."""
    if not codes or not set(codes) <= conditions().keys():
        raise AgreementError("conditions")
    if not today <= starts <= _years_later(today, 1):
        raise AgreementError("starts")
    if ends is not None and not starts <= ends <= _years_later(starts, terms().longest_years):
        raise AgreementError("ends")


def check_stand_in(starts: date, ends: date, today: date) -> None:
    """Raise AgreementError when a colleague cannot stand in for these days."""
    if not today <= starts <= ends or (ends - starts).days >= terms().stand_in_days:
        raise AgreementError("stand-in")


def next_review(one: Agreement, last: date | None) -> date:
    """Return the day by which the file is to be reviewed: a year after the last review, or after the beginning."""
    return months_later(max(last or one.starts, one.starts), terms().review_months)


def review_state(due: date, today: date) -> str:
    """Return ``late``, ``soon`` or ``later``."""
    if today > due:
        return "late"
    return "soon" if today >= due - timedelta(days=terms().reminder_days) else "later"


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _years_later(day: date, years: int) -> date:
    return months_later(day, 12 * years)
