"""The search parameters that MHD adds find submission sets and documents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ardenne.kernel.indexing.runner import IndexRunner
from ardenne.kernel.store import custom
from ardenne.kernel.store.reindexing import Reindexing
from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange.mhd import parameters
from ardenne.services.record.exchange.mhd.tests.test_mhd import bundle, node

__all__ = ["node"]


@pytest.fixture
def searching(node: TestNode) -> Iterator[TestNode]:
    yield node
    node.empty()
    custom.use(custom.Definitions())


def test_what_is_there_and_what_comes_is_found(searching: TestNode) -> None:
    node = searching
    assert node.call("POST", "", bundle()).status == 200
    node.run(parameters.store(node.service))
    runner = IndexRunner(Reindexing(node.database))
    while node.run(runner.step()) is not None:
        pass
    assert node.call("POST", "", bundle(b"2")).status == 200
    asked = "patient=Patient/p1&status=current"
    assert len(node.call("GET", f"DocumentReference?{asked}&creation=ge2026-01-01").ids) == 2
    assert node.call("GET", f"DocumentReference?{asked}&creation=gt2026-01-02").ids == []
    assert len(node.call("GET", f"List?{asked}&designationType=225728007").ids) == 2
    assert len(node.call("GET", f"List?{asked}&sourceId=urn:oid:1.2.3").ids) == 2
    assert node.call("GET", f"List?{asked}&sourceId=urn:oid:9").ids == []
    before = node.call("GET", "SearchParameter/list-sourceid").json["meta"]["versionId"]
    node.run(parameters.store(node.service))
    assert node.call("GET", "SearchParameter/list-sourceid").json["meta"]["versionId"] == before
