"""Letting another look on the strength of a permission that may be passed on (Swiss template 304)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.policy.store import GrantRow
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import now
from ardenne.services.access.contract import OpeningRefused
from ardenne.ui import parties


class Given(NamedTuple):
    """What a caller may pass on of a record, and to whom it was passed on."""

    own: GrantRow | None
    others: list[GrantRow]


async def given(service: FhirService, patient_id: str) -> Given:
    """Return the caller's widest grant that may be passed on, None without one, and what was given on such ones."""
    patient = hashing.self_hash("Patient", patient_id)
    own = await _own(service, service.database, patient)
    sources = {policy.passed_on(one) for one in own}
    rows = await policy.grants_of(service.database, patient, now())
    return Given(own[0] if own else None, [one for one in rows if one.source in sources])


async def pass_on(service: FhirService, patient_id: str, party: str, until: date) -> None:
    """Let a party of the directory look until the end of a day, at most as far and as long as the caller may.

    One at a time with every change of the patient's directives. Raises OpeningRefused: ``profession`` (the
    caller may not, or no longer), ``party`` (nobody of the directory, or the giver), ``end`` (not within the own grant).
    """
    patient = hashing.self_hash("Patient", patient_id)
    known = await parties.names(service, [party])
    if known[party] == party:
        raise OpeningRefused("party")
    async with service.database.transaction() as connection:
        await policy.lock(connection, patient)
        moment = now()
        own = await _own(service, connection, patient)
        if not own:
            raise OpeningRefused("profession")
        if party == own[0].reference:
            raise OpeningRefused("party")
        ends = _end_of(until)
        if not moment < ends <= own[0].ends:
            raise OpeningRefused("end")
        source = policy.passed_on(own[0])
        for one in await policy.grants_of(connection, patient, moment):
            # the newest choice holds: one line for each
            if one.source == source and one.reference == party:
                await policy.end_grant(connection, one.id, moment)
        await policy.grant(connection, patient_id, party, Grant.PATIENT, own[0].level, (moment, ends), source)
        await service.note(connection, patient_id, Action.RELATION, "passed-on", known[party])


async def take_back(service: FhirService, patient_id: str, grant: uuid.UUID) -> bool:
    """End what the caller passed on; False when it had ended or is not the caller's."""
    patient = hashing.self_hash("Patient", patient_id)
    async with service.database.transaction() as connection:
        moment = now()
        sources = {policy.passed_on(one) for one in await _own(service, connection, patient)}
        mine = {
            one.id for one in await policy.grants_of(connection, patient, moment) if one.source in sources
        }
        if grant not in mine or not await policy.end_grant(connection, grant, moment):
            return False
        await service.note(connection, patient_id, Action.RELATION, "taken-back", "ended by who passed it on")
    return True


async def may_pass_on(service: FhirService) -> frozenset[str]:
    """Return the ids of the patients whose record the caller may let others look into."""
    if not _may(service):
        return frozenset()
    assert service.policy is not None
    standing = service.policy.standing(service.caller)
    return await policy.patients_to_pass_on(service.database, standing.parties, now())


def _may(service: FhirService) -> bool:
    caller = service.caller
    return caller.kind is Kind.PROFESSIONAL and bool(caller.practitioner) and caller.profession != "secretary"


async def _own(service: FhirService, asked: policy.Asked, patient: int) -> list[GrantRow]:
    if not _may(service):
        return []
    assert service.policy is not None
    standing = service.policy.standing(service.caller)
    return await policy.to_pass_on(asked, patient, standing.parties, now())


def last_day(grant: GrantRow) -> date:
    """Return the last day of a grant, 9999-12-31 for one without end."""
    if grant.ends >= policy.FOR_EVER - 86_400_000_000:
        return date.max
    return datetime.fromtimestamp((grant.ends - 1) / 1_000_000, UTC).date()


def _end_of(day: date) -> int:
    """Return the first moment after a day, as Consent.provision.period ends."""
    if day == date.max:
        return policy.FOR_EVER
    return int(datetime.combine(day + timedelta(days=1), time.min, UTC).timestamp() * 1_000_000)
