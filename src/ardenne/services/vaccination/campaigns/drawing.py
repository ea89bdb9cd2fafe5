"""Drawing target persons and counting vaccinations: the platform reads in the officer's name, everything journalled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.background import repeat
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import State
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.services.vaccination.acts import read_act
from ardenne.services.vaccination.campaigns import rules, store
from ardenne.services.vaccination.campaigns.rules import Criteria
from ardenne.services.vaccination.campaigns.store import Campaign
from ardenne.services.vaccination.card import judge
from ardenne.services.vaccination.leafing import pages
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.schedules import load

Json = dict[str, Any]
_PAGE = 100
_CHUNK = 100


class Record(NamedTuple):
    """A person's Patient and Immunizations."""

    patient: Json
    acts: list[Json]


class CampaignRunner:
    """Draws campaigns in the background of a worker. ``schedule``: name of the schedule in force."""

    def __init__(self, service: FhirService, schedule: str) -> None:
        self._service = service
        self._schedule = schedule

    async def run(self) -> None:
        """Draw what is to be drawn, until cancelled."""
        await repeat(self.step, idle=5.0, fault=30.0)

    async def step(self) -> bool:
        """Draw one campaign; False when there is none. A worker that dies leaves it to the next."""
        # the campaign stays locked all the time, by a connection that nobody else waits for
        connection = await self._service.database.dedicated()
        try:
            async with connection.transaction():
                one = await store.to_draw(connection)
                if one is None:
                    return False
                found, examined = [], 0
                async with platform_of(self._service, one) as platform:
                    async for records in _records(platform, one.criteria):
                        examined += len(records)
                        found += await asyncio.to_thread(wanted, records, one.criteria, load(self._schedule))
                open_ = await _without_closed(self._service, found)
                await store.drawn(connection, one.id, rules.assign(open_, one.seed, one.share), examined)
        finally:
            await connection.close()
        return True


def wanted(records: Sequence[Record], criteria: Criteria, ruleset: Ruleset) -> list[str]:
    """Return the ids of the persons for whom the schedule says one of the wanted states."""
    today = datetime.now(UTC).date()
    found = []
    for record in records:
        if record.patient.get("deceasedBoolean") or record.patient.get("deceasedDateTime"):
            continue
        card = judge(record.patient, record.acts, ruleset, today, [criteria.group])
        if any(due.state in criteria.states for due in card.dues if due.group == criteria.group):
            found.append(str(record.patient["id"]))
    return found


async def count(service: FhirService, campaign: Campaign, schedule: str) -> None:
    """Count who of both arms was vaccinated in the time that counts."""
    ruleset = load(schedule)
    after, days = "", []
    async with platform_of(service, campaign) as platform:
        while chunk := await store.targets(service.database, campaign.id, after, _CHUNK):
            after = chunk[-1].patient
            acts = await acts_of(platform, [one.patient for one in chunk])
            for one in chunk:
                day = _first(acts.get(one.patient, []), campaign, ruleset, one.starts)
                if day:
                    days.append((one.patient, day))
    async with service.database.transaction() as connection:
        await store.vaccinated(connection, campaign.id, days)


def _first(acts: list[Json], campaign: Campaign, ruleset: Ruleset, starts: date | None) -> date | None:
    antigens = set(ruleset.groups[campaign.criteria.group].antigens)
    found = []
    for resource in acts:
        act = read_act(resource, starter())
        codes = act.vaccine.valences if act.vaccine and act.status == "completed" else ()
        held = {one.antigen for code in codes for one in ruleset.associations.get(code, ())}
        if held & antigens and act.day and rules.counts(act.day, starts, campaign.weeks):
            found.append(act.day)
    return min(found, default=None)


@asynccontextmanager
async def platform_of(service: FhirService, campaign: Campaign) -> AsyncIterator[FhirService]:
    """Lend the node with the platform's rights in the name of whoever made the campaign; its reads are journalled."""
    officer = Caller(
        Kind.OFFICER,
        campaign.account,
        campaign.actor,
        profession="public-health",
        purpose=Purpose.PUBLIC_HEALTH,
    )
    platform = service.as_platform(officer)
    try:
        yield platform
    finally:
        await platform.finish()


async def _records(platform: FhirService, criteria: Criteria) -> AsyncIterator[list[Record]]:
    """Pages of persons who meet birth range, sex and place, with their acts."""
    pairs = [("birthdate", f"ge{criteria.born_from}"), ("birthdate", f"le{criteria.born_to}")]
    pairs += [("gender", criteria.gender)] if criteria.gender else []
    pairs += [("address-city:exact", criteria.place)] if criteria.place else []
    async for page in pages(platform, ["Patient"], pairs, _PAGE):
        people = {row.resource_id: orjson.loads(row.body) for row in page.matches}
        acts = await acts_of(platform, list(people))
        yield [Record(person, acts.get(name, [])) for name, person in people.items()]


async def acts_of(platform: FhirService, patients: Sequence[str]) -> dict[str, list[Json]]:
    """Return the Immunizations of patients (ids)."""
    found: dict[str, list[Json]] = {}
    for start in range(0, len(patients), 20):
        part = ",".join(f"Patient/{one}" for one in patients[start : start + 20])
        async for page in pages(platform, ["Immunization"], [("patient", part)], 1000):
            for row in page.matches:
                act = orjson.loads(row.body)
                owner = str(act.get("patient", {}).get("reference", "")).removeprefix("Patient/")
                found.setdefault(owner, []).append(act)
    return found


async def _without_closed(service: FhirService, patients: list[str]) -> list[str]:
    """Leave out whoever closed the record or objected to it: a campaign does not look in there."""
    found = []
    for start in range(0, len(patients), 1000):
        hashes = {hashing.self_hash("Patient", one): one for one in patients[start : start + 1000]}
        facts = await policy.facts(service.database, hashes, ())
        found += [one for number, one in hashes.items() if facts[number].state == State.OPEN]
    return found
