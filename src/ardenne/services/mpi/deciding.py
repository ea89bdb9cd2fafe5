"""What an officer decides at a case. Merges need two officers; everything has a reason and can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import golden, merging, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.matching import keys_of
from ardenne.services.mpi.merging import CannotMerge, Officer
from ardenne.services.mpi.rules.reading import status_of, traits_of
from ardenne.services.mpi.store_events import Case

MERGE, APART, ACCEPT, REJECT, NOTE, SPLIT, KEEP = (
    "merge",
    "apart",
    "accept",
    "reject",
    "note",
    "split",
    "keep",
)
CHOICES: dict[str, tuple[str, ...]] = {
    "duplicate": (MERGE, APART), "overlay": (ACCEPT, REJECT), "unknown": (NOTE,), "split": (SPLIT, KEEP),
}  # fmt: skip


_RISK_OF_SPLIT = 4


async def decide(
    service: FhirService, connection: Connection, number: int, choice: str, caller: Caller, reason: str
) -> str:
    """Carry out a decision and return what happened: ``proposed``, ``merged``, ``apart``, ``accepted`` …

    Raises CannotMerge.
    """
    case = await events.locked_case(connection, number)
    if case is None or case.closed is not None:
        raise CannotMerge("closed", "the case was closed meanwhile")
    if choice not in CHOICES[case.kind]:
        raise CannotMerge("choice", "choose one of the answers")
    officer = Officer(caller.name, reason)
    match choice:
        case "merge":
            return await _merge(service, connection, case, caller, officer)
        case "apart":
            await merging.tell_apart(connection, case.person, case.other, officer)
            return "apart"
        case "accept":
            await _accept(service, connection, case, officer)
            done = "accepted"
        case "reject":
            done = "rejected"
        case "split":
            await _split(service, connection, case, caller, officer)
            done = "split"
        case "keep":
            done = "kept"
        case _:
            done = "noted"
    await events.close(connection, case.id, done, caller.name, reason)
    return done


async def _merge(
    service: FhirService, connection: Connection, case: Case, caller: Caller, officer: Officer
) -> str:
    if not case.proposal:
        await events.propose(connection, case.id, MERGE, caller.account, f"{officer.name}: {officer.reason}")
        return "proposed"
    if case.proposed_by == caller.account:
        raise CannotMerge("four-eyes", "a second officer must agree: you proposed it yourself")
    person, survivor = await _order(connection, case)
    await merging.merge(service, connection, person, survivor, officer)
    return "merged"


async def propose_split(
    connection: Connection,
    person: str,
    identities: Sequence[int],
    resources: Sequence[str],
    caller: Caller,
    reason: str,
) -> int:
    """Ask a second officer to part a person, and return the case. Raises CannotMerge when that would not be possible."""
    own = await store.of_persons(connection, [person])
    chosen = [one for one in own if one.id in set(identities)]
    if not any(one.content for one in chosen):
        raise CannotMerge("identity", "choose at least one identity that says something of the person")
    if len(chosen) == len(own):
        raise CannotMerge("all", "one identity must stay with the person: else there is nothing to split")
    detail = {"identities": [one.id for one in chosen], "resources": list(resources)}
    case = await events.open_case(connection, SPLIT, person, _RISK_OF_SPLIT, detail=detail)
    await events.propose(connection, case, SPLIT, caller.account, f"{caller.name}: {reason}")
    return case


async def _split(
    service: FhirService, connection: Connection, case: Case, caller: Caller, officer: Officer
) -> None:
    if case.proposed_by == caller.account:
        raise CannotMerge("four-eyes", "a second officer must agree: you proposed it yourself")
    await merging.split(
        service, connection, case.person, case.detail["identities"], case.detail["resources"], officer
    )


async def _order(connection: Connection, case: Case) -> tuple[str, str]:
    """Return who goes and who stays: the one with more identities stays; of two equal ones the one known longer."""
    sides = []
    for person in (case.person, case.other):
        own = await store.of_persons(connection, await store.group(connection, person))
        sides.append((len(own), -min((one.id for one in own), default=0), person))
    sides.sort()
    return sides[0][2], sides[1][2]


async def _accept(service: FhirService, connection: Connection, case: Case, officer: Officer) -> None:
    """Believe the newest version that was not believed."""
    identities = await store.by_id(connection, [case.identity or 0])
    kept = [
        one for one in await store.versions(connection, case.identity or 0) if one["outcome"] == "overlay"
    ]
    if not identities or not kept:
        raise CannotMerge("gone", "the version that was not believed is no longer there")
    version = kept[-1]
    content: dict[str, Any] = orjson.loads(version["content"])
    traits = traits_of(content)
    said = (str(version["sender"]), version["sent"])
    await store.update(connection, identities[0], status_of(traits), said, keys_of(traits), traits, content)
    await events.add(
        connection, "accepted", case.person, officer.name, identity=identities[0].id, reason=officer.reason
    )
    await golden.renew(service, connection, await store.survivor(connection, case.person))
