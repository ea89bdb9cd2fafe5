"""What acts do to the stock; and that no balance ever lies, however many book at once."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Coroutine, Iterator
from datetime import date, timedelta
from typing import Any

import asyncpg
import psycopg
import pytest

from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.stock import rules, store
from ardenne.services.stock.keeping import Delivery, Keeper, Stock, Uses
from ardenne.services.stock.rules import StockError
from ardenne.services.vaccination.contract import Use

TODAY = date(2026, 3, 1)
HEXYON = "VAC0510"


@pytest.fixture(scope="session")
def _tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.stock.migrations"])


@pytest.fixture
def home(node: TestNode, _tables: None) -> Iterator[TestNode]:
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute(
            "truncate stock_site, stock_batch, stock_balance, stock_movement, stock_order cascade"
        )
    yield node


def stock_of(node: TestNode, today: date = TODAY) -> Stock:
    return Stock(node.database, Keeper("keeper", "Alain Mersch"), today)


def key() -> str:
    return str(uuid.uuid4())


def opened(node: TestNode) -> list[uuid.UUID]:
    for name, organisation in (("Centre", ""), ("Practice", "practice")):
        node.run(stock_of(node).open_site(name, organisation))
    return [one.id for one in node.run(store.sites(node.database))]


def delivered(node: TestNode, site: uuid.UUID, doses: int = 10, batch: str = "A1") -> int:
    expiry = TODAY + timedelta(days=90)
    node.run(stock_of(node).receive(Delivery(site, HEXYON, batch, expiry, doses), key()))
    return next(one.batch.id for one in node.run(store.overview(node.database)) if one.batch.batch == batch)


def held(node: TestNode) -> dict[tuple[str, str], tuple[int, int]]:
    found = node.run(store.overview(node.database))
    return {(one.site_name, one.batch.batch): (one.usable, one.quarantine) for one in found}


def refused(node: TestNode, act: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(StockError) as found:
        node.run(act)
    return found.value.rule


def used(node: TestNode, act: str, batch: str = "a1 ") -> str:
    async def use() -> str:
        async with node.database.transaction() as connection:
            return await Uses().use(connection, Use("practice", HEXYON, batch, act, "a", "Dr A"))

    return node.run(use())


def test_a_dose_from_delivery_to_the_arm(home: TestNode) -> None:
    centre, practice = opened(home)
    batch = delivered(home, centre)
    home.run(stock_of(home).move("transfer", centre, batch, 4, key(), other=practice))
    assert held(home) == {("Centre", "A1"): (6, 0), ("Practice", "A1"): (4, 0)}
    assert used(home, "act-1") == "booked"
    assert held(home)["Practice", "A1"] == (3, 0)
    assert used(home, "act-2", "B7") == "elsewhere"
    kinds = [one.kind for one in home.run(store.movements(home.database))]
    assert sorted(kinds) == ["delivery", "transfer", "transfer", "use"]


def test_what_was_given_is_told_even_when_the_books_are_empty(home: TestNode) -> None:
    _centre, practice = opened(home)
    delivered(home, practice, 1)
    assert [used(home, "act-1"), used(home, "act-2")] == ["booked", "short"]
    assert home.run(store.movements(home.database))[0].kind == "missing"


def test_a_form_that_is_sent_twice_books_once(home: TestNode) -> None:
    centre, practice = opened(home)
    batch, once = delivered(home, centre), key()
    for _ in range(3):
        home.run(stock_of(home).move("transfer", centre, batch, 4, once, other=practice))
    assert held(home)["Practice", "A1"] == (4, 0)


def test_a_broken_cold_chain_sets_everything_of_the_site_aside(home: TestNode) -> None:
    centre, practice = opened(home)
    first, second = delivered(home, centre), delivered(home, centre, 5, "B2")
    delivered(home, practice, 3)
    assert refused(home, stock_of(home).break_cold_chain(centre, " ", key())) == "reason"
    assert home.run(stock_of(home).break_cold_chain(centre, "14 °C for three hours", key())) == 15
    assert held(home)["Centre", "A1"] == (0, 10) and held(home)["Practice", "A1"] == (3, 0)
    home.run(stock_of(home).move("release", centre, first, 10, key(), "maker: stable"))
    home.run(stock_of(home).move("destroy-quarantine", centre, second, 5, key(), "maker: not stable"))
    assert held(home) == {("Centre", "A1"): (10, 0), ("Practice", "A1"): (3, 0)}


def test_recalled_and_expired_batches_leave_only_to_be_destroyed(home: TestNode) -> None:
    centre, practice = opened(home)
    batch = delivered(home, centre)
    late = stock_of(home, TODAY + timedelta(days=91))
    assert refused(home, late.move("transfer", centre, batch, 1, key(), other=practice)) == "expired"
    home.run(stock_of(home).recall(batch, "particles in the vial"))
    assert refused(home, stock_of(home).recall(batch, "again")) == "recalled"
    assert (
        refused(home, stock_of(home).move("transfer", centre, batch, 1, key(), other=practice)) == "recalled"
    )
    again = Delivery(centre, HEXYON, "A1", TODAY + timedelta(days=90), 5)
    assert refused(home, stock_of(home).receive(again, key())) == "recalled"
    assert home.run(Uses().warning(home.database, HEXYON, "A1")) == "recalled"
    home.run(stock_of(home).move("destroy", centre, batch, 10, key(), "recalled"))
    assert held(home) == {}


def test_orders_are_answered_by_deliveries(home: TestNode) -> None:
    centre, practice = opened(home)
    order = uuid.uuid4()
    for _ in range(2):
        home.run(stock_of(home).order(practice, HEXYON, 10, str(order)))
    expiry = TODAY + timedelta(days=90)
    wrong = Delivery(centre, HEXYON, "A1", expiry, 4, order)
    assert refused(home, stock_of(home).receive(wrong, key())) == "order"
    assert held(home) == {}, "a refused delivery leaves nothing behind"
    for doses in (4, 6):
        home.run(stock_of(home).receive(Delivery(practice, HEXYON, "A1", expiry, doses, order), key()))
    (kept,) = home.run(store.orders(home.database))
    assert (kept.state, kept.delivered) == ("delivered", 10)
    assert refused(home, stock_of(home).cancel(order)) == "order"


def test_a_count_corrects_the_books_and_movements_are_never_changed(home: TestNode) -> None:
    centre, _practice = opened(home)
    batch = delivered(home, centre)
    home.run(stock_of(home).count(centre, batch, 8, key(), "two broken vials"))
    assert held(home)["Centre", "A1"] == (8, 0)
    for statement in ("update stock_movement set doses = 0", "delete from stock_movement"):
        with psycopg.connect(home.dsn) as connection, pytest.raises(psycopg.errors.RaiseException):
            connection.execute(statement)  # type: ignore[call-overload]


def test_twenty_vaccinators_and_five_doses(home: TestNode) -> None:
    _centre, practice = opened(home)
    delivered(home, practice, 5)

    async def use(number: int) -> str:
        async with home.database.transaction() as connection:
            return await Uses().use(connection, Use("practice", HEXYON, "A1", f"act-{number}", "a", "Dr A"))

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(use(number) for number in range(20)))

    assert sorted(home.run(all_at_once())) == ["booked"] * 5 + ["short"] * 15
    assert held(home) == {}


def test_acts_of_all_kinds_cross(home: TestNode) -> None:
    """Sixty acts of many kinds cross: doses are neither made nor lost, none is negative, nobody waits for ever."""
    centre, practice = opened(home)
    batch = delivered(home, practice, 12)
    stock, chance = stock_of(home), random.Random(5)
    outcomes: list[str] = []

    async def act(number: int) -> None:
        here, there = (centre, practice) if number % 2 else (practice, centre)
        try:
            match chance.choice((0, 0, 1, 2, 2, 3, 3, 3)):
                case 0:
                    await stock.move("transfer", here, batch, 3, key(), other=there)
                case 1:
                    await stock.break_cold_chain(here, "racing", key())
                case 2:
                    await stock.move("release", here, batch, 2, key(), "racing")
                case _:
                    async with home.database.transaction() as connection:
                        use = Use("practice", HEXYON, "A1", f"act-{number}", "a", "Dr A")
                        outcomes.append(await Uses().use(connection, use))
                    return
            outcomes.append("done")
        except StockError as error:
            outcomes.append(error.rule)

    async def all_at_once() -> None:
        await asyncio.gather(*(act(number) for number in range(60)))

    home.run(all_at_once())
    left = sum(usable + aside for usable, aside in held(home).values())
    assert left == 12 - outcomes.count("booked")
    assert set(outcomes) <= {"done", "short", "booked", "elsewhere"}
    booked = home.run(
        home.database.fetch("select site, batch, state, sum(doses) from stock_movement group by 1, 2, 3")
    )
    balances = home.run(home.database.fetch("select site, batch, state, doses from stock_balance"))
    assert {tuple(row) for row in booked if row[3]} == {tuple(row) for row in balances if row[3]}
    with pytest.raises(asyncpg.CheckViolationError):
        home.run(home.database.fetch("update stock_balance set doses = -1 returning doses"))


def test_a_count_of_what_is_there_books_nothing() -> None:
    batch = rules.Batch(1, HEXYON, "A1", TODAY, None, "")
    site = uuid.uuid4()
    assert rules.counted(site, batch, 7, 7) == []
    assert rules.freshness(batch, TODAY) == "soon"
    assert rules.freshness(batch, TODAY + timedelta(days=1)) == "expired"
