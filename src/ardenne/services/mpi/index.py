"""Identities come in, persons come out: the ``PersonIndex`` of a node."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi import adopting, asking, golden, protecting, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.contract import Hidden, Identified, Outcome, Told
from ardenne.services.mpi.doubts import Doubts
from ardenne.services.mpi.matching import Match, Matcher, keys_of, locks_of, told
from ardenne.services.mpi.rules.decision import LINK, is_another
from ardenne.services.mpi.rules.reading import is_told, local_numbers, national_numbers, status_of, traits_of
from ardenne.services.mpi.rules.survivorship import GOVERNED
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.store import Identity

Json = dict[str, Any]
_SENDER = "urn:ardenne:sender:"
_CLEAR = 5.0
"""By how many bits the likeliest of several persons must lead to be linked without asking."""


class Index:
    """Keeps every person once."""

    def __init__(self, matcher: Matcher | None = None) -> None:
        self.matcher = matcher or Matcher()

    def locks(self, patient: Json) -> Sequence[str]:
        """Return what must be locked so that the same person is not added twice at once: keys and numbers."""
        numbers = [f"mpi:{system}|{value}" for system, value in local_numbers(patient)]
        return [*numbers, *locks_of(traits_of(patient))]

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
        return await _Arriving(self.matcher, service, connection, patient, told_by, certain).settle()

    async def find(self, connection: Connection, patient: Json) -> str:
        """Return the person who is meant beyond doubt; empty when nobody is known. Raises Doubtful."""
        doubts = Doubts(self.matcher, connection, traits_of(patient), certain=True)
        person = await doubts.by_numbers(await store.identities(connection, local_numbers(patient)))
        matches = await self.matcher.matches(connection, doubts.traits)
        doubts.check(matches)
        return person or to_link(matches)

    async def adopt(self, connection: Connection, person: str) -> None:
        """Take a Patient that was written past the index into it, or bring it up to date there."""
        await adopting.adopt(self.matcher, connection, person)

    async def catch_up(self, database: Database) -> int:
        """Take every Patient that was loaded past the index into it, and return how many there were."""
        count = 0
        while found := await adopting.catch_up(self.matcher, database):
            count += found
        return count

    async def hidden(self, database: Database, person: str) -> Hidden | None:
        """Return what is hidden of a person under protection; None when it is not."""
        return await protecting.hidden(database, person)


def to_link(matches: Sequence[Match]) -> str:
    """Return the person to link without asking; empty when there is none, or none that leads clearly."""
    likely = [match for match in matches if match.outcome == LINK]
    if not likely or (len(likely) > 1 and likely[0].weight - likely[1].weight < _CLEAR):
        return ""
    return likely[0].person


class _Arriving:
    """One identity on its way into the index, inside the caller's transaction."""

    def __init__(
        self, matcher: Matcher, service: FhirService, connection: Connection, patient: Json, told_by: Told,
        certain: bool,
    ) -> None:  # fmt: skip
        self._matcher, self._service, self._connection = matcher, service, connection
        self._whole = told_by.whole
        self._said = (told_by.sender, told_by.sent or datetime.now(UTC))
        self._take(golden.without_id(patient))
        self._doubts = Doubts(matcher, connection, self._traits, certain=certain)
        self._numbers = local_numbers(patient) or [_own_number(self._content, self._traits, told_by.sender)]

    def _take(self, content: Json) -> None:
        self._content = content
        self._traits = traits_of(content)
        self._keys = keys_of(self._traits)

    @property
    def _actor(self) -> str:
        return self._said[0] or "feed"

    async def settle(self) -> Identified:
        known = await store.identity(self._connection, *self._numbers[0])
        if known is not None and known.status != "retired":
            return await self._known(known)
        others = await store.identities(self._connection, self._numbers[1:])
        matches = await self._matcher.matches(self._connection, self._traits)
        self._doubts.check(matches)
        person = await self._doubts.by_numbers(others) or to_link(matches)
        return await self._link(person, matches) if person else await self._add(matches)

    async def _known(self, known: Identity) -> Identified:
        person = await store.survivor(self._connection, known.person)
        if not self._whole:
            before = {name: known.content[name] for name in GOVERNED if name in known.content}
            merged = {**before, **self._content}
            numbers = [*self._content.get("identifier", []), *before.get("identifier", [])]
            merged["identifier"] = list({orjson.dumps(one): one for one in numbers}.values())
            self._take(merged if merged["identifier"] else self._content)
        if known.content == self._content:
            return Identified(person, Outcome.KNOWN)
        decision = await self._doubts.against(known)
        another = decision is not None and is_another(decision)
        if another:
            self._doubts.refuse("other-person")
        if self._said[1] < known.sent:
            await store.keep(self._connection, known, "overtaken", self._said, self._content)
            await events.add(self._connection, "overtaken", known.person, self._actor, identity=known.id)
            return Identified(person, Outcome.OVERTAKEN)
        if decision is not None and another:
            return await self._overlay(known, person, decision.score.weight, told(decision))
        matches = await self._matcher.matches(self._connection, self._traits, (person,))
        if any(match.same_number for match in matches):
            self._doubts.refuse("two-persons")
        await store.update(
            self._connection,
            known,
            status_of(self._traits),
            self._said,
            self._keys,
            self._traits,
            self._content,
        )
        await golden.renew(self._service, self._connection, person)
        return Identified(person, Outcome.KNOWN, await self._ask(person, known.id, matches))

    async def _overlay(self, known: Identity, person: str, weight: float, detail: Json) -> Identified:
        await store.keep(self._connection, known, "overlay", self._said, self._content)
        await events.add(
            self._connection, "overlay", known.person, self._actor, identity=known.id, weight=weight, detail=detail,
            weights=self._matcher.version,
        )  # fmt: skip
        case = await events.open_case(
            self._connection, "overlay", person, 5, identity=known.id, weight=weight, detail=detail
        )
        return Identified(person, Outcome.OVERLAY, (case,))

    async def _link(self, person: str, matches: Sequence[Match]) -> Identified:
        identity = await self._put(person)
        why = next((match for match in matches if match.person == person), None)
        await events.add(
            self._connection, "linked", person, self._actor, identity=identity,
            weight=why.weight if why else None, detail=told(why.decision) if why else {"number": True},
            weights=self._matcher.version,
        )  # fmt: skip
        await golden.renew(self._service, self._connection, person)
        rest = [match for match in matches if match.person != person]
        return Identified(person, Outcome.LINKED, await self._ask(person, identity, rest))

    async def _add(self, matches: Sequence[Match]) -> Identified:
        person = change.new_id()
        await golden.write(self._service, self._connection, {**self._content, "id": person})
        identity = await self._put(person)
        await events.add(self._connection, "added", person, self._actor, identity=identity)
        cases = await self._ask(person, identity, matches)
        if not is_told(self._traits):
            cases += (await events.open_case(self._connection, "unknown", person, 1, identity=identity),)
        return Identified(person, Outcome.ADDED, cases)

    async def _put(self, person: str) -> int:
        first, *others = self._numbers
        status = status_of(self._traits)
        found = await self._revive(person, status) or await store.add(
            self._connection, first, person, status, self._said, self._keys, self._traits, self._content
        )
        for number in others:
            if await store.identity(self._connection, *number) is None:
                # further numbers of the same message lead to the same person; the traits stand with the first
                await store.add(self._connection, number, person, status, self._said, (), (), {})
        return found

    async def _revive(self, person: str, status: str) -> int:
        """Use the identity of a number again that was retired; 0 when the number is new."""
        known = await store.identity(self._connection, *self._numbers[0])
        if known is None:
            return 0
        await store.update(
            self._connection, known, status, self._said, self._keys, self._traits, self._content
        )
        await store.move(self._connection, [known.id], person)
        return known.id

    async def _ask(self, person: str, identity: int, matches: Sequence[Match]) -> tuple[int, ...]:
        return await asking.ask_all(self._connection, self._matcher, (person, identity), matches, self._actor)


def _own_number(content: Json, traits: Sequence[Traits], sender: str) -> tuple[str, str]:
    """Return a number for an identity whose source gave none: its national number, else a sum of its traits."""
    national = national_numbers(content)
    if national:
        return f"{_SENDER}{sender}", f"{national[0][0]}:{national[0][1]}"
    shown = store.pack(traits) if is_told(traits) else orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return f"{_SENDER}{sender}", hashlib.sha256(shown).hexdigest()[:32]
