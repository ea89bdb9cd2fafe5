"""From levels to the odds that two identities are one person (Fellegi and Sunter, 1969).

Each trait brings evidence in bits: how much more often its level occurs between two records of one person
than between two persons. Two kinds of other persons stand against the match: strangers, and relatives or
members of the household, who share name, address or telephone (and twins the birth date); without them
the model would take such agreement for independent evidence. Agreement on a rare name weighs more than on
a common one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from ardenne.services.mpi.rules.comparison import BIRTH_SAME, FIELDS, MISSING, PART, Comparison
from ardenne.services.mpi.rules.traits import Traits

Levels = dict[str, list[float]]
_LEAST, _MOST = 0.02, 60.0
"""How far a name's own frequency may move its weight away from that of the average name."""


class Weights(msgspec.Struct, frozen=True):
    """A trained model. ``same``, ``relative`` and ``stranger`` hold the probability of each level.

    ``matches`` and ``relatives`` are how many pairs of each kind a record has on average; ``given``,
    ``family`` and ``births`` are shares of common values, ``rare`` the share of all others.
    """

    version: str
    same: Levels
    relative: Levels
    stranger: Levels
    matches: float
    relatives: float
    given: dict[str, float]
    family: dict[str, float]
    births: dict[str, float]
    rare: float
    mean: dict[str, float]
    """For each trait with frequencies the chance that two persons agree on it."""


class Part(NamedTuple):
    """The evidence of one trait, in bits; negative speaks against one person."""

    trait: str
    level: str
    bits: float


class Score(NamedTuple):
    """The log2 of the odds that two identities are one person, and against whom that was weighed."""

    weight: float
    against: str
    """"relative" or "stranger": the likelier of the two other explanations."""
    prior: float
    comparison: Comparison
    bits: list[tuple[int, float, float, float]]
    """For each trait that both say: its place in FIELDS and its bits for one person, for a relative, for a stranger."""

    @property
    def parts(self) -> tuple[tuple[int, float], ...]:
        """For each trait that both say: its place in FIELDS and its bits against the likelier other explanation."""
        column = 2 if self.against == "relative" else 3
        return tuple((one[0], one[1] - one[column]) for one in self.bits)


class Scorer:
    """Scores comparisons by trained weights, among a number of records."""

    def __init__(self, weights: Weights, records: int) -> None:
        self.weights = weights
        others = max(records, 2)
        self._match = math.log2(max(weights.matches, 1e-4) / others)
        self._relative = math.log2(max(weights.relatives, 1e-4) / others)
        tables = (weights.same, weights.relative, weights.stranger)
        self.tables = [
            list(zip(*([math.log2(one) for one in table[field]] for table in tables), strict=True))
            for field in FIELDS
        ]

    @property
    def prior_of_strangers(self) -> float:
        """Log2 of how many times likelier one person is than two strangers, before any trait is compared."""
        return self._match

    @property
    def prior_of_relatives(self) -> float:
        """The same against two relatives."""
        return self._match - self._relative

    def shift_of_birth(self, birth: str) -> float:
        """Return by how many bits agreement on a birth date is likelier between strangers than on the average date."""
        mean = self.weights.mean["birth"]
        return _shift(self.weights.births.get(birth, mean), mean)

    def shift_of_name(self, place: int, word: str) -> float:
        """The same for a given (place 0) or family name (place 1)."""
        table = self.weights.family if place else self.weights.given
        return _shift(table.get(word, self.weights.rare), self.weights.mean["family" if place else "given"])

    def score(self, one: Traits, other: Traits, comparison: Comparison) -> Score:
        """Return the odds with the evidence of each trait."""
        same, relative, stranger = self._match, self._relative, 0.0
        found: list[tuple[int, float, float, float]] = []
        tables = self.tables
        for place, level in enumerate(comparison):
            if level == MISSING:
                continue
            of_same, of_relative, of_stranger = tables[place][level]
            if place < 3 and level >= PART:
                shift = self._rarity(place, level, one, other)
                of_stranger += shift
                if place != 1:
                    # a relative shares the family name whatever its frequency
                    of_relative += shift
            same, relative, stranger = same + of_same, relative + of_relative, stranger + of_stranger
            found.append((place, of_same, of_relative, of_stranger))
        against = "relative" if relative > stranger else "stranger"
        worst, least = max(relative, stranger), min(relative, stranger)
        weight = same - worst - math.log2(1 + 2 ** max(least - worst, -60))
        prior = self._match - (self._relative if against == "relative" else 0.0)
        return Score(weight, against, prior, comparison, found)

    def _rarity(self, place: int, level: int, one: Traits, other: Traits) -> float:
        if place == 2:
            return self.shift_of_birth(one.birth) if level == BIRTH_SAME else 0.0
        words = (one.family, other.family) if place else (one.given, other.given)
        shared = set(words[0]).intersection(words[1])
        return min((self.shift_of_name(place, word) for word in shared), default=0.0)


def _shift(share: float, mean: float) -> float:
    return math.log2(min(max(share / mean, _LEAST), _MOST))


def explained(score: Score) -> list[Part]:
    """Return the evidence trait by trait, the strongest first."""
    from ardenne.services.mpi.rules.comparison import LEVELS

    parts = [
        Part(FIELDS[place], LEVELS[FIELDS[place]][score.comparison[place]], bits)
        for place, bits in score.parts
    ]
    return sorted(parts, key=lambda part: -abs(part.bits))
