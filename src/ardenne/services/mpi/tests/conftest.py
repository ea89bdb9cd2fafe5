"""A node with the index of persons."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode

_TABLES = (
    "mpi_identity", "mpi_version", "mpi_key", "mpi_event", "mpi_case", "mpi_apart", "mpi_survivor", "mpi_relative",
    "mpi_message", "mpi_weights", "mpi_pending",
)  # fmt: skip


@pytest.fixture(scope="session")
def _index_tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.mpi.migrations"])


@pytest.fixture
def index_node(node: TestNode, _index_tables: None) -> Iterator[TestNode]:
    """The empty node with an empty index."""
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute(f"truncate {', '.join(_TABLES)} restart identity cascade")
    yield node
    node.empty()
