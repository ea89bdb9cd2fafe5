"""Learning the weights from the node's own records, without anybody saying who is whom.

Expectation maximisation (Dempster, Laird, Rubin, 1977) over all pairs of records, in three classes: one
person, relatives, strangers. What strangers look like is counted on pairs drawn by chance; pairs that no
blocking key brings together count as strangers. Few data are held by an opinion of a fixed weight
(``data/opinion.json``), so that a small file does not invent extreme weights.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from ardenne.services.mpi.rules.comparison import BIRTH_SWAPPED, FIELDS, LEVELS, compare
from ardenne.services.mpi.rules.pairs import candidates
from ardenne.services.mpi.rules.traits import Traits, placeholder_birth
from ardenne.services.mpi.rules.weights import Levels, Weights

Levelled = npt.NDArray[np.int8]
_RANDOM_PAIRS = 60_000
_MOST_PAIRS = 400_000
_ROUNDS = 40
_COMMON_SHARE = 1e-4
"""Values rarer than this share one frequency."""
_TINY = 1e-9


class Opinion(msgspec.Struct, frozen=True):
    """What is believed before any data: probabilities of levels for each class, and their weight in pairs."""

    same: Levels
    relative: Levels
    stranger: Levels
    weight_same: float
    weight_relative: float
    weight_stranger: float
    matches: float
    relatives: float


@functools.cache
def opinion() -> Opinion:
    """Return the shipped opinion."""
    data = (importlib.resources.files("ardenne.services.mpi") / "data" / "opinion.json").read_bytes()
    return msgspec.json.decode(data, type=Opinion)


@functools.cache
def shipped() -> Weights:
    """Return the weights that a node begins with: learned on the invented population of both sides of the border."""
    data = (importlib.resources.files("ardenne.services.mpi") / "data" / "weights.json").read_bytes()
    return msgspec.json.decode(data, type=Weights)


def train(records: Sequence[Traits], version: str = "own", seed: int = 1, wide: bool = False) -> Weights:
    """Return weights for records like these. Fewer than two records give the opinion alone."""
    pairs = candidates(records, wide)
    chance = np.random.default_rng(seed)
    all_pairs = max(len(records) * (len(records) - 1) / 2, 1.0)
    scale = 1.0
    if len(pairs) > _MOST_PAIRS:
        scale = len(pairs) / _MOST_PAIRS
        pairs = pairs[np.sort(chance.choice(len(pairs), _MOST_PAIRS, replace=False))]
    levels = levels_of(records, pairs)
    random_levels = levels_of(records, _random_pairs(len(records), chance))
    start = opinion()
    stranger = _smoothed(_counts(random_levels), start.stranger, start.weight_stranger)
    shares = _shares(records)
    _put_agreement(stranger, shares[3])
    same, relative, matches, relatives = _maximise(levels, stranger, all_pairs, scale, len(records))
    return Weights(
        version, same, relative, stranger, matches, relatives,
        shares[0], shares[1], shares[2], _COMMON_SHARE / 2, shares[3],
    )  # fmt: skip


def levels_of(records: Sequence[Traits], pairs: npt.NDArray[np.int64]) -> Levelled:
    """Return the levels of each pair, a row each."""
    found = np.empty((len(pairs), len(FIELDS)), dtype=np.int8)
    for row, (one, other) in enumerate(pairs.tolist()):
        found[row] = compare(records[one], records[other])
    return found


def _random_pairs(count: int, chance: np.random.Generator) -> npt.NDArray[np.int64]:
    if count < 2:
        return np.empty((0, 2), dtype=np.int64)
    drawn = chance.integers(0, count, size=(_RANDOM_PAIRS, 2))
    different: npt.NDArray[np.int64] = drawn[drawn[:, 0] != drawn[:, 1]]
    return different


def _counts(
    levels: Levelled, weights: npt.NDArray[np.float64] | None = None
) -> list[npt.NDArray[np.float64]]:
    found = []
    for place, field in enumerate(FIELDS):
        told = levels[:, place] >= 0
        of_told = None if weights is None else weights[told]
        found.append(np.bincount(levels[told, place], of_told, minlength=len(LEVELS[field])).astype(float))
    return found


def _smoothed(counts: list[npt.NDArray[np.float64]], believed: Levels, weight: float) -> Levels:
    found: Levels = {}
    for field, counted in zip(FIELDS, counts, strict=True):
        mixed = counted + weight * np.array(believed[field])
        found[field] = [float(one) for one in np.maximum(mixed / mixed.sum(), _TINY)]
    return found


def _put_agreement(stranger: Levels, mean: dict[str, float]) -> None:
    """Replace chances that are too small to count on random pairs.

    Equal names and birth dates: from the frequencies. Equal numbers and the like: from the opinion, for
    nearly every such pair that chance draws is one person.
    """
    for field, chance in mean.items():
        stranger[field][-1] = max(chance, _TINY)
    # of the equal dates with a day up to the twelfth, swapping gives another valid date: twelve of thirty
    stranger["birth"][BIRTH_SWAPPED] = max(mean["birth"] * 0.4, _TINY)
    # names that agree crosswise agree twice
    stranger["given"][1] = max(mean["given"] * mean["family"] * 10, _TINY)
    for field in ("number", "phone", "email"):
        stranger[field] = list(opinion().stranger[field])


def _shares(
    records: Sequence[Traits],
) -> tuple[dict[str, float], dict[str, float], dict[str, float], dict[str, float]]:
    """Return the shares of common given names, family names and birth dates, and the mean chances.

    A value counts once for each birth date or name with which it occurs: duplicates count as one person.
    """
    given = _words_share(records, lambda one: one.given)
    family = _words_share(records, lambda one: one.family)
    born = Counter(one.birth for one in {(r.birth, r.given[:1]): r for r in records if r.birth}.values())
    births, born_mean = _share(born)
    common = {day: share for day, share in births.items() if placeholder_birth(day)}
    return given[0], family[0], common, {"given": given[1], "family": family[1], "birth": born_mean}


def _words_share(
    records: Sequence[Traits], words: Callable[[Traits], tuple[str, ...]]
) -> tuple[dict[str, float], float]:
    distinct = {(record.birth, word) for record in records for word in words(record)}
    return _share(Counter(word for _birth, word in distinct))


def _share(counted: Counter[str]) -> tuple[dict[str, float], float]:
    total = max(sum(counted.values()), 1)
    pairs = max(total * (total - 1), 1)
    mean = max(sum(number * (number - 1) for number in counted.values()) / pairs, 1e-7)
    least = max(_COMMON_SHARE * total, 2)
    return {word: number / total for word, number in counted.items() if number >= least}, mean


def _maximise(
    levels: Levelled, stranger: Levels, all_pairs: float, scale: float, records: int
) -> tuple[Levels, Levels, float, float]:
    start = opinion()
    same, relative = start.same, start.relative
    matches, relatives = start.matches, start.relatives
    if not len(levels):
        return same, relative, matches, relatives
    against = _log_likelihood(levels, stranger)
    for _ in range(_ROUNDS):
        odds_same = _log_likelihood(levels, same) + np.log(matches * records / all_pairs) - against
        odds_relative = _log_likelihood(levels, relative) + np.log(relatives * records / all_pairs) - against
        top = np.maximum(np.maximum(odds_same, odds_relative), 0.0)
        of_same, of_relative = np.exp(odds_same - top), np.exp(odds_relative - top)
        total = of_same + of_relative + np.exp(-top)
        of_same, of_relative = of_same / total, of_relative / total
        same = _smoothed(_counts(levels, of_same), start.same, start.weight_same)
        relative = _smoothed(_counts(levels, of_relative), start.relative, start.weight_relative)
        previous = matches
        matches = max(float(of_same.sum()) * scale / max(records, 1), 1e-4)
        relatives = max(float(of_relative.sum()) * scale / max(records, 1), 1e-4)
        if abs(matches - previous) < 1e-5 * matches:
            break
    return same, relative, matches, relatives


def _log_likelihood(levels: Levelled, table: Levels) -> npt.NDArray[np.float64]:
    found = np.zeros(len(levels))
    for place, field in enumerate(FIELDS):
        # a place more for what is missing: index -1
        logs = np.append(np.log(np.array(table[field])), 0.0)
        found += logs[levels[:, place]]
    return found
