"""The nightly search for duplicates: everybody against everybody who shares a key, with the scorer of the feeds."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from ardenne.kernel.store.database import Database
from ardenne.services.mpi import asking, store, store_bulk
from ardenne.services.mpi.matching import Match, Matcher
from ardenne.services.mpi.rules.decision import LINK, NEW, Decision
from ardenne.services.mpi.rules.pairs import pairs_of
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.rules.weights import Scorer
from ardenne.services.mpi.store_bulk import Everybody

_LARGEST_BLOCK = 20
"""A key that more identities share tells too little; their persons share rarer keys too."""
_ACTOR = "nightly search"


class Found(NamedTuple):
    """Two identities that may be one person: their places, and the decision."""

    one: int
    other: int
    decision: Decision


class Searched(NamedTuple):
    """What the search did."""

    identities: int
    pairs: int
    links: int
    asks: int


class _Shared:
    """What the processes of a search inherit."""

    everybody: Everybody
    scorer: Scorer
    matcher: Matcher


def search(everybody: Everybody, scorer: Scorer, processes: int = 1) -> tuple[int, list[Found]]:
    """Return how many pairs were compared, and those that are or may be one person under two Patients."""
    total = max(len(everybody.ids), 1)
    packed = pairs_of(everybody.keys, everybody.places, total, _LARGEST_BLOCK)
    pairs = np.stack((packed // total, packed % total), axis=1)
    names = {person: place for place, person in enumerate(dict.fromkeys(everybody.persons))}
    persons = np.array([names[person] for person in everybody.persons], dtype=np.int64)
    pairs = pairs[persons[pairs[:, 0]] != persons[pairs[:, 1]]]
    _Shared.everybody, _Shared.scorer, _Shared.matcher = everybody, scorer, Matcher()
    gc.collect()
    gc.freeze()
    try:
        parts = np.array_split(pairs, max(processes * 8, 1))
        if processes == 1:
            found = [one for part in parts for one in _compare(part)]
        else:
            with multiprocessing.get_context("fork").Pool(processes) as pool:
                found = [one for part in pool.imap_unordered(_compare, parts) for one in part]
    finally:
        gc.unfreeze()
    return len(pairs), sorted(found, key=lambda one: (one.one, one.other))


def _compare(pairs: npt.NDArray[np.int64]) -> list[Found]:
    everybody, scorer, matcher = _Shared.everybody, _Shared.scorer, _Shared.matcher
    found = []
    mine, before = list[Traits](), -1
    for one, other in pairs.tolist():
        if one != before:
            mine, before = everybody.traits(one), one
        decision = matcher.between(scorer, mine, everybody.traits(other))
        if decision.outcome != NEW:
            found.append(Found(one, other, decision))
    return found


async def dedupe(dsn: str, database: Database, matcher: Matcher, processes: int = 1) -> Searched:
    """Search everybody and open the questions; nothing is merged without an officer."""
    scorer = await matcher.scorer(database)
    everybody = store_bulk.everybody(dsn)
    compared, found = search(everybody, scorer, processes)
    apart = store_bulk.apart(dsn)
    best = _best(everybody, found)
    for pair, one in best.items():
        if pair in apart:
            continue
        async with database.transaction() as connection:
            mine = (everybody.persons[one.one], int(everybody.ids[one.one]))
            match = Match(everybody.persons[one.other], int(everybody.ids[one.other]), one.decision)
            if match.person not in await store.group(connection, mine[0]):
                await asking.ask(connection, matcher, mine, match, _ACTOR)
    links = sum(one.decision.outcome == LINK for one in best.values())
    return Searched(len(everybody.ids), compared, links, len(best) - links)


def _best(everybody: Everybody, found: Sequence[Found]) -> dict[tuple[str, str], Found]:
    """Return for each two persons the pair of identities that agrees best."""
    best: dict[tuple[str, str], Found] = {}
    for one in found:
        first, second = sorted((everybody.persons[one.one], everybody.persons[one.other]))
        known = best.get((first, second))
        if known is None or one.decision.score.weight > known.decision.score.weight:
            best[first, second] = one
    return best


def encoded(weights: msgspec.Struct) -> bytes:
    """Return weights as the database keeps them."""
    return msgspec.json.encode(weights)
