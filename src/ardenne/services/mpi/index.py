"""Identities come in, persons come out: the ``PersonIndex`` of a node."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import golden, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.contract import Doubtful, Identified, Outcome, Told
from ardenne.services.mpi.matching import Match, Matcher, keys_of, told
from ardenne.services.mpi.rules.decision import ASK, LINK, NEW
from ardenne.services.mpi.rules.reading import local_numbers, national_numbers, says_anything, traits_of
from ardenne.services.mpi.rules.risk import risk
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.store import Identity

Json = dict[str, Any]
_SENDER = "urn:ardenne:sender:"
_CLEAR = 5.0
"""By how many bits the likeliest of several persons must lead to be linked without asking."""
_MOST_CASES = 3


class Index:
    """Keeps every person once."""

    def __init__(self, matcher: Matcher | None = None) -> None:
        self.matcher = matcher or Matcher()

    def locks(self, patient: Json) -> Sequence[str]:
        """Return what must be locked so that the same person is not added twice at once: keys and numbers."""
        numbers = [f"mpi:{system}|{value}" for system, value in local_numbers(patient)]
        return [*numbers, *(f"mpi:{key}" for key in keys_of(traits_of(patient)))]

    async def survivor(self, connection: Connection, person: str) -> str:
        """Return the Patient id that stands for a person since the last merge."""
        return await store.survivor(connection, person)

    async def identify(
        self,
        service: FhirService,
        connection: Connection,
        patient: Json,
        told_by: Told,
        *,
        certain: bool = False,
    ) -> Identified:
        """Return the person of an identity (see the contract)."""
        arriving = _Arriving(self.matcher, service, connection, patient, told_by, certain)
        return await arriving.settle()


class _Arriving:
    """One identity on its way into the index, inside the caller's transaction."""

    def __init__(
        self, matcher: Matcher, service: FhirService, connection: Connection, patient: Json, told_by: Told,
        certain: bool,
    ) -> None:  # fmt: skip
        self._matcher, self._service, self._connection, self._certain = matcher, service, connection, certain
        self._content = golden.without_id(patient)
        self._traits = traits_of(patient)
        self._keys = keys_of(self._traits)
        self._said = (told_by.sender, told_by.sent or datetime.now(UTC))
        self._numbers = local_numbers(patient) or [_own_number(self._content, self._traits, told_by.sender)]

    @property
    def _actor(self) -> str:
        return self._said[0] or "feed"

    async def settle(self) -> Identified:
        known = await store.identity(self._connection, *self._numbers[0])
        if known is not None:
            return await self._known(known)
        others = await store.identities(self._connection, self._numbers[1:])
        matches = await self._matcher.matches(self._connection, self._traits)
        self._refuse_doubt(matches)
        person = await self._by_other_numbers(others, matches)
        linked = person or self._to_link(matches)
        if linked:
            return await self._link(linked, matches)
        return await self._add(matches)

    async def _known(self, known: Identity) -> Identified:
        person = await store.survivor(self._connection, known.person)
        if known.content == self._content:
            return Identified(person, Outcome.KNOWN)
        if self._said[1] < known.sent:
            await store.keep(self._connection, known, "overtaken", self._said, self._content)
            await events.add(self._connection, "overtaken", known.person, self._actor, identity=known.id)
            return Identified(person, Outcome.OVERTAKEN)
        if _comparable(known.traits) and _comparable(self._traits):
            scorer = await self._matcher.scorer(self._connection)
            decision = self._matcher.between(scorer, self._traits, known.traits)
            if decision.outcome == NEW or "shared-number" in decision.guards:
                return await self._overlay(known, person, decision.score.weight, told(decision))
        await store.update(
            self._connection,
            known,
            _status(self._traits),
            self._said,
            self._keys,
            self._traits,
            self._content,
        )
        await self._renew(person)
        matches = await self._matcher.matches(self._connection, self._traits, (person,))
        return Identified(person, Outcome.KNOWN, await self._ask(person, known.id, matches))

    async def _overlay(self, known: Identity, person: str, weight: float, detail: Json) -> Identified:
        if self._certain:
            raise Doubtful(
                "other-person",
                "the number of the patient belongs here to a person with other traits: correct the number, or "
                "have an identity officer decide",
            )
        await store.keep(self._connection, known, "overlay", self._said, self._content)
        await events.add(
            self._connection, "overlay", known.person, self._actor, identity=known.id, weight=weight, detail=detail,
            weights=self._matcher.version,
        )  # fmt: skip
        case = await events.open_case(
            self._connection, "overlay", person, 5, identity=known.id, weight=weight, detail=detail
        )
        return Identified(person, Outcome.OVERLAY, (case,))

    def _refuse_doubt(self, matches: Sequence[Match]) -> None:
        """Refuse what an officer must decide when the sender wants certainty."""
        if not self._certain:
            return
        numbered = [match for match in matches if match.same_number]
        if len(numbered) > 1:
            raise Doubtful(
                "two-persons",
                "the numbers of the patient belong to different persons here: correct the numbers, or have an "
                "identity officer link the persons",
            )
        if numbered and numbered[0].outcome != LINK:
            raise Doubtful(
                "other-person",
                "the number of the patient belongs here to a person with other traits: correct the number, or "
                "have an identity officer decide",
            )

    async def _by_other_numbers(self, others: Sequence[Identity], matches: Sequence[Match]) -> str:
        """Return the person whom another number of the same sender's message names, unless the traits speak against it."""
        persons = {await store.survivor(self._connection, one.person) for one in others}
        if len(persons) > 1 and self._certain:
            raise Doubtful(
                "two-persons",
                "the numbers of the patient belong to different persons here: correct the numbers, or have an "
                "identity officer link the persons",
            )
        if len(persons) != 1:
            return ""
        person = persons.pop()
        scorer = await self._matcher.scorer(self._connection)
        for one in others:
            if _comparable(one.traits) and _comparable(self._traits):
                decision = self._matcher.between(scorer, self._traits, one.traits)
                if decision.outcome == NEW or decision.guards:
                    if self._certain:
                        raise Doubtful(
                            "other-person",
                            "a number of the patient belongs here to a person with other traits: correct the "
                            "number, or have an identity officer decide",
                        )
                    return ""
        return person

    def _to_link(self, matches: Sequence[Match]) -> str:
        likely = [match for match in matches if match.outcome == LINK]
        if not likely:
            return ""
        if len(likely) > 1 and likely[0].weight - likely[1].weight < _CLEAR:
            return ""
        return likely[0].person

    async def _link(self, person: str, matches: Sequence[Match]) -> Identified:
        identity = await self._put(person)
        why = next((match for match in matches if match.person == person), None)
        await events.add(
            self._connection, "linked", person, self._actor, identity=identity,
            weight=why.weight if why else None, detail=told(why.decision) if why else {"number": True},
            weights=self._matcher.version,
        )  # fmt: skip
        await self._renew(person)
        rest = [match for match in matches if match.person != person]
        return Identified(person, Outcome.LINKED, await self._ask(person, identity, rest))

    async def _add(self, matches: Sequence[Match]) -> Identified:
        person = change.new_id()
        await golden.write(self._service, self._connection, {**self._content, "id": person})
        identity = await self._put(person)
        await events.add(self._connection, "added", person, self._actor, identity=identity)
        cases = await self._ask(person, identity, matches)
        if not _comparable(self._traits):
            cases += (await events.open_case(self._connection, "unknown", person, 1, identity=identity),)
        return Identified(person, Outcome.ADDED, cases)

    async def _put(self, person: str) -> int:
        first, *others = self._numbers
        status = _status(self._traits)
        found = await store.add(
            self._connection, first, person, status, self._said, self._keys, self._traits, self._content
        )
        for number in others:
            if await store.identity(self._connection, *number) is None:
                # further numbers of the same message lead to the same person; the traits stand with the first
                await store.add(self._connection, number, person, status, self._said, (), (), {})
        return found

    async def _ask(self, person: str, identity: int, matches: Sequence[Match]) -> tuple[int, ...]:
        """Open the questions whether other persons are the same."""
        own = await store.group(self._connection, person)
        cases: list[int] = []
        for match in matches:
            if match.outcome not in (ASK, LINK) or len(cases) >= _MOST_CASES:
                break
            theirs = await store.group(self._connection, match.person)
            if await events.are_apart(self._connection, own, theirs):
                continue
            cases.append(await ask(self._connection, self._matcher, (person, identity), match, self._actor))
        return tuple(cases)

    async def _renew(self, person: str) -> None:
        await golden.renew(self._service, self._connection, person)


