"""A node with the index of persons."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardenne.kernel.testing import TestNode


@pytest.fixture
def index_node(node: TestNode) -> Iterator[TestNode]:
    """The empty node, empty again afterwards: no merge of a test outlives it."""
    yield node
    node.empty()
