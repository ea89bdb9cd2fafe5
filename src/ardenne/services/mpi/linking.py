"""Linking the records of one file, or of two: the pairs that are one person, and those to ask about."""

from __future__ import annotations

import csv
import functools
import importlib.resources
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ardenne.services.mpi.rules.clusters import Clusters
from ardenne.services.mpi.rules.decision import ASK, LINK, NEW, Decision, Thresholds, decide
from ardenne.services.mpi.rules.pairs import candidates
from ardenne.services.mpi.rules.training import train
from ardenne.services.mpi.rules.traits import Traits, prepare
from ardenne.services.mpi.rules.weights import Scorer, Weights

_SHOWN = -8.0
"""Pairs that are less likely one person than this (log2 odds) are not written."""


class BadFile(Exception):
    """A file of persons cannot be read; the message says why and how to mend it."""


class Records(NamedTuple):
    """The persons of a file: their ids as written and their traits."""

    ids: list[str]
    traits: list[Traits]


class Pair(NamedTuple):
    """A row of the result."""

    id_a: str
    id_b: str
    weight: float
    decision: str


@functools.cache
def _columns() -> dict[str, tuple[str, ...]]:
    data = (importlib.resources.files(__package__) / "data" / "columns.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, tuple[str, ...]])


def read(path: Path, with_numbers: bool = True) -> Records:
    """Read a CSV file with a header; columns may have any of the usual names. Raises BadFile."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path} cannot be read as UTF-8 text: {error}") from None
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.DictReader(text.splitlines(), delimiter=delimiter, skipinitialspace=True)
    names = {name.strip().lower(): name for name in rows.fieldnames or ()}
    found = {
        trait: next((names[one] for one in also if one in names), "") for trait, also in _columns().items()
    }
    if not (found["given"] or found["family"]):
        known = ", ".join(("given", "family", "birth", "number", "postcode"))
        raise BadFile(f"{path} has no column with names: its header must name columns such as {known}")
    ids, traits = [], []
    for place, row in enumerate(rows):
        cell = {trait: (row.get(name) or "").strip() if name else "" for trait, name in found.items()}
        ids.append(cell.pop("id") or str(place))
        number = cell.pop("number")
        numbers = (("", number),) if with_numbers and number else ()
        traits.append(prepare(numbers=numbers, **cell))
    return Records(ids, traits)


def link(
    first: Records,
    second: Records | None = None,
    weights: Weights | None = None,
    thresholds: Thresholds = Thresholds(),  # noqa: B008
) -> Iterator[Pair]:
    """Yield the pairs of one file, or between two, by falling weight.

    Without weights they are learned from these very records; truth columns are never looked at.
    """
    ids = first.ids + (second.ids if second else [])
    records = first.traits + (second.traits if second else [])
    split = len(first.ids) if second else 0
    if len(records) < 2:
        return
    model = weights or train(records, wide=True)
    scorer = Scorer(model, len(second.ids) if second else len(records))
    decided: dict[tuple[int, int], Decision] = {}
    for one, other in candidates(records, True, split).tolist():
        decision = decide(scorer, records[one], records[other], thresholds)
        if decision.outcome != NEW or decision.score.weight >= _SHOWN:
            decided[one, other] = decision
    for (one, other), weight, outcome in _settled(records, decided, scorer, split):
        yield Pair(ids[one], ids[other], round(weight, 3), outcome)


def _settled(
    records: Sequence[Traits], decided: dict[tuple[int, int], Decision], scorer: Scorer, split: int
) -> Iterator[tuple[tuple[int, int], float, str]]:
    clusters = Clusters(records)
    order = sorted(decided.items(), key=lambda entry: (-entry[1].score.weight, entry[0]))
    for pair, decision in order:
        if decision.outcome == LINK:
            clusters.join(*pair)
    linked: set[tuple[int, int]] = set()
    for members in clusters.members.values():
        for place, one in enumerate(sorted(members)):
            linked |= {(one, other) for other in sorted(members)[place + 1 :]}
    asked: set[frozenset[int]] = set()
    rows = []
    for pair, decision in order:
        persons = frozenset(clusters.person(record) for record in pair)
        if pair in linked:
            rows.append((pair, decision.score.weight, LINK))
        elif decision.outcome in (ASK, LINK) and persons not in asked:
            asked.add(persons)
            rows.append((pair, decision.score.weight, ASK))
        else:
            rows.append((pair, decision.score.weight, NEW))
    for pair in sorted(linked - decided.keys()):
        if not split or pair[0] < split <= pair[1]:
            rows.append((pair, decide(scorer, records[pair[0]], records[pair[1]]).score.weight, LINK))
    yield from sorted(rows, key=lambda row: (-row[1], row[0]))


def write(pairs: Iterator[Pair], path: Path) -> dict[str, int]:
    """Write pairs as CSV and return how many of each decision there are."""
    counts = {LINK: 0, ASK: 0, NEW: 0}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Pair._fields)
        for pair in pairs:
            counts[pair.decision] += 1
            writer.writerow(pair)
    return counts
