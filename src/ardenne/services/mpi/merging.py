"""Merge, split, tell apart, and take each of them back. Nothing is moved by a merge: see ``kernel/store/groups``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ardenne.kernel.policy import store as policy
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change, groups, hashing
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import golden, reassigning, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.store_events import Event

Json = dict[str, Any]


class CannotMerge(Exception):
    """The act is not possible; the message says why and what to do. ``rule`` names the reason."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class Officer(NamedTuple):
    """Who decides, and why."""

    name: str
    reason: str


async def merge(
    service: FhirService, connection: Connection, person: str, survivor: str, officer: Officer
) -> int:
    """Let a person be replaced by another and return the event. Raises CannotMerge."""
    await groups.lock(connection)
    person, survivor = await store.survivor(connection, person), await store.survivor(connection, survivor)
    if person == survivor:
        raise CannotMerge("one-person", "they are one person already")
    own, others = await store.group(connection, person), await store.group(connection, survivor)
    if await events.are_apart(connection, own, others):
        raise CannotMerge("apart", "an officer said that they are two persons: take that back first")
    patient = await golden.read(service, connection, person)
    if patient is None or await golden.read(service, connection, survivor) is None:
        raise CannotMerge("gone", "one of the two is no longer there")
    for one in (person, survivor):
        await policy.know(connection, one)
    await groups.join(connection, _hash(person), _hash(survivor))
    await _name_survivors(connection, [*own, *others])
    await _show(service, connection, person, survivor, merged=True)
    await golden.renew(service, connection, survivor)
    await events.close_between(connection, own, others, "merged", officer.name, officer.reason)
    detail = {"active": patient.get("active")}
    return await events.add(
        connection, "merged", person, officer.name, other=survivor, detail=detail, reason=officer.reason
    )


async def split(
    service: FhirService,
    connection: Connection,
    person: str,
    identities: Sequence[int],
    resources: Sequence[str],
    officer: Officer,
) -> tuple[int, str]:
    """Move identities of a person, and resources (``Type/id``) of the record, to a new person; return event and person.

    Raises CannotMerge. All must stand with this very Patient: a person that was merged is parted by undoing that.
    """
    await groups.lock(connection)
    own = await store.of_persons(connection, [person])
    chosen = [one for one in own if one.id in set(identities)]
    if not chosen or len(chosen) != len(set(identities)):
        raise CannotMerge("identity", "choose identities that were assigned to this person")
    if len(chosen) == len(own):
        raise CannotMerge("all", "one identity must stay with the person: else there is nothing to split")
    base = next((one.content for one in chosen if one.content), None)
    if base is None:
        raise CannotMerge("identity", "choose at least one identity that says something of the person")
    fresh = change.new_id()
    await golden.write(service, connection, {**base, "resourceType": "Patient", "id": fresh})
    await store.move(connection, [one.id for one in chosen], fresh)
    moved = await reassigning.reassign(service, connection, resources, person, fresh)
    for one in (person, fresh):
        await golden.renew(service, connection, one)
    detail = {"identities": [one.id for one in chosen], "resources": moved}
    await events.set_apart(connection, person, fresh, True)
    number = await events.add(
        connection, "split", person, officer.name, other=fresh, detail=detail, reason=officer.reason
    )
    return number, fresh


async def tell_apart(connection: Connection, one: str, other: str, officer: Officer) -> int:
    """Say that two persons are two, whatever they have in common; return the event."""
    await groups.lock(connection)
    own, others = await store.group(connection, one), await store.group(connection, other)
    if other in own:
        raise CannotMerge("one-person", "they are one person: undo the merge first")
    await events.set_apart(connection, one, other, True)
    await events.close_between(connection, own, others, "apart", officer.name, officer.reason)
    return await events.add(connection, "apart", one, officer.name, other=other, reason=officer.reason)


async def undo(service: FhirService, connection: Connection, number: int, officer: Officer) -> int:
    """Take a merge, a split or a telling apart back and return the event that does. Raises CannotMerge."""
    await groups.lock(connection)
    event = await events.event(connection, number)
    if event is None or event.kind not in _UNDO:
        raise CannotMerge("event", "this is nothing that can be taken back")
    if event.undone:
        raise CannotMerge("undone", "this was taken back already")
    kind = await _UNDO[event.kind](service, connection, event)
    return await events.add(
        connection,
        kind,
        event.person,
        officer.name,
        other=event.other,
        reason=officer.reason,
        undoes=event.id,
    )


async def _unmerge(service: FhirService, connection: Connection, event: Event) -> str:
    together = await store.group(connection, event.person)
    if not await groups.part(connection, _hash(event.person), _hash(event.other)):
        raise CannotMerge("undone", "this was taken back already")
    await _name_survivors(connection, together)
    await _show(
        service, connection, event.person, event.other, merged=False, active=event.detail.get("active")
    )
    for one in {
        await store.survivor(connection, event.person),
        await store.survivor(connection, event.other),
    }:
        await golden.renew(service, connection, one)
    return "unmerged"


async def _unsplit(service: FhirService, connection: Connection, event: Event) -> str:
    together = await store.group(connection, event.person)
    if event.other in together or await store.survivor(connection, event.other) != event.other:
        raise CannotMerge("merged", "the two were merged since: undo that first")
    # what came to the new person since comes along: it is the same person again
    identities = [one.id for one in await store.of_persons(connection, [event.other])]
    await store.move(connection, identities, event.person)
    await reassigning.reassign(service, connection, event.detail["resources"], event.other, event.person)
    await events.set_apart(connection, event.person, event.other, False)
    await policy.know(connection, event.person)
    await policy.know(connection, event.other)
    together += await store.group(connection, event.other)
    await groups.join(connection, _hash(event.other), _hash(event.person))
    await _name_survivors(connection, together)
    await _show(service, connection, event.other, event.person, merged=True)
    await golden.renew(service, connection, await store.survivor(connection, event.person))
    return "unsplit"


async def _reunite(service: FhirService, connection: Connection, event: Event) -> str:
    await events.set_apart(connection, event.person, event.other, False)
    return "together"


_UNDO = {"merged": _unmerge, "split": _unsplit, "apart": _reunite}


async def _name_survivors(connection: Connection, persons: Sequence[str]) -> None:
    """Keep the names of survivors in step with the groups."""
    names = {_hash(person): person for person in persons}
    survivors = {person: names[await groups.survivor(connection, hashed)] for hashed, person in names.items()}
    await store.set_survivors(connection, survivors)


async def _show(
    service: FhirService,
    connection: Connection,
    person: str,
    survivor: str,
    *,
    merged: bool,
    active: bool | None = None,
) -> None:
    """Say in both Patients that one replaces the other, or no longer (R4, Patient.link)."""
    for own, other, kind in ((person, survivor, "replaced-by"), (survivor, person, "replaces")):
        patient = await golden.read(service, connection, own)
        if patient is None:
            continue
        reference = {"reference": f"Patient/{other}"}
        links = [
            one for one in patient.get("link", [])
            if one.get("type") != kind or one.get("other", {}).get("reference") != reference["reference"]
        ]  # fmt: skip
        if merged:
            links.append({"other": reference, "type": kind})
        patient.pop("link", None)
        if links:
            patient["link"] = links
        if kind == "replaced-by":
            patient.pop("active", None)
            if merged or active is not None:
                patient["active"] = False if merged else active
        await golden.write(service, connection, patient)


def _hash(person: str) -> int:
    return hashing.self_hash("Patient", person)
