"""The search of the store against a naive evaluator, over resources and searches made by chance.

ARDENNE_SEARCH_CASES sets how many searches are compared (default 20,000),
ARDENNE_SEARCH_SEED where chance begins.
"""

from __future__ import annotations

import os
import random

import pytest
from tests.conformance import generated
from tests.oracle.search import Oracle

from ardenne.kernel.testing import TestNode

CASES = int(os.environ.get("ARDENNE_SEARCH_CASES", "20000"))
SEED = int(os.environ.get("ARDENNE_SEARCH_SEED", "1"))
PER_STORE = 500


@pytest.mark.parametrize("store", range((CASES + PER_STORE - 1) // PER_STORE))
def test_the_store_finds_what_the_oracle_finds(node: TestNode, store: int) -> None:
    chance = random.Random(SEED * 1000 + store)
    resources = generated.resources(chance, 60)
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    answer = node.call("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status == 200, answer.body
    oracle = Oracle(resources)
    differences = []
    found_something = 0
    for _case in range(PER_STORE):
        resource_type, query = generated.query(chance)
        expected = sorted(one["id"] for one in oracle.search(resource_type, query))
        answer = node.call(
            "GET", f"{resource_type}?{query}&_count=500", headers={"Prefer": "handling=strict"}
        )
        assert answer.status == 200, f"{resource_type}?{query}: {answer.body!r}"
        found_something += bool(expected)
        if sorted(answer.ids) != expected:
            differences.append((f"{resource_type}?{query}", expected, sorted(answer.ids)))
    assert differences[:5] == [], f"{len(differences)} differences"
    assert found_something > PER_STORE // 5, "the searches find too little to prove anything"
