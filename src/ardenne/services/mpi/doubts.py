"""When the person behind a number is not certain: numbers are mistyped, lent and used again."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi import store
from ardenne.services.mpi.contract import Doubtful
from ardenne.services.mpi.matching import Match, Matcher
from ardenne.services.mpi.rules.decision import LINK, Decision, is_another
from ardenne.services.mpi.rules.reading import is_told
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.store import Identity

_WORDS = {
    "two-persons": "the numbers of the patient belong to different persons here: correct the numbers, or have an "
    "identity officer link the persons",
    "other-person": "the number of the patient belongs here to a person with another name, birth date or sex: "
    "correct the number, or have an identity officer decide",
}


class Doubts:
    """Compares what arrives with what its numbers lead to. ``certain``: doubt is refused instead of asked about."""

    def __init__(
        self, matcher: Matcher, connection: Database | Connection, traits: Sequence[Traits], *, certain: bool
    ) -> None:
        self.traits = traits
        self._matcher, self._connection, self._certain = matcher, connection, certain

    def refuse(self, rule: str) -> None:
        """Raise Doubtful when certainty was asked for."""
        if self._certain:
            raise Doubtful(rule, _WORDS[rule])

    def check(self, matches: Sequence[Match]) -> None:
        """Refuse a national number that several persons have, or one with other traits."""
        numbered = [match for match in matches if match.same_number]
        if len(numbered) > 1:
            self.refuse("two-persons")
        if numbered and numbered[0].outcome != LINK:
            self.refuse("other-person")

    async def by_numbers(self, others: Sequence[Identity]) -> str:
        """Return the person whom numbers of a source name, unless the traits speak against it; empty: none."""
        known = [one for one in others if one.status != "retired"]
        persons = {await store.survivor(self._connection, one.person) for one in known}
        if len(persons) > 1:
            self.refuse("two-persons")
        if len(persons) != 1:
            return ""
        for one in known:
            decision = await self.against(one)
            if decision is not None and is_another(decision):
                self.refuse("other-person")
                return ""
        return persons.pop()

    async def against(self, known: Identity) -> Decision | None:
        """Return the decision between what arrives and an identity, None when one of them says too little."""
        if not is_told(known.traits) or not is_told(self.traits):
            return None
        return self._matcher.between(await self._matcher.scorer(self._connection), self.traits, known.traits)
