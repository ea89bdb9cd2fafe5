"""Link, ask or new: from the weight and the guards.

A guard keeps the machine from deciding alone where the model is known to be weak: twins, members of a
household, a number that two persons use, two valid numbers. Its outcome is stored with the decision.
"""

from __future__ import annotations

from typing import NamedTuple

from ardenne.services.mpi.rules.comparison import (
    ALIKE,
    BIRTH_SAME,
    BIRTH_SAME_YEAR,
    DIFFERENT,
    MISSING,
    PART,
    Comparison,
    compare,
)
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.rules.weights import Score, Scorer

LINK, ASK, NEW = "link", "ask", "new"
_SAME_NUMBER, _OTHER_NUMBER = 2, 0
_CAUTIONS = frozenset({"other-birth-year", "no-given-name", "two-countries"})
"""Guards that ask for more evidence instead of forbidding to link."""
_OTHERS = frozenset({"shared-number", "twins", "two-numbers"})
"""Guards that say that a known number may now stand for somebody else."""
_CAUTION = 3.0
_HOUSEHOLDS = 0.02
"""From how many relatives for each record on the records are those of a population with households."""


class Thresholds(NamedTuple):
    """From which log2 odds on the machine links alone, or asks an identity officer."""

    link: float = 5.0
    ask: float = -1.0


class Decision(NamedTuple):
    """What is to be done with two identities, and why."""

    outcome: str
    score: Score
    guards: tuple[str, ...]


def guards(one: Traits, other: Traits, found: Comparison, households: bool = True) -> tuple[str, ...]:
    """Return the guards that speak against deciding without a person.

    ``households``: whether the records come from a population in which relatives live together; among
    records of strangers alone the weights need no guard against relatives.
    """
    told = []
    if found.number == _OTHER_NUMBER and _both_valid(one, other):
        told.append("two-numbers")
    if found.number == MISSING and _has_valid(one) and _has_valid(other):
        # who works across the border has two numbers; so have two namesakes, and twins of whom one does
        told.append("two-countries")
    if one.birth_order and other.birth_order and one.birth_order != other.birth_order:
        told.append("twins")
    return tuple(told + _of_household(found)) if households else tuple(told)


def _of_household(found: Comparison) -> list[str]:
    told = []
    same_number = found.number == _SAME_NUMBER
    against = (
        (found.given == DIFFERENT)
        + (found.birth in (DIFFERENT, BIRTH_SAME_YEAR))
        + (found.family == DIFFERENT)
    )
    if same_number and (against >= 2 or (found.given == DIFFERENT and found.sex == 0)):
        told.append("shared-number")
    twins = found.birth == BIRTH_SAME and not same_number and _shares(found)
    if twins and (found.given == DIFFERENT or (found.given == ALIKE and found.sex == 0)):
        told.append("twins")
    if found.birth == DIFFERENT and not same_number:
        told.append("other-birth-year")
    if found.given == MISSING and not same_number:
        told.append("no-given-name")
    return told


def _both_valid(one: Traits, other: Traits) -> bool:
    kinds = {kind for kind, _value, valid in one.numbers if valid}
    return any(valid and kind in kinds for kind, _value, valid in other.numbers)


def _has_valid(one: Traits) -> bool:
    return any(valid for _kind, _value, valid in one.numbers)


def _shares(found: Comparison) -> bool:
    """Whether the name, the address or the telephone says that they may live together."""
    return found.family >= PART or found.street == 3 or found.phone == 2


def decide(scorer: Scorer, one: Traits, other: Traits, thresholds: Thresholds = Thresholds()) -> Decision:  # noqa: B008
    """Compare two identities and decide."""
    found = compare(one, other)
    score = scorer.score(one, other, found)
    told = guards(one, other, found, scorer.weights.relatives >= _HOUSEHOLDS)
    if _certified(one, other, found) and not told:
        return Decision(LINK, score, told)
    return Decision(_outcome(score.weight, told, thresholds), score, told)


def _certified(one: Traits, other: Traits, found: Comparison) -> bool:
    """Tell whether a number whose check digits hold is the same in both, some trait agrees and none contradicts."""
    if found.number != _SAME_NUMBER:
        return False
    levels = [level for level in (found.given, found.family, found.birth, found.sex) if level != MISSING]
    if not levels or min(levels) == DIFFERENT:
        return False
    valid = {value for _kind, value, holds in one.numbers if holds}
    return any(value in valid for _kind, value, _holds in other.numbers)


def is_another(decision: Decision) -> bool:
    """Tell whether what arrives under a known number looks like somebody else: an overlay, or a number used again."""
    found = decision.score.comparison
    against = [
        found.given == DIFFERENT,
        found.family == DIFFERENT,
        found.birth in (DIFFERENT, BIRTH_SAME_YEAR),
        found.sex == 0,
    ]
    return decision.outcome == NEW or sum(against) > 1 or bool(_OTHERS.intersection(decision.guards))


def _outcome(weight: float, told: tuple[str, ...], thresholds: Thresholds) -> str:
    cautions = len(_CAUTIONS.intersection(told))
    if len(told) == cautions and weight >= thresholds.link + cautions * _CAUTION:
        return LINK
    if weight >= thresholds.link or "shared-number" in told:
        return ASK
    # two children of one birth are the rule, one child under two unlike names the exception
    return ASK if weight >= thresholds.ask and "twins" not in told else NEW
