"""The professional's day: who comes today, and whose record was opened today (rules are pure, reading is thin)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from ardenne.kernel.audit import store as journal
from ardenne.kernel.audit.entries import Outcome
from ardenne.kernel.audit.store import Asked, Recorded
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.policy.standing import account_hash
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse, read_pairs

Json = dict[str, Any]
_OFF = frozenset({"cancelled", "noshow", "entered-in-error", "proposed", "waitlist"})
"""States of an appointment or visit that brings nobody today."""
_LISTED = frozenset({"Patient", "Appointment", "Encounter"})
"""What lists of persons read too: a record is opened when something else of it was seen."""
_LINES, _MOST = 2_000, 100


class Visit(NamedTuple):
    """Somebody who comes today. ``kind``: Appointment or Encounter; ``at``: when, None when the source names no time."""

    patient: str
    kind: str
    status: str
    at: datetime | None


class Opened(NamedTuple):
    """A record that was opened today, and when last."""

    patient: str
    at: datetime


def span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return begin and end of a day, in UTC; days at the change of the clock have 23 or 25 hours."""
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def questions(caller: Caller, begin: datetime, end: datetime) -> list[tuple[str, str]]:
    """Return the searches for those who come: type and criteria."""
    days = [("date", f"ge{begin:%Y-%m-%dT%H:%M:%SZ}"), ("date", f"lt{end:%Y-%m-%dT%H:%M:%SZ}")]
    person = (
        f"Practitioner/{caller.principal or caller.practitioner}"
        if caller.practitioner or caller.principal
        else ""
    )
    role = f"PractitionerRole/{caller.role}" if caller.role else ""
    actors = ",".join(one for one in (person, role) if one)
    found = []
    if actors:
        found.append(("Appointment", [("actor", actors), *days]))
    if person:
        found.append(("Encounter", [("participant", person), *days]))
    if caller.organisation:
        found.append(("Encounter", [("service-provider", f"Organization/{caller.organisation}"), *days]))
    return [(kind, urlencode(pairs)) for kind, pairs in found]


def visits(resources: Iterable[Json], begin: datetime, end: datetime) -> list[Visit]:
    """Return who comes, by time; a visit that an appointment announced is one line, a person twice a day are two."""
    found: dict[tuple[str, datetime | None], Visit] = {}
    for one in sorted(resources, key=lambda one: one["resourceType"] == "Appointment"):
        patient = _patient(one)
        if not patient or one.get("status") in _OFF:
            continue
        at = _time(one)
        if at is not None and not begin <= at < end:
            at = None
        found.setdefault((patient, at), Visit(patient, one["resourceType"], str(one.get("status", "")), at))
    return sorted(found.values(), key=lambda one: (one.at is None, one.at or begin, one.patient))


def opened(lines: Sequence[tuple[Recorded, str]]) -> list[Opened]:
    """Return the records that lines of the journal opened, the last first. Each line comes with its Patient id."""
    found: dict[str, Opened] = {}
    for line, patient in lines:
        types = {reference.partition("/")[0] for reference in line.entry.resources}
        if not patient or line.entry.outcome != Outcome.DONE or not types - _LISTED:
            continue
        at = datetime.fromtimestamp(line.at / 1_000_000, UTC)
        if patient not in found or found[patient].at < at:
            found[patient] = Opened(patient, at)
    return sorted(found.values(), key=lambda one: one.at, reverse=True)


def _patient(found: Json) -> str:
    named = [found.get("subject", {})] + [one.get("actor", {}) for one in found.get("participant", [])]
    references = (str(one.get("reference", "")) for one in named)
    return next((one.removeprefix("Patient/") for one in references if one.startswith("Patient/")), "")


def _time(found: Json) -> datetime | None:
    text = str(found.get("start") or found.get("period", {}).get("start", ""))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None


async def coming(service: FhirService, begin: datetime, end: datetime) -> list[Visit]:
    """Return who comes in a span, as far as the caller may know."""
    resources: dict[str, Json] = {}
    for kind, criteria in questions(service.caller, begin, end):
        query = parse(read_pairs(criteria))._replace(page_size=_MOST, total="none")
        page = await service.searcher.search([kind], query)
        for row in page.matches:
            one = orjson.loads(row.body)
            resources[f"{kind}/{one['id']}"] = one
    return visits(resources.values(), begin, end)


async def opened_by(service: FhirService, begin: datetime, end: datetime) -> list[Opened]:
    """Return whose record the caller opened in a span, by the journal."""
    microseconds = (int(one.timestamp() * 1_000_000) for one in (begin, end))
    asked = Asked(
        accounts=[account_hash(service.caller.account)], since=next(microseconds), until=next(microseconds)
    )
    lines = await journal.find(service.database, asked, _LINES)
    ids = await journal.patient_ids(service.database, [(one.lane, one.seq) for one in lines])
    return opened([(one, ids.get((one.lane, one.seq), "")) for one in lines])
