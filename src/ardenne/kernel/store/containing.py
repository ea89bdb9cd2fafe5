"""Contained resources on their way into the search index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ardenne.kernel.store import hashing
from ardenne.kernel.store.index import IndexRow
from ardenne.kernel.store.types import NUMBERS

ARGUMENTS = (
    "bigint", "integer", "smallint", "bigint", "text", "bytea", "bigint", "bigint", "bigint[]", "bigint[]",
    "bigint[]", "text[]", "bigint[]", "bigint[]", "bigint[]", "bigint[]", "float8[]", "float8[]", "bigint[]",
    "bigint[]", "bigint[]", "bigint[]", "float8[]", "float8[]",
)  # fmt: skip
WRITE = "select write_contained(" + ", ".join(f"${number}" for number in range(1, 25)) + ")"
FORGET = "select contained_forget(r.pk) from resource r where r.self = any($1::bigint[])"


class Contained(NamedTuple):
    """A contained resource: its type, the id within its container, its JSON and index."""

    resource_type: str
    local_id: str
    body: bytes
    row: IndexRow

    def arguments(self, container: str, container_hash: int, version: int) -> tuple[Any, ...]:
        """Return the arguments of write_contained. ``container``: Type/id."""
        row, name = self.row, f"{container}#{self.local_id}"
        return (
            container_hash, version, NUMBERS[self.resource_type], hashing.signed(name), name, self.body,
            row.low, row.high, row.tokens, row.targets,
            row.string_keys, row.strings, row.date_keys, row.date_lows, row.date_highs,
            row.number_keys, row.number_lows, row.number_highs,
            row.number_units, row.number_codes, row.number_names,
            row.position_keys, row.latitudes, row.longitudes,
        )  # fmt: skip


class Written(NamedTuple):
    """A version that was written, with what it contains."""

    container: str
    container_hash: int
    version: int
    contained: Sequence[Contained]


def rows(written: Iterable[Written]) -> list[tuple[Any, ...]]:
    """Return the arguments of write_contained for everything that versions contain."""
    return [
        inner.arguments(one.container, one.container_hash, one.version)
        for one in written
        for inner in one.contained
    ]
