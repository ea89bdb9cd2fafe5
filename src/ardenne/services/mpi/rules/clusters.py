"""From linked pairs to persons: what is linked with one is linked with all, unless numbers contradict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ardenne.services.mpi.rules.distance import within
from ardenne.services.mpi.rules.traits import Traits

Valid = dict[str, set[str]]


class Clusters:
    """Disjoint sets of records that are one person each."""

    def __init__(self, records: Sequence[Traits]) -> None:
        self._parent = list(range(len(records)))
        self._numbers: list[Valid] = [
            {kind: {value} for kind, value, valid in record.numbers if valid} for record in records
        ]
        self.members: dict[int, list[int]] = {}

    def person(self, record: int) -> int:
        """Return the record that stands for the person of a record."""
        while self._parent[record] != record:
            self._parent[record] = self._parent[self._parent[record]]
            record = self._parent[record]
        return record

    def join(self, one: int, other: int) -> bool:
        """Make the persons of two records one; refuses where their valid numbers contradict."""
        first, second = self.person(one), self.person(other)
        if first == second:
            return True
        mine, theirs = self._numbers[first], self._numbers[second]
        if any(kind in theirs and _contradict(values, theirs[kind]) for kind, values in mine.items()):
            return False
        self._parent[second] = first
        for kind, values in theirs.items():
            mine[kind] = mine.get(kind, set()) | values
        joined = self.members.pop(second, [second])
        self.members.setdefault(first, [first]).extend(joined)
        return True


def _contradict(one: Iterable[str], other: Iterable[str]) -> bool:
    return not any(within(first, second, 1) for first in one for second in other)
