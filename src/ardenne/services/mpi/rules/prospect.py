"""Whom a person can be at all: a bound on the weight that falls with every trait compared, the telling ones first.

Most identities that share a key with a person are somebody else, which number, birth date and names show already. Whoever
is left out here would get the decision ``new``: the bound is never below the weight (``decision.decide``).
"""

from __future__ import annotations

from ardenne.services.mpi.rules import comparison
from ardenne.services.mpi.rules.comparison import BIRTH_SAME, FIELDS, PART
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.rules.weights import Scorer

_SAME_NUMBER = 2
_GIVEN, _FAMILY, _BIRTH = 0, 1, 2
_NUMBER, _PLACE, _STREET, _PHONE = (FIELDS.index(name) for name in ("number", "place", "street", "phone"))
Bits = tuple[float, float]
"""Evidence against a stranger and against a relative."""


class Bounds:
    """The evidence of each level, and the most that a trait can bring, by the weights of a scorer."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.levels: list[tuple[Bits, ...]] = [
            # a place more for what is missing: index -1
            (*((same - stranger, same - relative) for same, relative, stranger in table), (0.0, 0.0))
            for table in scorer.tables
        ]
        self.most: list[Bits] = [
            (max(one[0] for one in bits), max(one[1] for one in bits)) for bits in self.levels
        ]


class Prospect:
    """One person who is looked for. ``least``: the weight from which on an identity is of interest."""

    def __init__(self, bounds: Bounds, one: Traits, least: float) -> None:
        self._one, self._levels, self._least = one, bounds.levels, least
        scorer = bounds.scorer
        rare = [_rarest(scorer, place, words) for place, words in ((0, one.given), (1, one.family))]
        # a relative shares the family name whatever its frequency
        self._given, self._family = (rare[0], rare[0]), (rare[1], 0.0)
        self._born = scorer.shift_of_birth(one.birth)
        told = [_says(one, name) for name in FIELDS]
        most = [bits if said else (0.0, 0.0) for bits, said in zip(bounds.most, told, strict=True)]
        most[_GIVEN] = _sum(most[_GIVEN], self._given)
        most[_FAMILY] = _sum(most[_FAMILY], self._family)
        self._names = _sum(most[_GIVEN], most[_FAMILY])
        self._last = [most[_PLACE], most[_STREET], most[_PHONE]]
        rest = [most[FIELDS.index(name)] for name in ("sex", "extra", "email")]
        for bits in (self._names, *self._last):
            rest.append(bits)
        self._start = (
            scorer.prior_of_strangers + sum(bits[0] for bits in rest),
            scorer.prior_of_relatives + sum(bits[1] for bits in rest),
        )

    def is_possible(self, other: Traits) -> bool:
        """Tell whether an identity may be this person, or has the same number; never False for one that is to be asked about."""
        one, levels, least = self._one, self._levels, self._least
        number = comparison.numbers(one, other)
        if number == _SAME_NUMBER:
            return True
        level = comparison.birth(one.birth, other.birth)
        of_number, of_birth = levels[_NUMBER][number], levels[_BIRTH][level]
        shift = self._born if level == BIRTH_SAME else 0.0
        stranger = self._start[0] + of_number[0] + of_birth[0] - shift
        relative = self._start[1] + of_number[1] + of_birth[1] - shift
        if stranger < least or relative < least:
            return False
        given, family = comparison.both_names(one, other)
        of_given, of_family = levels[_GIVEN][given], levels[_FAMILY][family]
        stranger += of_given[0] + of_family[0] - self._names[0]
        relative += of_given[1] + of_family[1] - self._names[1]
        if given >= PART:
            stranger, relative = stranger + self._given[0], relative + self._given[1]
        if family >= PART:
            stranger += self._family[0]
        if stranger < least or relative < least:
            return False
        found = (
            levels[_PLACE][comparison.place(one, other)],
            levels[_STREET][comparison.street(one, other)],
            levels[_PHONE][comparison.text(one.phone, other.phone)],
        )
        for bits, most in zip(found, self._last, strict=True):
            stranger += bits[0] - most[0]
            relative += bits[1] - most[1]
        return stranger >= least and relative >= least


def _says(one: Traits, field: str) -> bool:
    if field == "place":
        return bool(one.postcode or one.city)
    if field == "street":
        return bool(one.street or one.extra)
    if field == "number":
        return bool(one.numbers)
    return bool(getattr(one, field))


def _sum(one: Bits, other: Bits) -> Bits:
    return one[0] + other[0], one[1] + other[1]


def _rarest(scorer: Scorer, place: int, words: tuple[str, ...]) -> float:
    """Return by how many bits agreement on the rarest of some names weighs more than on the average name."""
    return max(0.0, *(-scorer.shift_of_name(place, word) for word in words)) if words else 0.0