async def ask(
    connection: Connection, matcher: Matcher, mine: tuple[str, int], match: Match, actor: str
) -> int:
    """Open the question whether two persons are one, and return its number. ``mine``: person and identity."""
    person, identity = mine
    detail = {**told(match.decision), "identities": [identity, match.identity]}
    first, second = sorted((person, match.person))
    case = await events.open_case(
        connection, "duplicate", first, risk(match.decision), other=second, weight=match.weight, detail=detail
    )
    await events.add(
        connection, "asked", person, actor, identity=identity, other=match.person, weight=match.weight,
        detail={**detail, "case": case}, weights=matcher.version,
    )  # fmt: skip
    return case


def _comparable(traits: Sequence[Traits]) -> bool:
    return any(says_anything(one) for one in traits)


def _status(traits: Sequence[Traits]) -> str:
    if not _comparable(traits):
        return "anonymous"
    return (
        "validated" if any(valid for one in traits for _kind, _value, valid in one.numbers) else "provisional"
    )


def _own_number(content: Json, traits: Sequence[Traits], sender: str) -> tuple[str, str]:
    """Return a number for an identity whose source gave none: its national number, else a sum of its traits."""
    national = national_numbers(content)
    if national:
        return f"{_SENDER}{sender}", f"{national[0][0]}:{national[0][1]}"
    shown = orjson.dumps(traits if _comparable(traits) else content, option=orjson.OPT_SORT_KEYS)
    return f"{_SENDER}{sender}", hashlib.sha256(shown).hexdigest()[:32]
