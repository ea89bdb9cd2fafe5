"""Which records to compare: those that share a blocking key. Arrays, for whole files and populations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ardenne.services.mpi.rules.blocking import SPARSE, STRONG, WEAK, hashed, key_texts, wide_texts
from ardenne.services.mpi.rules.traits import Traits

Pairs = npt.NDArray[np.int64]
"""Two columns: the places of two records, the smaller first; no pair twice."""
_LARGEST_BLOCK = 60
_LARGEST_WIDE_BLOCK = 12
"""A key that more records share tells too little; their persons share rarer keys too."""


def candidates(records: Sequence[Traits], wide: bool = False, split: int = 0) -> Pairs:
    """Return the pairs of records that share a key.

    ``wide``: also keys for files with many errors. ``split``: when above 0, only pairs of a record before
    this place with one from it on (two files).
    """
    found = _sharing(records, key_texts, _LARGEST_BLOCK)
    if wide:
        found = np.unique(np.concatenate((found, _sharing(records, wide_texts, _LARGEST_WIDE_BLOCK))))
    total = len(records) or 1
    pairs = np.stack((found // total, found % total), axis=1)
    return pairs[(pairs[:, 0] < split) & (pairs[:, 1] >= split)] if split else pairs


def _sharing(
    records: Sequence[Traits], texts: Callable[[Traits], list[str]], largest: int
) -> npt.NDArray[np.int64]:
    """Return each pair once, as one number: the smaller place times the count of records, plus the other."""
    keys: list[int] = []
    counts = np.zeros(len(records), dtype=np.int64)
    for place, record in enumerate(records):
        own = hashed(texts(record))
        keys += own
        counts[place] = len(own)
    table = np.array(keys, dtype=np.int64)
    places = np.repeat(np.arange(len(records), dtype=np.int64), counts)
    return pairs_of(table, places, len(records), largest)


def pairs_of(
    keys: npt.NDArray[np.int64], places: npt.NDArray[np.int64], total: int, largest: int = _LARGEST_BLOCK
) -> npt.NDArray[np.int64]:
    """Return the pairs of places that share a key of at most ``largest`` places, each as one number."""
    return np.unique(np.concatenate(_shared(keys, places, total, largest)))


def pairs_of_index(
    keys: npt.NDArray[np.int64], places: npt.NDArray[np.int64], total: int
) -> npt.NDArray[np.int64]:
    """Return the pairs of places whose shared keys are worth being compared, each as one number, as a look-up would find them.

    ``keys`` are those of ``blocking.kept_keys``.
    """
    classes, keys = (keys & 3).astype(np.int8), keys & ~np.int64(3)
    parts = _shared(keys[classes == STRONG], places[classes == STRONG], total, _LARGEST_BLOCK)
    weak, counts = np.unique(
        np.concatenate(_shared(keys[classes == WEAK], places[classes == WEAK], total, _LARGEST_BLOCK)),
        return_counts=True,
    )
    parts.append(weak[counts > 1])
    parts += _sparse_pairs(keys, places, classes, total)
    return np.unique(np.concatenate(parts))


def _sparse_pairs(
    keys: npt.NDArray[np.int64], places: npt.NDArray[np.int64], classes: npt.NDArray[np.int8], total: int
) -> list[npt.NDArray[np.int64]]:
    """Return the pairs of an identity of whom little is known: any key that it shares is enough."""
    sparse = np.zeros(total, dtype=bool)
    sparse[places[classes == SPARSE]] = True
    wanted = (classes != STRONG) & np.isin(keys, keys[classes == SPARSE])
    return [
        pairs[sparse[pairs // total] | sparse[pairs % total]]
        for pairs in _shared(keys[wanted], places[wanted], total, _LARGEST_BLOCK)
    ]


def _shared(
    keys: npt.NDArray[np.int64], places: npt.NDArray[np.int64], total: int, largest: int
) -> list[npt.NDArray[np.int64]]:
    """Return the pairs of places of every key, as often as they share one."""
    order = np.lexsort((places, keys))
    keys, places = keys[order], places[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if keys.size else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, keys.size])
    parts = [np.empty(0, dtype=np.int64)]
    for size in range(2, largest + 1):
        begins = starts[sizes == size]
        if not begins.size:
            continue
        block = places[begins[:, None] + np.arange(size)]
        first, second = np.triu_indices(size, 1)
        parts.append((block[:, first] * total + block[:, second]).ravel())
    return parts
