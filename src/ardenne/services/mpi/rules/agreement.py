"""How well a person fits a question, in percent: what IHE PDQ calls the degree of match. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.services.mpi.rules.comparison import FIELDS, LEVELS, MISSING, compare
from ardenne.services.mpi.rules.traits import Traits


def degree(asked: Sequence[Traits], found: Sequence[Traits]) -> int:
    """Return the mean agreement of the traits that were asked for, under the names that agree best; 100: all are equal."""
    return max((_degree(one, other) for one in asked for other in found), default=0)


def _degree(asked: Traits, found: Traits) -> int:
    levels = [
        level / (len(LEVELS[field]) - 1)
        for field, level in zip(FIELDS, compare(asked, found), strict=True)
        if level != MISSING
    ]
    return round(100 * sum(levels) / len(levels)) if levels else 0
