"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ardenne.kernel.testing import TestNode


_INDEX = (
    "mpi_identity", "mpi_version", "mpi_key", "mpi_event", "mpi_case", "mpi_apart", "mpi_survivor", "mpi_relative",
    "mpi_weights", "mpi_pending", "mllp_message",
)  # fmt: skip


@pytest.fixture(scope="session")
def shared_node() -> Iterator[TestNode]:
    """One node for the whole run; ARDENNE_TEST_DATABASE names another PostgreSQL to use."""
    from ardenne.kernel.store.migrate import migrate
    from ardenne.kernel.testing import TestNode
    from ardenne.services.mpi.contract import PersonIndex
    from ardenne.services.mpi.index import Index

    node = TestNode(os.environ.get("ARDENNE_TEST_DATABASE", ""))
    migrate(node.dsn, ["ardenne.services.mpi.migrations"])
    index = Index()
    node.service.registry.provide(PersonIndex, index)
    node.service.registry.provide(Index, index)
    yield node
    node.close()


@pytest.fixture
def node(shared_node: TestNode) -> TestNode:
    """The shared node without any resource and with an empty index of persons."""
    import psycopg

    shared_node.empty()
    with psycopg.connect(shared_node.dsn, autocommit=True) as connection:
        connection.execute(f"truncate {', '.join(_INDEX)} restart identity cascade")
    return shared_node


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of sample documents (setting ARDENNE_CORPUS); skips where it is absent."""
    root = Path(__file__).parent
    folder = Path(os.environ.get("ARDENNE_CORPUS", root / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no sample documents at {folder}: set ARDENNE_CORPUS")
    return folder
