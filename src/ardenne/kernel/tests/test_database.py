"""The connections of a worker: who holds one never waits for a second."""

from __future__ import annotations

import asyncio

import pytest

from ardenne.kernel.store.database import Database, DatabaseUnavailable
from ardenne.kernel.testing import TestNode


def test_callers_who_ask_for_a_second_connection_do_not_lock_each_other_out(node: TestNode) -> None:
    async def both(database: Database, held: asyncio.Barrier) -> int:
        async with database.transaction():
            await held.wait()
            return int((await database.fetch("select 1"))[0][0])

    async def scene() -> list[object]:
        database = Database(node.dsn, 2)
        held = asyncio.Barrier(2)
        try:
            async with asyncio.timeout(20):
                found = await asyncio.gather(
                    both(database, held), both(database, held), return_exceptions=True
                )
            # and afterwards everything is there again
            assert [row[0] for row in await database.fetch("select 2")] == [2]
            return list(found)
        finally:
            await database.close()

    found = node.run(scene())
    assert all(isinstance(one, DatabaseUnavailable) for one in found)


def test_a_second_connection_is_a_fault_in_tests_even_where_one_is_free(node: TestNode) -> None:
    async def scene() -> None:
        async with node.database.transaction():
            await node.database.fetch("select 1")

    with pytest.raises(RuntimeError, match="second connection"):
        node.run(scene())

    async def another_task() -> None:
        async with node.database.transaction():
            await asyncio.create_task(node.database.fetch("select 1"))

    node.run(another_task())
