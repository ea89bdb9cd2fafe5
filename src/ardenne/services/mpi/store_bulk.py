"""The whole index at once: loading it by COPY, reading it for the search for duplicates (psycopg, blocking)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import psycopg

from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.store import pack, unpack

_COLUMNS = "id, system, value, person, status, sender, sent, keys, traits, content"
_TYPES = ("int8", "text", "text", "text", "text", "text", "timestamptz", "int8[]", "bytea", "bytea")
_COPY = f"copy mpi_identity ({_COLUMNS}) from stdin (format binary)"
_COPY_KEYS = "copy mpi_key (key, identity) from stdin (format binary)"
_KNOWS = "set ardenne.index = 'knows'"
_NO_KEY_INDEX = "alter table mpi_key drop constraint mpi_key_pkey"
_KEY_INDEX = "alter table mpi_key add primary key (key, identity)"
_NEXT = "select setval(pg_get_serial_sequence('mpi_identity', 'id'), greatest((select max(id) from mpi_identity), 1))"
_READ = """
select i.id, coalesce(s.survivor, i.person), i.traits from mpi_identity i
  left join mpi_survivor s on s.person = i.person where cardinality(i.keys) > 0 order by i.id
"""
_READ_KEYS = "copy (select key, identity from mpi_key) to stdout (format binary)"
_SIZES = """
select c.relname, pg_total_relation_size(c.oid) from pg_class c
 where c.relkind = 'r' and (c.relname like 'mpi_%' or c.relname in ('resource', 'string_value', 'date_value', 'posting'))
 order by 2 desc
"""
_SIGNATURE = 19
_TRAILER = b"\xff\xff"
_CHUNK = 50_000


class Row(NamedTuple):
    """An identity to load. ``keys``: its blocking keys."""

    id: int
    system: str
    value: str
    person: str
    status: str
    sender: str
    sent: datetime
    keys: Sequence[int]
    traits: Sequence[Traits]
    content: bytes


class Everybody(NamedTuple):
    """All identities that can be compared: ids, persons and packed traits; the table of keys with places in these lists.

    A million persons are millions of small texts: traits stay packed until they are compared.
    """

    ids: npt.NDArray[np.int64]
    persons: list[str]
    packed: list[bytes]
    keys: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]

    def traits(self, place: int) -> list[Traits]:
        """Return the traits of an identity."""
        return unpack(self.packed[place])


def load(connection: psycopg.Connection[Any], rows: Sequence[Row]) -> None:
    """Write identities with their keys; none may be there yet."""
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row((*row[:7], list(row.keys), pack(row.traits), row.content))
        with cursor.copy(_COPY_KEYS) as copy:
            copy.set_types(("int8", "int8"))
            for row in rows:
                for key in row.keys:
                    copy.write_row((key, row.id))


def connect(dsn: str) -> psycopg.Connection[Any]:
    """Return a connection whose Patients are written by the index itself."""
    connection = psycopg.connect(dsn, autocommit=True)
    connection.execute(_KNOWS)
    return connection


def begin(dsn: str) -> None:
    """Make the empty index ready for being filled at once."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_NO_KEY_INDEX)


def end(dsn: str) -> None:
    """Make the filled index ready for questions."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '1GB'")
        connection.execute(_KEY_INDEX)
        connection.execute(_NEXT)
        connection.execute("vacuum analyze mpi_key, mpi_identity")


def everybody(dsn: str) -> Everybody:
    """Read the whole index."""
    ids, persons, traits = array("q"), list[str](), list[bytes]()
    with psycopg.connect(dsn) as connection:
        with connection.cursor("everybody") as cursor:
            cursor.itersize = _CHUNK
            cursor.execute(_READ)
            for number, person, packed in cursor:
                ids.append(number)
                persons.append(person)
                traits.append(bytes(packed))
        keys, identities = _keys(connection)
    order = np.array(ids, dtype=np.int64)
    places = np.searchsorted(order, identities)
    known = np.zeros(len(identities), dtype=bool)
    if len(order):
        known = order[np.minimum(places, len(order) - 1)] == identities
    return Everybody(order, persons, traits, keys[known], places[known])


def _keys(connection: psycopg.Connection[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Read the table of keys as arrays: a row of COPY's binary form is 26 bytes (count, length, key, length, identity)."""
    with connection.cursor() as cursor, cursor.copy(_READ_KEYS) as copy:
        data = b"".join(bytes(block) for block in copy)
    content = data[_SIGNATURE:].removesuffix(_TRAILER)
    row = np.dtype([("n", ">i2"), ("a", ">i4"), ("key", ">i8"), ("b", ">i4"), ("identity", ">i8")])
    table = np.frombuffer(content, dtype=row)
    return table["key"].astype(np.int64), table["identity"].astype(np.int64)


def sizes(dsn: str) -> Iterator[tuple[str, int]]:
    """Yield the tables of the index and of Patients with their bytes on disk, indexes included."""
    with psycopg.connect(dsn) as connection:
        yield from connection.execute(_SIZES).fetchall()


def now() -> datetime:
    """Return the present."""
    return datetime.now(UTC)
