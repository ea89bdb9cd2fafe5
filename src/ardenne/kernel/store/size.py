"""How large the database is, and fresh statistics for its planner."""

from __future__ import annotations

import psycopg

_SIZE = "select pg_database_size(current_database())"


def database_bytes(dsn: str) -> int:
    """Return the bytes of the database on disk."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(_SIZE).fetchone()
    assert row is not None
    return int(row[0])


def analyse(dsn: str) -> None:
    """Renew the planner's statistics, clean up after a large load and write everything to disk."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
