"""What is due for a person, in lines that a page, a command or an operation can show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ardenne.services.vaccination.acts import Subject, subject_of
from ardenne.services.vaccination.cases import CaseError, read_case, result_of
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.rules.engine import Assessment, assess
from ardenne.services.vaccination.rules.groups import GroupForecast
from ardenne.services.vaccination.rules.progress import Status
from ardenne.services.vaccination.rules.schedule import Ruleset


@dataclass(frozen=True, slots=True)
class Due:
    """A vaccine group's forecast for a reader. ``state``: overdue, due, later, complete, or why there is none."""

    group: str
    state: str
    dose: int | None
    earliest: date | None
    recommended: date | None
    past_due: date | None
    latest: date | None
    reasons: tuple[str, ...]
    series: str
    confirmed: bool
    valences: tuple[frozenset[str], ...]
    """For each antigen that is needed the valences of which one will do."""


ORDER = ("overdue", "due", "later", "complete", "immune", "contraindicated", "aged-out", "not-recommended")


def dues(assessment: Assessment, today: date) -> list[Due]:
    """All forecasts, what is due first."""
    found = [_due(one, today) for forecasts in assessment.groups.values() for one in forecasts]
    return sorted(found, key=lambda due: (ORDER.index(due.state), due.recommended or date.max, due.group))


def _due(one: GroupForecast, today: date) -> Due:
    day = today.toordinal()
    state = one.status.lower().replace(" ", "-")
    if one.status is Status.NOT_COMPLETE:
        late = one.past_due is not None and day > one.past_due
        state = "overdue" if late else "due" if (one.recommended or day) <= day else "later"
    targets = [series.forecast.target for series in one.series if series.forecast.target]
    valences = tuple(target.preferable_codes for target in targets)
    return Due(
        group=one.group,
        state=state,
        dose=one.dose_number,
        earliest=_date(one.earliest),
        recommended=_date(one.recommended),
        past_due=_date(one.past_due),
        latest=_date(one.latest),
        reasons=tuple(one.reasons),
        series=", ".join(dict.fromkeys(series.series.name for series in one.series)),
        confirmed=all(target.confirmed for target in targets),
        valences=valences,
    )


def _date(day: int | None) -> date | None:
    return date.fromordinal(day) if day else None


def forecast_lines(value: Any, ruleset: Ruleset, day: str | None) -> Iterator[dict[str, Any]]:
    """Lines for a case of a case file, or for a FHIR Bundle with a Patient and Immunizations.

    :raises CaseError: when it is neither, or cannot be read.
    """
    if not isinstance(value, Mapping):
        raise CaseError("the file holds no JSON object")
    if value.get("resourceType") != "Bundle":
        yield result_of(read_case(value, ruleset), ruleset)
        return
    resources = [entry.get("resource", {}) for entry in value.get("entry", [])]
    patient = next((one for one in resources if one.get("resourceType") == "Patient"), None)
    if patient is None:
        raise CaseError("the Bundle holds no Patient")
    try:
        today = date.fromisoformat(day) if day else date.today()  # noqa: DTZ011
        given = [one for one in resources if one.get("resourceType") == "Immunization"]
        subject = subject_of(patient, given, {}, ruleset, starter(), today)
    except ValueError as error:
        raise CaseError(str(error)) from None
    yield from (_line(due) for due in dues(assess(subject.person, ruleset), today))
    yield from _unused(subject)


def _line(due: Due) -> dict[str, Any]:
    return {
        "vaccine_group": due.group,
        "state": due.state,
        "dose": due.dose,
        "earliest": due.earliest,
        "recommended": due.recommended,
        "past_due": due.past_due,
        "reasons": due.reasons,
        "to_be_confirmed": not due.confirmed,
    }


def _unused(subject: Subject) -> Iterator[dict[str, Any]]:
    for act in subject.unused:
        yield {
            "not_used": act.name or "a vaccine without a name",
            "day": act.day,
            "known_code": bool(act.vaccine),
        }
