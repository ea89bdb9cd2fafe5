"""The whole index at once: loading it by COPY, reading it for the search for duplicates (psycopg, blocking)."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import psycopg

from ardenne.kernel.store import filling, packing
from ardenne.services.mpi.rules.traits import Traits
from ardenne.services.mpi.store import pack, unpack

_COPY = b"""
copy mpi_identity (id, system, value, person, status, sender, sent, keys, traits, content) from stdin (format binary)
"""
_COPY_KEYS = b"copy mpi_key (key, identity) from stdin (format binary)"
_FILLED = (*filling.RESOURCES, "mpi_identity")
_KNOWS = "set ardenne.index = 'knows'"
_NO_KEY_INDEX = "alter table mpi_key drop constraint mpi_key_pkey"
_KEY_INDEX = "alter table mpi_key add primary key (key, identity)"
_NEXT = "select setval(pg_get_serial_sequence('mpi_identity', 'id'), greatest((select max(id) from mpi_identity), 1))"
_READ = """
select i.id, coalesce(s.survivor, i.person), i.traits from mpi_identity i
  left join mpi_survivor s on s.person = i.person where cardinality(i.keys) > 0 order by i.id
"""
_READ_KEYS = "copy (select key, identity from mpi_key) to stdout (format binary)"
_OLD_KEYS = """
select id, traits, status = 'retired' from mpi_identity where key_rule <> 2 order by id limit %s for update skip locked
"""
_DROP_OLD_KEYS = """
delete from mpi_key k using (select id, unnest(keys) as key from mpi_identity where id = any(%s)) o
 where k.key = o.key and k.identity = o.id
"""
_NEW_KEYS = "update mpi_identity set keys = %s, key_rule = default where id = %s"
_PUT_KEYS = "insert into mpi_key (key, identity) select unnest(%s::bigint[]), %s on conflict do nothing"
_SIZES = """
select c.relname, pg_total_relation_size(c.oid) from pg_class c
 where c.relkind = 'r' and (c.relname like 'mpi_%' or c.relname in ('resource', 'string_value', 'date_value', 'posting'))
 order by 2 desc
"""
_SIGNATURE = 19
_TRAILER = b"\xff\xff"
_CHUNK = 50_000
_KEY_ROW = np.dtype([("fields", ">i2"), ("a", ">i4"), ("key", ">i8"), ("b", ">i4"), ("identity", ">i8")])
"""A row of the table of keys in COPY's binary form: 26 bytes."""
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_ID, _SENT, _LENGTH = Struct(">hiq").pack, Struct(">iq").pack, Struct(">i").pack


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
    keys = np.empty(sum(len(row.keys) for row in rows), dtype=_KEY_ROW)
    keys["fields"], keys["a"], keys["b"] = 2, 8, 8
    keys["key"] = [key for row in rows for key in row.keys]
    keys["identity"] = np.repeat([row.id for row in rows], [len(row.keys) for row in rows])
    with connection.transaction():
        _send(connection, _COPY, b"".join(map(_packed, rows)))
        _send(connection, _COPY_KEYS, keys.tobytes())


def _send(connection: psycopg.Connection[Any], statement: bytes, rows: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(packing.SIGNATURE + rows + packing.TRAILER)


def _packed(row: Row) -> bytes:
    texts = [
        part
        for text in (row.system, row.value, row.person, row.status, row.sender)
        for part in _sized(text.encode())
    ]
    sent = (row.sent - _EPOCH) // _MICROSECOND
    return b"".join(
        (
            _ID(10, 8, row.id), *texts, _SENT(8, sent), packing.bigints(row.keys), *_sized(pack(row.traits)),
            *_sized(row.content),
        )
    )  # fmt: skip


def _sized(data: bytes) -> tuple[bytes, bytes]:
    return _LENGTH(len(data)), data


def connect(dsn: str) -> psycopg.Connection[Any]:
    """Return a connection whose Patients are written by the index itself."""
    connection = psycopg.connect(dsn, autocommit=True)
    connection.execute(_KNOWS)
    return connection


def begin(dsn: str) -> None:
    """Make the empty index ready for being filled at once."""
    filling.defer(dsn, _FILLED)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_NO_KEY_INDEX)


def end(dsn: str) -> None:
    """Make the filled index ready for questions."""
    filling.build(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '1GB'")
        connection.execute(_KEY_INDEX)
        connection.execute(_NEXT)
        connection.execute("vacuum analyze mpi_key, mpi_identity")
        connection.execute("analyze")


def renew_keys(dsn: str, keys_of: Callable[[Sequence[Traits]], list[int]], batch: int = 1000) -> int:
    """Make the keys of identities anew that an older version of the rules made; return of how many."""
    total = 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        while True:
            with connection.transaction():
                rows = connection.execute(_OLD_KEYS, (batch,)).fetchall()
                if not rows:
                    return total
                made = [
                    ([] if retired else keys_of(unpack(bytes(packed))), number)
                    for number, packed, retired in rows
                ]
                connection.execute(_DROP_OLD_KEYS, ([number for _keys, number in made],))
                with connection.cursor() as cursor:
                    cursor.executemany(_NEW_KEYS, made)
                    cursor.executemany(_PUT_KEYS, made)
            total += len(rows)


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
    """Read the table of keys as arrays."""
    with connection.cursor() as cursor, cursor.copy(_READ_KEYS) as copy:
        data = b"".join(bytes(block) for block in copy)
    content = data[_SIGNATURE:].removesuffix(_TRAILER)
    table = np.frombuffer(content, dtype=_KEY_ROW)
    return table["key"].astype(np.int64), table["identity"].astype(np.int64)


def sizes(dsn: str) -> Iterator[tuple[str, int]]:
    """Yield the tables of the index and of Patients with their bytes on disk, indexes included."""
    with psycopg.connect(dsn) as connection:
        yield from connection.execute(_SIZES).fetchall()


def now() -> datetime:
    """Return the present."""
    return datetime.now(UTC)
