"""The search for duplicates that the node runs itself: once a night, by one process, questions only."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi import store_searches
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.merging import Officer, tell_apart
from ardenne.services.mpi.nightly import NightlySearch, night_of
from ardenne.services.mpi.tests.persons import NORTH, SOUTH, patient, register

ZONE = ZoneInfo("Europe/Luxembourg")
NIGHT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def _local(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("local", "hour", "night"),
    [
        (_local(2, 2, 0), 2, date(2026, 3, 2)), (_local(2, 6, 59), 2, date(2026, 3, 2)),
        (_local(2, 1, 59), 2, None), (_local(2, 12, 0), 2, None),
        (_local(2, 23, 30), 23, date(2026, 3, 2)), (_local(3, 0, 30), 23, date(2026, 3, 2)),
    ],
)  # fmt: skip
def test_a_night_is_due_for_some_hours(local: datetime, hour: int, night: date | None) -> None:
    assert night_of(local, hour) == night


async def _doubled(node: TestNode) -> tuple[str, str]:
    """Two Patients who are one person, unknown to each other because their keys came later."""
    index, persons = Index(), []
    for number, system in (("N1", NORTH), ("S1", SOUTH)):
        found = await register(
            node, index, patient(number, system, name=[{"family": number}], birthDate="1911-01-01")
        )
        persons.append(found.person)
    return persons[0], persons[1]


def _make_alike(node: TestNode) -> None:
    """Give both identities the traits of one person, past the index."""
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute(
            "update mpi_identity set traits = (select traits from mpi_identity order by id limit 1)"
        )
        connection.execute(
            "insert into mpi_key select k.key, i.id from mpi_key k, mpi_identity i on conflict do nothing"
        )


def _search(node: TestNode, moment: datetime = NIGHT) -> NightlySearch:
    return NightlySearch(node.database, node.dsn, 2, ZONE, lambda: moment)


def test_of_several_processes_one_searches_and_asks_once(index_node: TestNode) -> None:
    with psycopg.connect(index_node.dsn, autocommit=True) as connection:
        connection.execute("delete from mpi_search")
    index_node.run(_doubled(index_node))
    _make_alike(index_node)
    with psycopg.connect(index_node.dsn, autocommit=True) as connection:
        connection.execute("delete from mpi_case")

    async def race() -> list[bool]:
        return await asyncio.gather(*(_search(index_node).step() for _ in range(3)))

    assert sorted(index_node.run(race())) == [False, False, True]
    (found,) = index_node.run(store_searches.last(index_node.database))
    assert (found.state, found.identities, found.percent) == ("done", 2, 100)
    assert found.links + found.asks == 1 and found.opened == 1
    (case,) = index_node.run(events.waiting(index_node.database, 10))
    assert case.kind == "duplicate"
    assert index_node.run(_search(index_node, NIGHT + timedelta(days=1)).step())
    second, _first = index_node.run(store_searches.last(index_node.database))
    assert second.opened == 0 and len(index_node.run(events.waiting(index_node.database, 10))) == 1
    _told_apart(index_node, case.person, case.other)
    assert index_node.run(_search(index_node, NIGHT + timedelta(days=2)).step())
    assert index_node.run(events.waiting(index_node.database, 10)) == []


def _told_apart(node: TestNode, one: str, other: str) -> None:
    async def tell() -> None:
        async with node.database.transaction() as connection:
            await tell_apart(connection, one, other, Officer("Josée Kremer", "two sisters"))

    node.run(tell())


def test_a_search_whose_process_died_is_taken_over_and_by_day_nothing_runs(index_node: TestNode) -> None:
    with psycopg.connect(index_node.dsn, autocommit=True) as connection:
        connection.execute("delete from mpi_search")
        connection.execute(
            "insert into mpi_search (night, beat) values ('2026-03-02', now() - interval '1 hour')"
        )
    assert not index_node.run(_search(index_node, NIGHT.replace(hour=12)).step())
    assert index_node.run(_search(index_node).step())
    (found,) = index_node.run(store_searches.last(index_node.database))
    assert found.state == "done"
