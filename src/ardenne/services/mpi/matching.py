"""Who among all persons may this be? The one scorer of feeds, searches and the nightly search for duplicates."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi import store
from ardenne.services.mpi.rules.blocking import ENOUGH, asked_keys, kept_keys
from ardenne.services.mpi.rules.decision import ASK, LINK, NEW, Decision, Thresholds, decide
from ardenne.services.mpi.rules.prospect import Bounds, Prospect
from ardenne.services.mpi.rules.reading import is_told
from ardenne.services.mpi.rules.training import shipped
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.rules.weights import Scorer, Weights, explained

_FEWEST = 500_000
"""A node of few persons still reckons with the people around it, who are not in it yet."""
_KEPT_SECONDS = 60.0
_SAME_NUMBER = 2
_FEW = 3
"""So many candidates are compared as quickly as it is found out whom the person cannot be."""


class Match(NamedTuple):
    """A person who may be meant. ``identity`` is the one of that person's identities that agrees best."""

    person: str
    identity: int
    decision: Decision

    @property
    def weight(self) -> float:
        """Log2 of the odds that it is this person."""
        return self.decision.score.weight

    @property
    def outcome(self) -> str:
        """``link``, ``ask`` or ``new``."""
        return self.decision.outcome

    @property
    def same_number(self) -> bool:
        """Whether both have the same national number."""
        return self.decision.score.comparison.number == _SAME_NUMBER


class Matcher:
    """Scores with the weights in force; they are looked up again every minute."""

    def __init__(self, thresholds: Thresholds = Thresholds()) -> None:  # noqa: B008
        self.thresholds = thresholds
        self._number = -1
        self._looked = 0.0
        self._scorer: Scorer | None = None
        self._bounds: Bounds | None = None

    @property
    def version(self) -> str:
        """Name of the weights in force."""
        return self._scorer.weights.version if self._scorer is not None else ""

    async def scorer(self, asked: Database | Connection) -> Scorer:
        """Return the scorer in force."""
        if self._scorer is not None and time.monotonic() - self._looked < _KEPT_SECONDS:
            return self._scorer
        found = await store.weights(asked)
        number = found[0] if found else 0
        persons = max(await store.count(asked), _FEWEST)
        if self._scorer is None or number != self._number:
            weights = msgspec.json.decode(found[1], type=Weights) if found else shipped()
        else:
            weights = self._scorer.weights
        self._scorer, self._number, self._looked = Scorer(weights, persons), number, time.monotonic()
        return self._scorer

    @property
    def bounds(self) -> Bounds:
        """What each trait can bring at most, by the scorer in force."""
        if self._bounds is None or self._bounds.scorer is not self._scorer:
            assert self._scorer is not None
            self._bounds = Bounds(self._scorer)
        return self._bounds

    async def matches(
        self, asked: Database | Connection, traits: Sequence[Traits], without: Sequence[str] = ()
    ) -> list[Match]:
        """Return the persons who may be meant or have the same number, the likeliest first; ``without``: persons to leave out."""
        if not is_told(traits):
            return []
        scorer = await self.scorer(asked)
        candidates = await store.candidates(asked, _worth(traits), ENOUGH)
        if len(candidates) > _FEW:
            prospects = [Prospect(self.bounds, one, self.thresholds.ask) for one in traits]
            candidates = [one for one in candidates if may_be(prospects, one.traits)]
        best: dict[str, Match] = {}
        for found in candidates:
            if found.person in without:
                continue
            match = Match(found.person, found.identity, self.between(scorer, traits, found.traits))
            known = best.get(found.person)
            if known is None or _rank(match.decision) > _rank(known.decision):
                best[found.person] = match
        likely = [match for match in best.values() if match.outcome != NEW or match.same_number]
        return sorted(likely, key=lambda match: _rank(match.decision), reverse=True)

    def between(self, scorer: Scorer, one: Sequence[Traits], other: Sequence[Traits]) -> Decision:
        """Return the decision between two identities: under the names that agree best."""
        if len(one) == 1 == len(other):
            return decide(scorer, one[0], other[0], self.thresholds)
        decisions = [decide(scorer, mine, theirs, self.thresholds) for mine in one for theirs in other]
        return max(decisions, key=_rank)


def _worth(traits: Sequence[Traits]) -> dict[int, int]:
    """Return the keys under which somebody with several names is looked for, and what each is worth at most."""
    found = asked_keys(traits[0])
    for one in traits[1:]:
        for key, worth in asked_keys(one).items():
            found[key] = max(worth, found.get(key, 0))
    return found


def may_be(prospects: Sequence[Prospect], others: Sequence[Traits]) -> bool:
    """Tell whether an identity may be the person who is looked for, under some name of either."""
    return any(prospect.is_possible(other) for other in others for prospect in prospects)


_ORDER = {NEW: 0, ASK: 1, LINK: 2}


def _rank(decision: Decision) -> tuple[int, float]:
    return _ORDER[decision.outcome], decision.score.weight


def keys_of(traits: Sequence[Traits]) -> list[int]:
    """Return the blocking keys of an identity under all its names, each once; none when nothing is known of it."""
    if not is_told(traits):
        return []
    return list(dict.fromkeys(key for one in traits for key in kept_keys(one)))


def locks_of(traits: Sequence[Traits]) -> list[str]:
    """Return what must be locked so that nobody who shares a key is added or changed at the same time."""
    if not is_told(traits):
        return []
    asked = [key for one in traits for key in asked_keys(one)]
    return [f"mpi:{key}" for key in dict.fromkeys([*keys_of(traits), *asked])]


def told(decision: Decision) -> dict[str, Any]:
    """Return why a decision came about: evidence trait by trait in bits, prior, guards. Nothing personal."""
    score = decision.score
    return {
        "parts": [[part.trait, part.level, round(part.bits, 2)] for part in explained(score)],
        "prior": round(score.prior, 2),
        "against": score.against,
        "guards": list(decision.guards),
    }
