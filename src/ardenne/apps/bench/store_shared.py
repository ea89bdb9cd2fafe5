"""What the measurement of the shared record asks of the database itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import psycopg

from ardenne.kernel.store import filling
from ardenne.kernel.store.types import NUMBERS

_PATIENTS = """
select p.id from (select distinct patient from resource where type = %s and patient is not null) d
  join resource p on p.self = d.patient order by random() limit %s
"""
_FILED = """
select convert_from(r.body, 'UTF8')::jsonb #>> '{masterIdentifier,value}' from resource r
 where r.type = %s and r.body is not null and r.updated >= %s
"""
_SIZE = "select pg_total_relation_size(%s::regclass)"
_TABLES = ("resource", "content", "content_key", "posting", "string_value", "date_value")


def patients(dsn: str, limit: int) -> list[str]:
    """Return ids of patients whose records are not empty, in any order."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_PATIENTS, (NUMBERS["DocumentReference"], limit)).fetchall()
    return [str(row[0]) for row in rows]


def filed(dsn: str, names: Sequence[str], since: int) -> Counter[str]:
    """Return how often each of some documents (uniqueIds) stands in the store, of those written from a moment on."""
    wanted = frozenset(names)
    with psycopg.connect(dsn) as connection, connection.cursor("filed") as cursor:
        cursor.execute(_FILED, (NUMBERS["DocumentReference"], since))
        return Counter(row[0] for row in cursor if row[0] in wanted)


def sizes(dsn: str) -> dict[str, float]:
    """Return the size of the largest tables with their indexes, in MB."""
    found = {}
    with psycopg.connect(dsn) as connection:
        for name in _TABLES:
            row = connection.execute(_SIZE, (name,)).fetchone()
            assert row is not None
            found[f"{name} MB"] = row[0] / 1e6
    return found


def begin(dsn: str) -> None:
    """Make the empty node ready for being filled at once."""
    filling.defer(dsn, filling.RESOURCES)


def end(dsn: str) -> None:
    """Make the filled node ready for questions."""
    filling.build(dsn)
