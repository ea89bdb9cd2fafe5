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
    for name in (
        "author.family=Thill",
        "author.given=claude",
        "author.family:exact=Thill",
        "author:Practitioner.family=thi",
    ):
        assert len(node.call("GET", f"DocumentReference?{asked}&{name}").ids) == 2, name
    for name in ("author.family=Muller", "author.family:exact=thill"):
        assert node.call("GET", f"DocumentReference?{asked}&{name}").ids == [], name
    before = node.call("GET", "SearchParameter/list-sourceid").json["meta"]["versionId"]
    node.run(parameters.store(node.service))
    assert node.call("GET", "SearchParameter/list-sourceid").json["meta"]["versionId"] == before


def test_documents_and_lists_of_whoever_made_them(searching: TestNode) -> None:
    """ITI-66 and 67: author and source by name, contained or of the directory; nobody else who is contained."""
    node = searching
    node.run(parameters.store(node.service))
    runner = IndexRunner(Reindexing(node.database))
    while node.run(runner.step()) is not None:
        pass
    sent = bundle()
    package, document = sent["entry"][0]["resource"], sent["entry"][1]["resource"]
    package["source"] = {"reference": "#s"}
    package["contained"] = [
        {"resourceType": "Practitioner", "id": "s", "name": [{"family": "Reuter", "given": ["Marc"]}]}
    ]
    document["contained"].append({"resourceType": "Practitioner", "id": "v", "name": [{"family": "Wagner"}]})
    document["authenticator"] = {"reference": "#v"}
    assert node.call("POST", "", sent).status == 200
    node.call(
        "PUT",
        "Practitioner/known",
        {"resourceType": "Practitioner", "id": "known", "name": [{"family": "Kieffer"}]},
    )
    other = bundle(b"2")
    other["entry"][1]["resource"] |= {"author": [{"reference": "Practitioner/known"}], "contained": []}
    other["meta"]["profile"] = [
        one.replace("Comprehensive", "UnContained.Comprehensive") for one in other["meta"]["profile"]
    ]
    del other["entry"][1]["resource"]["contained"]
    assert node.call("POST", "", other).status == 200
    form = {"content-type": "application/x-www-form-urlencoded"}
    for query, expected in {
        "DocumentReference?author.family=Thill": 1, "DocumentReference?author.family=Kieffer": 1,
        "DocumentReference?author.family=Thill,Kieffer": 2, "DocumentReference?author.family=Wagner": 0,
        "DocumentReference?authenticator.family=Wagner": 0, "List?source.family=Reuter": 1, "List?source.given=Marc": 1,
        "List?source.given=Marc&source.family=Thill": 0,
    }.items():  # fmt: skip
        assert len(node.call("GET", query + "&patient=p1").ids) == expected, query
        kind, _, rest = query.partition("?")
        assert (
            len(node.call("POST", f"{kind}/_search", f"{rest}&patient=p1".encode(), form).ids) == expected
        ), query
