"""How linking fared with each kind of trap, when the truth is known."""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ardenne.services.mpi.linking import BadFile, Pair, Records
from ardenne.services.mpi.rules.decision import ASK, LINK
from ardenne.services.mpi.rules.pairs import candidates
from ardenne.services.mpi.rules.traps import of_one_person, of_two_persons

_PERSON = ("person", "pid", "cluster", "truth", "true_id")
_ID = ("id", "unique_id", "rec_id", "record_id", "record")


class Fared(NamedTuple):
    """One kind of trap: pairs of one person (``same``) or of two that have it, how many were linked, how many asked about."""

    kind: str
    same: bool
    pairs: int
    linked: int
    asked: int


class Told(NamedTuple):
    """All kinds of traps, and the whole: precision and recall of the links, pairs to ask about."""

    fared: Sequence[Fared]
    precision: float
    recall: float
    asked: int


def truth(path: Path) -> dict[str, str]:
    """Read who each record is: a CSV with a column for the record and one for the person. Raises BadFile."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        names = {name.strip().lower(): name for name in rows.fieldnames or ()}
        record = next((names[one] for one in _ID if one in names), "")
        person = next((names[one] for one in _PERSON if one in names), "")
        if not record or not person:
            raise BadFile(
                f"{path} does not say who is who: its header must name a column such as {_ID[0]} and one such as {_PERSON[0]}"
            )
        return {str(row[record]).strip(): str(row[person]).strip() for row in rows}


def report(records: Records, persons: Mapping[str, str], pairs: Sequence[Pair]) -> Told:
    """Return how the pairs that linking gave fared; records whose person is not told are left out."""
    decided = {frozenset((pair.id_a, pair.id_b)): pair.decision for pair in pairs}
    counts: dict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0, 0])
    linked = right = wanted = asked = 0
    for one, other, same in _judged(records, persons):
        decision = decided.get(frozenset((records.ids[one], records.ids[other])), "")
        wanted += same
        linked, right = linked + (decision == LINK), right + (same and decision == LINK)
        asked += decision == ASK
        kinds = (of_one_person if same else of_two_persons)(records.traits[one], records.traits[other])
        for kind in kinds:
            row = counts[kind, same]
            row[0], row[1], row[2] = row[0] + 1, row[1] + (decision == LINK), row[2] + (decision == ASK)
    fared = [Fared(kind, same, *row) for (kind, same), row in counts.items()]
    fared.sort(key=lambda one: (not one.same, -one.pairs))
    return Told(fared, right / max(linked, 1), right / max(wanted, 1), asked)


def _judged(records: Records, persons: Mapping[str, str]) -> Iterator[tuple[int, int, bool]]:
    """Yield the pairs of one person, then those of two persons who share a blocking key."""
    members: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(records.ids):
        if name in persons:
            members[persons[name]].append(place)
    for own in members.values():
        for one, other in itertools.combinations(own, 2):
            yield one, other, True
    for one, other in candidates(records.traits, True).tolist():
        first, second = persons.get(records.ids[one]), persons.get(records.ids[other])
        if first is not None and second is not None and first != second:
            yield one, other, False
