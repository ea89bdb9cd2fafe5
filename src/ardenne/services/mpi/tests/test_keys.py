"""Keys that an older version of the rules made are made anew, and only those."""

from __future__ import annotations

import psycopg

from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import store_bulk
from ardenne.services.mpi.contract import Outcome
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.matching import keys_of
from ardenne.services.mpi.tests.persons import SOUTH, patient, register


def test_old_keys_are_renewed_once_and_find_the_person_again(index_node: TestNode) -> None:
    index = Index()
    first = index_node.run(register(index_node, index, patient("N1")))
    with psycopg.connect(index_node.dsn, autocommit=True) as connection:
        kept = connection.execute("select key from mpi_key order by key").fetchall()
        connection.execute("update mpi_key set key = key / 7 + 3")
        connection.execute("update mpi_identity set keys = array(select key from mpi_key), key_rule = 1")
        assert store_bulk.renew_keys(index_node.dsn, keys_of, batch=1) == 1
        assert connection.execute("select key from mpi_key order by key").fetchall() == kept
    assert store_bulk.renew_keys(index_node.dsn, keys_of) == 0
    second = index_node.run(register(index_node, index, patient("S1", SOUTH), sender="south"))
    assert (second.person, second.outcome) == (first.person, Outcome.LINKED)
    assert store_bulk.renew_keys(index_node.dsn, keys_of) == 0
