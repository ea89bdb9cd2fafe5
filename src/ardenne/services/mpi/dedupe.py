"""The nightly search for duplicates: everybody against everybody who shares a key, with the scorer of the feeds."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi import asking, store, store_bulk
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.matching import Match, Matcher, may_be
from ardenne.services.mpi.rules.decision import LINK, NEW, Decision
from ardenne.services.mpi.rules.pairs import pairs_of_index
from ardenne.services.mpi.rules.prospect import Bounds, Prospect
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.rules.weights import Scorer
from ardenne.services.mpi.store_bulk import Everybody

_ACTOR = "nightly search"


class Found(NamedTuple):
    """Two identities that may be one person: their places, and the decision."""

    one: int
    other: int
    decision: Decision


class Searched(NamedTuple):
    """What the search did. ``opened``: questions that did not wait at the desk already."""

    identities: int
    pairs: int
    links: int
    asks: int
    opened: int


Progress = Callable[[int, int, int], None]
"""Is told identities, pairs, and how many of them are compared."""
_PARTS = 64


class _Shared:
    """What the processes of a search inherit."""

    everybody: Everybody
    scorer: Scorer
    matcher: Matcher


def search(
    everybody: Everybody,
    scorer: Scorer,
    processes: int = 1,
    progress: Progress = lambda identities, pairs, compared: None,
) -> tuple[int, list[Found]]:
    """Return how many pairs were compared, and those that are or may be one person under two Patients."""
    total = max(len(everybody.ids), 1)
    packed = pairs_of_index(everybody.keys, everybody.places, total)
    pairs = np.stack((packed // total, packed % total), axis=1)
    names = {person: place for place, person in enumerate(dict.fromkeys(everybody.persons))}
    persons = np.array([names[person] for person in everybody.persons], dtype=np.int64)
    pairs = pairs[persons[pairs[:, 0]] != persons[pairs[:, 1]]]
    _Shared.everybody, _Shared.scorer, _Shared.matcher = everybody, scorer, Matcher()
    gc.collect()
    gc.freeze()
    try:
        parts = np.array_split(pairs, _PARTS)
        found: list[Found] = []
        with _mapped(processes) as mapped:
            for number, part in enumerate(mapped(_compare, parts), 1):
                found += part
                progress(len(everybody.ids), len(pairs), len(pairs) * number // _PARTS)
    finally:
        gc.unfreeze()
    return len(pairs), sorted(found, key=lambda one: (one.one, one.other))


@contextmanager
def _mapped(processes: int) -> Iterator[Callable[..., Iterable[list[Found]]]]:
    """Give a map over the parts: here, or in processes that inherit what is shared."""
    if processes == 1:
        yield map
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield pool.imap_unordered


def _compare(pairs: npt.NDArray[np.int64]) -> list[Found]:
    everybody, scorer, matcher = _Shared.everybody, _Shared.scorer, _Shared.matcher
    bounds = Bounds(scorer)
    found = []
    mine, prospects, before = list[Traits](), list[Prospect](), -1
    for one, other in pairs.tolist():
        if one != before:
            mine, before = everybody.traits(one), one
            prospects = [Prospect(bounds, name, matcher.thresholds.ask) for name in mine]
        theirs = everybody.traits(other)
        if not may_be(prospects, theirs):
            continue
        decision = matcher.between(scorer, mine, theirs)
        if decision.outcome != NEW:
            found.append(Found(one, other, decision))
    return found


async def dedupe(
    dsn: str,
    database: Database,
    matcher: Matcher,
    processes: int = 1,
    progress: Progress = lambda identities, pairs, compared: None,
) -> Searched:
    """Search everybody and open the questions; nothing is merged without an officer."""
    scorer = await matcher.scorer(database)
    everybody = await asyncio.to_thread(store_bulk.everybody, dsn)
    compared, found = await asyncio.to_thread(search, everybody, scorer, processes, progress)
    best, opened = _best(everybody, found), 0
    for one in best.values():
        mine = (everybody.persons[one.one], int(everybody.ids[one.one]))
        match = Match(everybody.persons[one.other], int(everybody.ids[one.other]), one.decision)
        async with database.transaction() as connection:
            if await _is_new(connection, mine[0], match.person):
                await asking.ask(connection, matcher, mine, match, _ACTOR)
                opened += 1
    links = sum(one.decision.outcome == LINK for one in best.values())
    return Searched(len(everybody.ids), compared, links, len(best) - links, opened)


async def _is_new(connection: Connection, person: str, other: str) -> bool:
    """Tell whether nobody asked yet whether two persons are one, and no officer answered."""
    own, theirs = await store.group(connection, person), await store.group(connection, other)
    return not (
        other in own
        or await events.are_apart(connection, own, theirs)
        or await events.is_asked(connection, own, theirs)
    )


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
