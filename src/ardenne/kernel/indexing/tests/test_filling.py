"""Indexes that wait until a database is filled."""

from __future__ import annotations

import psycopg

from ardenne.kernel.store import filling
from ardenne.kernel.testing import TestNode


def _indexes(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select indexname, indexdef from pg_indexes where tablename = any(%s)", (list(filling.RESOURCES),)
        )
        return dict(rows.fetchall())


def test_indexes_go_away_and_come_back_as_they_were(node: TestNode) -> None:
    before = _indexes(node.dsn)
    try:
        filling.defer(node.dsn, filling.RESOURCES)
        away = set(before) - set(_indexes(node.dsn))
        assert {"resource_tokens", "string_value_key", "date_value_pk"} <= away
        assert all("UNIQUE" not in before[name] for name in away)
    finally:
        count = filling.build(node.dsn)
    assert count == len(away)
    assert _indexes(node.dsn) == before
    assert filling.build(node.dsn) == 0


def test_what_a_process_left_away_when_it_died_is_mended(node: TestNode) -> None:
    before = _indexes(node.dsn)
    filling.defer(node.dsn, filling.RESOURCES)
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        # it had begun to build
        connection.execute(before["resource_tokens"].encode())
    assert filling.build(node.dsn) == len(before) - sum("UNIQUE" in one for one in before.values()) - 1
    assert _indexes(node.dsn) == before
