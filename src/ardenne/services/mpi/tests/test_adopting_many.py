"""Many Patients that were loaded past the index are put into it at once; few one by one, with their questions."""

from __future__ import annotations

import psycopg
import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import adopting, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.matching import keys_of
from ardenne.services.mpi.rules.reading import traits_of
from ardenne.services.mpi.tests.persons import NORTH, SOUTH, patient


def _loaded(node: TestNode, *ids: str) -> None:
    for place, person in enumerate(ids):
        content = {**patient(f"L{place}", (NORTH, SOUTH)[place % 2]), "id": person}
        assert node.call("PUT", f"Patient/{person}", content).status == 201


def test_a_load_is_taken_in_at_once_and_found_afterwards(
    index_node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopting, "_MANY", 3)
    index, database = Index(), index_node.database
    _loaded(index_node, "one", "two", "three")
    assert index_node.run(index.catch_up(database)) == 3
    found = index_node.run(store.of_persons(database, ["one", "two", "three"]))
    assert sorted(one.person for one in found) == ["one", "three", "two"]
    assert all(
        list(one.keys) == keys_of(traits_of(one.content)) and one.status == "provisional" for one in found
    )
    with psycopg.connect(index_node.dsn) as connection:
        kept = connection.execute("select key, identity from mpi_key").fetchall()
        assert sorted(kept) == sorted((key, one.id) for one in found for key in one.keys)
    for person in ("one", "two", "three"):
        assert [one.kind for one in index_node.run(events.of_persons(database, [person]))] == ["added"]
    # whether they are one person the nightly search asks
    assert index_node.run(events.waiting(database, 10)) == []
    _loaded(index_node, "four")
    assert index_node.run(index.catch_up(database)) == 1
    assert {one.kind for one in index_node.run(events.waiting(database, 10))} == {"duplicate"}
    assert index_node.run(index.catch_up(database)) == 0


def test_what_is_in_the_index_is_brought_up_to_date_whatever_waits_beside_it(
    index_node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, database = Index(), index_node.database
    _loaded(index_node, "one")
    index_node.run(index.catch_up(database))
    monkeypatch.setattr(adopting, "_MANY", 2)
    moved = {**patient("L0", address=[{"city": "Wiltz", "postalCode": "9530"}]), "id": "one"}
    assert index_node.call("PUT", "Patient/one", moved).status == 200
    _loaded(index_node, "two", "three")
    assert index_node.call("DELETE", "Patient/three").status == 204
    assert index_node.run(index.catch_up(database)) == 3
    (one,) = index_node.run(store.of_persons(database, ["one"]))
    assert one.content["address"] == moved["address"] and one.version == 2
    assert index_node.run(store.of_persons(database, ["three"])) == []
    with psycopg.connect(index_node.dsn) as connection:
        assert connection.execute("select count(*) from mpi_pending").fetchone() == (0,)
