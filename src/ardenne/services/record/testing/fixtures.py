"""A node with the record's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from ardenne.kernel.store.migrate import migrate
from ardenne.kernel.testing import TestNode
from ardenne.services.record.store import LoadedFiles


@pytest.fixture(scope="session")
def _record_tables(shared_node: TestNode) -> None:
    migrate(shared_node.dsn, ["ardenne.services.record.migrations"])


@pytest.fixture
def filing_node(node: TestNode, _record_tables: None) -> Iterator[TestNode]:
    """The empty node, its error desk and its list of loaded files empty too."""
    with psycopg.connect(node.dsn, autocommit=True) as connection:
        connection.execute("truncate error_desk, loaded_file, document_facts")
    yield node


@pytest.fixture
def loaded(filing_node: TestNode) -> Iterator[LoadedFiles]:
    """The list of files that were loaded wholly."""
    found = LoadedFiles(filing_node.dsn)
    yield found
    found.close()


def stored(node: TestNode, resource_type: str, query: str = "") -> list[dict[str, Any]]:
    """Return the resources of a type, as the FHIR door gives them."""
    answer = node.call("GET", f"{resource_type}?_count=1000{query}")
    assert answer.status == 200, answer.json
    return [entry["resource"] for entry in answer.entries("match")]
