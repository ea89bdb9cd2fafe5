"""Comparing two identities trait by trait: each trait gives a level, from different to equal.

Names in other order, a missing part of a compound name and slips of typing have levels of their own,
because they weigh differently. A trait that one of the two does not say has no level (MISSING).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ardenne.services.mpi.rules.distance import (
    EQUAL,
    INITIAL,
    OTHER,
    SOUND,
    TYPING,
    nearness,
    within,
    written_nearness,
)
from ardenne.services.mpi.rules.traits import Traits, placeholder_birth
from ardenne.standards import names

MISSING = -1
FIELDS = ("given", "family", "birth", "sex", "number", "place", "street", "extra", "phone", "email")
LEVELS: dict[str, tuple[str, ...]] = {
    "given": ("different", "swapped", "sounds alike", "part", "mistyped", "equal"),
    "family": ("different", "swapped", "sounds alike", "part", "mistyped", "equal"),
    "birth": (
        "different",
        "same year",
        "first of January",
        "swapped",
        "one part differs",
        "mistyped",
        "equal",
    ),
    "sex": ("different", "equal"),
    "number": ("different", "mistyped", "equal"),
    "place": ("different", "near", "one of two", "equal"),
    "street": ("different", "house number only", "street only", "equal"),
    "extra": ("different", "mistyped", "equal"),
    "phone": ("different", "mistyped", "equal"),
    "email": ("different", "mistyped", "equal"),
}
DIFFERENT, SWAPPED, ALIKE, PART, SLIP, SAME = range(6)
BIRTH_SAME_YEAR, BIRTH_PLACEHOLDER, BIRTH_SWAPPED, BIRTH_PART, BIRTH_SLIP, BIRTH_SAME = range(1, 7)


class Comparison(NamedTuple):
    """The level of each trait, in the order of FIELDS."""

    given: int
    family: int
    birth: int
    sex: int
    number: int
    place: int
    street: int
    extra: int
    phone: int
    email: int


def compare(one: Traits, other: Traits) -> Comparison:
    """Return the level of each trait."""
    given, family = both_names(one, other)
    return Comparison(
        given,
        family,
        birth(one.birth, other.birth),
        MISSING if not one.sex or not other.sex else int(one.sex == other.sex),
        numbers(one, other),
        place(one, other),
        street(one, other),
        text(one.extra, other.extra),
        text(one.phone, other.phone),
        text(one.email, other.email),
    )


def both_names(one: Traits, other: Traits) -> tuple[int, int]:
    given, family = _words(one.given, other.given), _words(one.family, other.family)
    if given > ALIKE or family > ALIKE or MISSING in (given, family):
        return given, family
    # a sound alone is no swapped name: only the letters are looked at
    near = written_nearness
    if _words(one.given, other.family, near) >= PART and _words(one.family, other.given, near) >= PART:
        # one event, told once
        return SWAPPED, MISSING
    return given, family


_OF_NEARNESS = {EQUAL: SAME, TYPING: SLIP, SOUND: ALIKE, INITIAL: ALIKE, OTHER: DIFFERENT}


def _words(one: tuple[str, ...], other: tuple[str, ...], near: Callable[[str, str], int] = nearness) -> int:
    if not one or not other:
        return MISSING
    if one == other:
        return SAME
    if names.only_particles(one) != names.only_particles(other):
        # a name cut behind its particle ("Da" of "Da Silva") says nothing
        return MISSING
    if len(one) == len(other) == 1:
        return _OF_NEARNESS[near(one[0], other[0])]
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    whole = near("".join(one), "".join(other))
    if whole >= TYPING:
        return _OF_NEARNESS[whole]
    best = [max(near(word, candidate) for candidate in longer) for word in shorter]
    least, most = min(best), max(best)
    if len(shorter) == len(longer) and least >= SOUND:
        return _OF_NEARNESS[least]
    if most >= TYPING:
        return PART
    return ALIKE if most >= SOUND or whole >= SOUND else DIFFERENT


def birth(one: str, other: str) -> int:
    if not one or not other:
        return MISSING
    if one == other:
        return BIRTH_SAME
    same_year = one[:4] == other[:4]
    if len(one) < 8 or len(other) < 8:
        return BIRTH_PART if same_year else DIFFERENT
    if same_year and (placeholder_birth(one) or placeholder_birth(other)):
        return BIRTH_PLACEHOLDER
    if same_year and one[4:6] == other[6:8] and one[6:8] == other[4:6]:
        return BIRTH_SWAPPED
    if within(one, other, 1):
        return BIRTH_SLIP
    parts = same_year + (one[4:6] == other[4:6]) + (one[6:8] == other[6:8])
    return BIRTH_PART if parts >= 2 else BIRTH_SAME_YEAR if same_year else DIFFERENT


def numbers(one: Traits, other: Traits) -> int:
    best = MISSING
    for kind, value, _valid in one.numbers:
        for other_kind, other_value, _other_valid in other.numbers:
            if value == other_value:
                return 2
            if kind == other_kind or not kind or not other_kind:
                best = max(best, int(within(value, other_value, 1)))
    return best


def place(one: Traits, other: Traits) -> int:
    known = [(a, b) for a, b in ((one.postcode, other.postcode), (one.city, other.city)) if a and b]
    if not known:
        return MISSING
    equal = sum(a == b for a, b in known)
    if equal == len(known):
        return 3
    if equal:
        return 2
    return int(any(len(a) >= 3 and within(a, b, 1) for a, b in known))


def street(one: Traits, other: Traits) -> int:
    """Streets, whichever line of the address they stand in."""
    if not (one.street or one.extra) or not (other.street or other.extra):
        return MISSING
    same_house = bool(one.house) and one.house == other.house
    if (
        _same_street(one.street, other.street)
        or _same_street(one.extra, other.street)
        or _same_street(one.street, other.extra)
        or _same_street(one.extra, other.extra)
    ):
        return 3 if same_house or not one.house or not other.house else 2
    return int(same_house)


def _same_street(one: str, other: str) -> bool:
    return bool(one) and bool(other) and within(one, other, 2 if min(len(one), len(other)) >= 8 else 1)


def text(one: str, other: str) -> int:
    if not one or not other:
        return MISSING
    if one == other:
        return 2
    return int(min(len(one), len(other)) >= 4 and within(one, other, 1))
