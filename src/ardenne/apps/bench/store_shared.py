"""What the measurement of the shared record asks of the database itself."""

from __future__ import annotations

import psycopg

from ardenne.kernel.store import filling
from ardenne.kernel.store.types import NUMBERS

_PATIENTS = """
select p.id from (select distinct patient from resource where type = %s and patient is not null) d
  join resource p on p.self = d.patient order by random() limit %s
"""
_SIZE = "select pg_total_relation_size(%s::regclass)"
_TABLES = ("resource", "content", "content_key", "posting", "string_value", "date_value")


def patients(dsn: str, limit: int) -> list[str]:
    """Return ids of patients whose records are not empty, in any order."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_PATIENTS, (NUMBERS["DocumentReference"], limit)).fetchall()
    return [str(row[0]) for row in rows]


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
