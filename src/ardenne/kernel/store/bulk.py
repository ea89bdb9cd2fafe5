"""Writing many resources at once: COPY for what is new, the write function for the rest.

One call is one transaction: after a crash a batch is there wholly or not at all, and writing
it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import errors

from ardenne.kernel.store import containing, definitions, packing
from ardenne.kernel.store.change import Change, Mode, Status, unknown_texts

_EXISTING = "select self, digest, body is null from resource where self = any(%s)"
_NEXT = "select nextval('resource_pk') from generate_series(1, %s)"
_ARGUMENTS = (
    "smallint", "integer", "smallint", "smallint", "bigint", "text", "bytea", "bytea", "bigint", "bigint",
    "bigint", "bigint", "bigint", "bigint[]", "smallint", "bigint[]", "bigint[]", "text[]",
    "bigint[]", "bigint[]", "bigint[]", "bigint[]", "float8[]", "float8[]", "bigint[]", "bigint[]", "bigint[]",
    "bigint[]", "float8[]", "float8[]", "smallint", "smallint", "bigint", "boolean", "bigint[]", "bigint",
    "bytea", "smallint",
)  # fmt: skip
_WRITE = (
    "select new_status, new_version, new_updated from write_resource("
    + ", ".join(f"%s::{cast}" for cast in _ARGUMENTS)
    + ")"
)
_TEXTS = """
insert into token_text (key, text, hash) select * from unnest(%s::bigint[], %s::text[], %s::bigint[])
on conflict do nothing
"""
_CONTAINED = f"select write_contained({', '.join(f'%s::{cast}' for cast in containing.ARGUMENTS)})"
_RETRIES = 5

_TABLES: tuple[tuple[str, str, Callable[[Change, int], list[bytes]]], ...] = (
    ("posting", "hash, date, pk", packing.postings),
    ("string_value", "key, value, pk", packing.strings),
    ("date_value", "key, low, high, pk", packing.dates),
    ("number_value", "key, low, high, unit, code, name, pk", packing.numbers),
    ("position_value", "key, latitude, longitude, pk", packing.positions),
)


Keep = Callable[[psycopg.Connection[Any], Sequence[Change]], None]


class Tally(NamedTuple):
    """What became of a batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: object) -> Tally:
        if not isinstance(other, Tally):
            return NotImplemented
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class BulkWriter:
    """Writes batches over one connection (psycopg, blocking)."""

    def __init__(self, dsn: str, keep: Keep | None = None, fresh: bool = False) -> None:
        """``keep`` stores the contents of Binaries that are written, in the same transaction.

        ``fresh``: nothing that is written is there yet; what is there after all fails as a whole (UniqueViolation).
        """
        self._keep = keep
        self._fresh = fresh
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._connection.execute("set jit = off")
        self._known_texts: set[int] = set()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def knows_patients(self) -> None:
        """Say that the index of persons gets the Patients of this connection by itself."""
        self._connection.execute("set ardenne.index = 'knows'")

    def write(self, changes: Sequence[Change]) -> Tally:
        """Write a batch in one transaction. Changes must have the mode PUT_UNLESS_SAME."""
        unique = {change.self_hash: change for change in changes}
        doubles = len(changes) - len(unique)
        for attempt in range(_RETRIES):
            try:
                with self._connection.transaction():
                    # a parameter that is added later waits for this transaction, and then indexes its rows
                    definitions.refresh_blocking(self._connection)
                    if self._keep is not None:
                        self._keep(self._connection, list(unique.values()))
                    tally = self._write(definitions.with_current_index(list(unique.values())))
                return tally._replace(unchanged=tally.unchanged + doubles)
            except (errors.UniqueViolation, errors.DeadlockDetected, errors.SerializationFailure):
                # another process wrote some of them at the same moment: now they are seen
                if attempt == _RETRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _write(self, changes: list[Change]) -> Tally:
        selves = [change.self_hash for change in changes]
        existing: dict[int, Any] = {}
        if not self._fresh:
            existing = {row[0]: row for row in self._connection.execute(_EXISTING, (selves,), binary=True)}
        fresh: list[Change] = []
        known: list[Change] = []
        unchanged = 0
        for change in changes:
            found = existing.get(change.self_hash)
            if found is None:
                fresh.append(change)
            elif change.body is not None and found[1] == change.body.digest and not found[2]:
                unchanged += 1
            else:
                known.append(change)
        self._write_texts(fresh + known)
        if fresh:
            self._copy(fresh)
            self._write_contained((change, 1) for change in fresh)
        tally = Tally(len(fresh), 0, unchanged)
        for change in sorted(known, key=lambda change: change.self_hash):
            tally += self._write_one(change)
        return tally

    def _write_contained(self, written: Iterable[tuple[Change, int]]) -> None:
        rows = containing.rows(
            containing.Written(
                f"{change.resource_type}/{change.resource_id}", change.self_hash, version, change.contained
            )
            for change, version in written
        )
        if rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(_CONTAINED, rows)

    def _write_one(self, change: Change) -> Tally:
        assert change.mode is Mode.PUT_UNLESS_SAME
        row = self._connection.execute(_WRITE, change.arguments(), binary=True).fetchone()
        assert row is not None
        status = Status(row[0])
        if status in (Status.CREATED, Status.UPDATED):
            self._write_contained([(change, row[1])])
        return Tally(
            int(status is Status.CREATED), int(status is Status.UPDATED), int(status is Status.UNCHANGED)
        )

    def _copy(self, changes: list[Change]) -> None:
        pks = [row[0] for row in self._connection.execute(_NEXT, (len(changes),), binary=True)]
        rows = [packing.resource(change, pk) for change, pk in zip(changes, pks, strict=True)]
        self._send("resource", ", ".join(packing.RESOURCE_COLUMNS), rows)
        for table, columns, pack in _TABLES:
            packed = [row for change, pk in zip(changes, pks, strict=True) for row in pack(change, pk)]
            if packed:
                self._send(table, columns, packed)

    def _send(self, table: str, columns: str, rows: list[bytes]) -> None:
        with self._connection.cursor() as cursor:
            statement = f"copy {table} ({columns}) from stdin (format binary)"
            with cursor.copy(statement.encode()) as copy:
                copy.write(packing.SIGNATURE + b"".join(rows) + packing.TRAILER)

    def _write_texts(self, changes: list[Change]) -> None:
        keys, texts, hashes = unknown_texts(changes, self._known_texts)
        if hashes:
            self._connection.execute(_TEXTS, (keys, texts, hashes))
            self._known_texts.update(hashes)
