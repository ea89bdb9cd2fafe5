"""Reading changes: whatever the order of commits, each exactly once."""

from __future__ import annotations

import orjson
import pytest

from ardenne.kernel.store import change
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Change, Method, Mode
from ardenne.kernel.subscriptions import store
from ardenne.kernel.subscriptions.tests.receiver import World, observation


def _put(resource_id: str, code: str = "a", mode: Mode = Mode.PUT) -> Change:
    made = observation(code, resource_id)
    return change.write(made, orjson.dumps(made), resource_id, mode, Method.PUT)


def _told(world: World, key: str) -> list[str]:
    async def read() -> list[str]:
        async with world.node.database.connection() as connection:
            events = await store.events(connection, key, 1, store.LAST, "", 1000)
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        return [f"{event.resource_id}/{event.version}" for event in events]

    return world.node.run(read())


def test_a_transaction_that_began_first_and_ends_last_is_neither_lost_nor_doubled(world: World) -> None:
    key = world.subscribe()

    async def overlap() -> None:
        write = world.node.service.resources.write_in
        early, late = await world.node.database.dedicated(), await world.node.database.dedicated()
        first, second = early.transaction(), late.transaction()
        await first.start()
        await second.start()
        await write(early, [_put("early")])
        await write(late, [_put("late"), _put("both")])
        await second.commit()
        await world.runner.settle()
        await write(early, [_put("both", "b")])
        await world.runner.settle()
        await first.commit()
        for connection in (early, late):
            await connection.close()

    world.node.run(overlap())
    world.settle()
    told = _told(world, key)
    assert sorted(told) == ["both/1", "both/2", "early/1", "late/1"]
    assert told.index("both/1") < told.index("both/2")
    world.settle()
    assert len(_told(world, key)) == 4
    assert sorted(world.receiver.numbers) == [1, 2, 3, 4]


def test_a_transaction_that_is_rolled_back_tells_nothing(world: World) -> None:
    key = world.subscribe()

    async def give_up() -> None:
        async with world.node.database.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await world.node.service.resources.write_in(connection, [_put("never")])
            await transaction.rollback()

    world.node.run(give_up())
    world.observe()
    world.settle()
    assert _told(world, key) == ["o/1"]


def test_one_large_transaction_is_read_page_by_page(world: World) -> None:
    key = world.subscribe()
    writer = BulkWriter(world.node.dsn)
    writer.write([_put(f"o{number}", mode=Mode.PUT_UNLESS_SAME) for number in range(25)])
    writer.close()
    while world.node.run(world.runner.reader.round(7)):
        continue
    assert sorted(_told(world, key)) == sorted(f"o{number}/1" for number in range(25))


def test_a_round_that_is_interrupted_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = world.subscribe()
    world.observe()

    async def record(*_arguments: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as broken, pytest.raises(ConnectionResetError):
        broken.setattr(store, "record", record)
        world.settle()
    assert _told(world, key) == []
    world.settle()
    assert _told(world, key) == ["o/1"]


def test_two_readers_at_once_record_each_change_once(world: World) -> None:
    import asyncio

    key = world.subscribe(filters=("code=a",))

    async def race() -> None:
        for number in range(20):
            await world.node.service.resources.write(_put(f"o{number}"))
            await asyncio.gather(*(world.runner.reader.round(3) for _reader in range(4)))

    world.node.run(race())
    world.settle()
    assert sorted(_told(world, key)) == sorted(f"o{number}/1" for number in range(20))


def test_after_a_restore_into_a_younger_database_nothing_is_told_twice_or_lost(world: World) -> None:
    key = world.subscribe()
    world.observe("a", "old")
    world.settle()
    world.observe("a", "new")

    async def age() -> None:
        # as after a restore: every number lies far ahead of the database's own
        async with world.node.database.transaction() as connection:
            for table in ("resource", "history", "subscription_reader"):
                await connection.execute(
                    f"update {table} set tx = (tx::text::bigint + 1000000000)::text::xid8"
                )

    world.node.run(age())
    world.settle()
    world.settle()
    assert _told(world, key) == ["old/1", "new/1"]
    world.observe("b", "old")
    world.settle()
    assert _told(world, key) == ["old/1", "new/1", "old/2"]
