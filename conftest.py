"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ardenne.kernel.testing import TestNode


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
    """The shared node without any resource."""
    shared_node.empty()
    return shared_node


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of sample documents (setting ARDENNE_CORPUS); skips where it is absent."""
    root = Path(__file__).parent
    folder = Path(os.environ.get("ARDENNE_CORPUS", root / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no sample documents at {folder}: set ARDENNE_CORPUS")
    return folder
