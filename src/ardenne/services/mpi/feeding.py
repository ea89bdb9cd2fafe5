"""Feeds of sources: FHIR (IHE PIXm ITI-104) and HL7 v2 alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.policy.service import unlimited
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import asking, merging, store
from ardenne.services.mpi.contract import Identified, Outcome, Told
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.matching import Match
from ardenne.services.mpi.merging import CannotMerge, Officer
from ardenne.services.mpi.rules.decision import NEW
from ardenne.services.mpi.rules.reading import is_told, local_numbers

Json = dict[str, Any]
Number = tuple[str, str]


class UnknownNumber(Exception):
    """A feed names a number that was never told of."""


def acting(service: FhirService, caller: Caller, address: str = "") -> FhirService:
    """Return the node for writing what a source feeds: the index writes, in the source's name in the journal."""
    if unlimited(caller):
        return service
    platform = msgspec.structs.replace(
        caller, kind=Kind.SOFTWARE, profession="platform", scopes=None, purpose=Purpose.TREATMENT
    )
    bare: FhirService = getattr(service, "bare", service)
    return bare.seen_by(platform, address)


async def resolve(
    index: Index, service: FhirService, connection: Connection, numbers: tuple[Number, Number], told: Told
) -> Identified:
    """A source says that its first number is replaced by its second one (ADT^A40, Patient.link replaced-by).

    Persons whose traits speak against it are not merged: an officer is asked. Raises UnknownNumber.
    """
    gone = await store.identity(connection, *numbers[0])
    kept = await store.identity(connection, *numbers[1])
    if gone is None or kept is None:
        raise UnknownNumber(numbers[0][1] if gone is None else numbers[1][1])
    person, survivor = (
        await store.survivor(connection, gone.person),
        await store.survivor(connection, kept.person),
    )
    if gone.status != "retired":
        await store.retire(connection, gone)
    if person == survivor:
        return Identified(survivor, Outcome.KNOWN)
    if is_told(gone.traits) and is_told(kept.traits):
        scorer = await index.matcher.scorer(connection)
        decision = index.matcher.between(scorer, gone.traits, kept.traits)
        if decision.outcome == NEW or decision.guards:
            match = Match(survivor, kept.id, decision)
            case = await asking.ask(connection, index.matcher, (person, gone.id), match, told.sender)
            return Identified(survivor, Outcome.KNOWN, (case,))
    try:
        officer = Officer(told.sender or "feed", "the source merged its numbers")
        await merging.merge(service, connection, person, survivor, officer)
    except CannotMerge:
        return Identified(survivor, Outcome.KNOWN)
    return Identified(survivor, Outcome.LINKED)


async def settle(
    index: Index,
    service: FhirService,
    connection: Connection,
    patient: Json,
    told: Told,
    replaced: Sequence[Number],
    mother: Number | None = None,
    *,
    known: bool = False,
) -> None:
    """Register what a source says of a person, give up numbers for the first of the person's, note the mother.

    ``known``: the message tells of numbers alone; the person must be here. Raises UnknownNumber.
    """
    own = local_numbers(patient)
    if known:
        registered = await store.identity(connection, *own[0]) if own else None
        if registered is None:
            raise UnknownNumber(own[0][1] if own else "")
        person = registered.person
    else:
        person = (await index.identify(service, connection, patient, told)).person
    for number in replaced:
        if own:
            await resolve(index, service, connection, (number, own[0]), told)
    parent = await store.identity(connection, *mother) if mother is not None else None
    if parent is not None:
        await store.relate(connection, person, parent.person, "mother")
