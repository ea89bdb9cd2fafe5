"""How near two words are: wrong letters, swapped letters, the same sound."""

from __future__ import annotations

import functools

from ardenne.standards import names

_CACHED = 400_000
EQUAL, TYPING, SOUND, INITIAL, OTHER = 4, 3, 2, 1, 0
"""What ``nearness`` says, nearest first."""


def edits(one: str, other: str) -> int:
    """Return the fewest insertions, deletions, changes and swaps of neighbours from one text to the other.

    Optimal string alignment; bit-parallel (Hyyrö, A bit-vector algorithm for computing Levenshtein and
    Damerau edit distances, 2003).
    """
    if one == other:
        return 0
    if not one or not other:
        return len(one) or len(other)
    size = len(one)
    places: dict[str, int] = {}
    for place, sign in enumerate(one):
        places[sign] = places.get(sign, 0) | 1 << place
    full, last = (1 << size) - 1, 1 << (size - 1)
    up, down, diagonal, before = full, 0, 0, 0
    distance = size
    for sign in other:
        same = places.get(sign, 0)
        swapped = (((~diagonal & full) & same) << 1) & before
        diagonal = ((((same & up) + up) ^ up) | same | down | swapped) & full
        right_up = down | (~(diagonal | up) & full)
        right_down = up & diagonal
        distance += 1 if right_up & last else -1 if right_down & last else 0
        shifted = (right_up << 1) | 1
        up = ((right_down << 1) | (~(diagonal | shifted) & full)) & full
        down = shifted & diagonal & full
        before = same
    return distance


def within(one: str, other: str, most: int) -> bool:
    """Tell whether one text becomes the other by at most ``most`` (1 or 2) edits."""
    if one == other:
        return True
    size, other_size = len(one), len(other)
    if abs(size - other_size) > most:
        return False
    shorter = min(size, other_size)
    begin = 0
    while begin < shorter and one[begin] == other[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[begin : size - end], other[begin : other_size - end]
    if len(left) <= 1 and len(right) <= 1:
        return True
    if len(left) == len(right) == 2 and left[0] == right[1] and left[1] == right[0]:
        return True
    return most > 1 and edits(left, right) <= most


def mistyped(one: str, other: str) -> bool:
    """Tell whether two words of different letters are likely one word with a slip of typing."""
    longer = max(len(one), len(other))
    return longer >= 4 and within(one, other, 1 if longer < 8 else 2)


@functools.lru_cache(_CACHED)
def _ordered_nearness(one: str, other: str) -> int:
    if mistyped(one, other):
        return TYPING
    if names.token_keys(one) & names.token_keys(other):
        return SOUND
    if (len(one) == 1 or len(other) == 1) and one[0] == other[0]:
        return INITIAL
    return OTHER


def written_nearness(one: str, other: str) -> int:
    """Return how near two words are by their letters alone: EQUAL, TYPING or OTHER."""
    if one == other:
        return EQUAL
    return TYPING if mistyped(one, other) else OTHER


def nearness(one: str, other: str) -> int:
    """Return how near two words of names are."""
    if one == other:
        return EQUAL
    return _ordered_nearness(one, other) if one < other else _ordered_nearness(other, one)
