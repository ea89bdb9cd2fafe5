"""Proposing and doing a deletion: the second officer's word deletes, in one transaction.

``service`` is the bare node: no policy opens a closed record, and deleting it is no reading.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_sessions import Sessions
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import State
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse as parse_query
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store.database import Connection
from ardenne.services.retention import rules, store
from ardenne.services.retention.contract import Keepers
from ardenne.services.retention.store import Ended
from ardenne.standards.fhir import dates
from ardenne.standards.fhir.json import parse_exact

_AT_ONCE = 500
_MOST = 200


class DeletionError(ValueError):
    """What stands in the way: own (proposed by the same officer), early, gone, known."""


def _cutoff(today: datetime) -> datetime:
    """Return the latest moment at which something must have ended to be due now."""
    return today.replace(year=today.year - min(rules.years().values()), day=min(today.day, 28))


async def due(service: FhirService, now: datetime | None = None) -> list[Ended]:
    """Return the records that may be deleted, those that ended first."""
    moment = now or datetime.now(UTC)
    found = await store.ended(service.database, _cutoff(moment), _MOST)
    known = {one.patient for one in found}
    found += [one for one in await _died(service, moment) if one.patient not in known]
    return [one for one in found if rules.is_due(one.reason, _day(service, one.since), _day(service, moment))]


async def propose(service: FhirService, officer: Caller, patient: int, now: datetime | None = None) -> None:
    """Propose that a record be deleted. Raises DeletionError."""
    moment = now or datetime.now(UTC)
    async with service.database.transaction() as connection:
        one = await _due(service, connection, patient, moment)
        since = _day(service, one.since)
        if not await store.propose(connection, patient, one.patient_id, one.reason, since, officer.account):
            raise DeletionError("known")
        await service.as_platform(officer).note(
            connection, one.patient_id, Action.DELETE, "retention-proposed", one.reason
        )


async def withdraw(service: FhirService, officer: Caller, patient: int) -> None:
    """Take a proposal back. Raises DeletionError."""
    async with service.database.transaction() as connection:
        patient_id = await store.withdraw(connection, patient)
        if not patient_id:
            raise DeletionError("gone")
        await service.as_platform(officer).note(connection, patient_id, Action.DELETE, "retention-withdrawn")


async def approve(
    service: FhirService, officer: Caller, patient: int, now: datetime | None = None
) -> tuple[int, int]:
    """Delete a record that another officer proposed; return how many resources and contents went.

    The person stays in the index of persons; the journal stays, as the law asks. Raises DeletionError.
    """
    moment = now or datetime.now(UTC)
    async with service.database.transaction() as connection:
        found = await store.locked(connection, patient)
        if found is None:
            raise DeletionError("gone")
        if found.proposed_by == officer.account:
            raise DeletionError("own")
        await policy.lock(connection, patient)
        await _due(service, connection, patient, moment)
        members = await store.members(connection, patient)
        resources = await _delete(service, connection, members)
        contents = await service.blobs.destroy(connection, members)
        for keeper in service.registry.get(Keepers).all:
            for member in members:
                await keeper.forget(connection, member)
        await _close_account(service, connection, found.patient_id)
        # the Consents are gone, and their word with them: the record stays shut
        await policy.set_record(connection, found.patient_id, state=int(State.CLOSED))
        await store.approve(connection, patient, officer.account, resources, contents)
        detail = f"{resources} resources, {contents} contents"
        await service.as_platform(officer).note(
            connection, found.patient_id, Action.DELETE, "retention-done", detail
        )
    await service.blobs.discard()
    return resources, contents


async def _due(service: FhirService, connection: Connection, patient: int, moment: datetime) -> Ended:
    found = await store.ended(connection, _cutoff(moment), 1, patient)
    if not found:
        found = await _died(service, moment, await policy.patient_id(connection, patient) or "", connection)
    today = _day(service, moment)
    if not found or not rules.is_due(found[0].reason, _day(service, found[0].since), today):
        raise DeletionError("early")
    return found[0]


async def _died(
    service: FhirService,
    moment: datetime,
    patient_id: str | None = None,
    connection: Connection | None = None,
) -> list[Ended]:
    """Return records of persons who died before the time of keeping began and whose record is there still.

    ``patient_id``: of this person alone.
    """
    pairs = [
        ("death-date", f"lt{_cutoff(moment).date().isoformat()}"),
        ("_count", str(_MOST)),
        ("_total", "none"),
    ]
    query = parse_query(pairs if patient_id is None else [*pairs, ("_id", patient_id)])
    found: list[Ended] = []
    while len(found) < _MOST:
        page = await service.searcher.search(["Patient"], query, connection=connection)
        ended = [_ended(row.resource_id, parse_exact(row.body)) for row in page.matches]
        gone = await store.deleted(connection or service.database, [one.patient for one in ended])
        found += [one for one in ended if one.patient not in gone]
        if not page.next_cursor:
            break
        query = query._replace(cursor=page.next_cursor)
    return found[:_MOST]


def _ended(patient_id: str, person: dict[str, Any]) -> Ended:
    died = dates.span(str(person["deceasedDateTime"]))[1]
    moment = datetime.fromtimestamp(died / 1_000_000, UTC)
    return Ended(hashing.self_hash("Patient", patient_id), patient_id, "deceased", moment)


async def _delete(service: FhirService, connection: Connection, members: list[int]) -> int:
    count = 0
    binaries = await service.blobs.holders(connection, members)
    while names := await store.held(connection, members, binaries, _AT_ONCE):
        await service.resources.write_in(connection, [change.delete(kind, name) for kind, name in names])
        count += len(names)
    await store.erase(connection, members, binaries)
    return count


async def _close_account(service: FhirService, connection: Connection, patient_id: str) -> None:
    accounts = Accounts(service.database)
    account = await accounts.of_patient(patient_id, connection)
    if account is not None:
        await accounts.set_state(connection, account.id, "closed")
        await Sessions(service.database).end_all(connection, account.id)


def _day(service: FhirService, moment: datetime) -> date:
    return moment.astimezone(service.zone).date()
