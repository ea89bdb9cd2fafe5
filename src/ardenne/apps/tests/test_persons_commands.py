"""``ardenne mpi train`` and ``dedupe`` over a node's own database of invented persons."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import orjson
import psycopg
import pytest
from click.testing import CliRunner

from ardenne.apps.persons import dedupe, train
from ardenne.apps.population import fhir
from ardenne.apps.population.persons import BLOCK, block
from ardenne.apps.population.records import records
from ardenne.apps.serving import MIGRATIONS
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import store, store_bulk
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.matching import Matcher, keys_of
from ardenne.services.mpi.rules.reading import status_of, traits_of
from ardenne.services.mpi.store_bulk import Row

_PERSONS = 2_000


def _rows() -> list[Row]:
    people = [one for number in range(_PERSONS // BLOCK) for one in block(5, number)]
    found = []
    for number, record in enumerate(records(5, people), 1):
        content = fhir.identity(record)
        patient = orjson.loads(content)
        first, traits = patient["identifier"][0], traits_of(patient)
        found.append(
            Row(
                number, first["system"], first["value"], patient["id"], status_of(traits), "test", store_bulk.now(),
                keys_of(traits), traits, content,
            )
        )  # fmt: skip
    return found


@pytest.fixture
def peopled(node: TestNode) -> Iterator[TestNode]:
    """The node with the identities of some families, many of them twice under Patients of their own."""
    migrate(node.dsn, MIGRATIONS)
    node.empty()
    with store_bulk.connect(node.dsn) as connection:
        store_bulk.load(connection, _rows())
    yield node
    node.empty()
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate mpi_weights")


def _call(command: object, node: TestNode, *arguments: str) -> str:
    done = CliRunner().invoke(command, ["--database", node.dsn, *arguments], catch_exceptions=False)  # type: ignore[arg-type]
    assert done.exit_code == 0, done.output
    return done.output


def test_weights_are_learned_from_the_nodes_own_persons_and_are_in_force(peopled: TestNode) -> None:
    assert "are in force" in _call(train, peopled)

    async def version() -> str:
        database, matcher = Database(peopled.dsn, 1), Matcher()
        try:
            await matcher.scorer(database)
            return matcher.version
        finally:
            await database.close()

    assert asyncio.run(version()).startswith("own-")


def test_too_few_persons_teach_nothing(node: TestNode) -> None:
    migrate(node.dsn, MIGRATIONS)
    node.empty()
    done = CliRunner().invoke(train, ["--database", node.dsn])
    assert done.exit_code != 0 and "too few" in done.output


def test_the_search_asks_about_true_duplicates_and_asks_once(peopled: TestNode) -> None:
    told = _call(dedupe, peopled, "--processes", "1")
    cases = peopled.run(events.waiting(peopled.database, 5_000))
    assert cases and "at the identity desk" in told
    sure = [one for one in cases if one.weight is not None and one.weight >= 5 and not one.detail["guards"]]
    right = sum(one.person.partition("-")[0] == one.other.partition("-")[0] for one in sure)
    assert right == len(sure) > 100
    assert peopled.run(store.survivor(peopled.database, sure[0].person)) == sure[0].person
    before = _events(peopled)
    _call(dedupe, peopled, "--processes", "2")
    assert (
        len(peopled.run(events.waiting(peopled.database, 5_000))) == len(cases) and _events(peopled) == before
    )


def _events(node: TestNode) -> int:
    with psycopg.connect(node.dsn) as connection:
        row = connection.execute("select count(*) from mpi_event").fetchone()
        assert row is not None
        return int(row[0])
