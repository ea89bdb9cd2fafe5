"""Rows that an older version wrote get their label after the upgrade, once, and only then are they seen."""

from __future__ import annotations

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.store.labelling import label_some
from ardenne.kernel.testing import TestNode

ANNE = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne")


def test_rows_without_label_are_hidden_until_they_have_one(node: TestNode) -> None:
    node.call("PUT", "Patient/anne", {"resourceType": "Patient", "id": "anne"})
    node.call(
        "PUT",
        "Condition/c",
        {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/anne"}},
    )

    async def forget() -> None:
        async with node.database.connection() as connection:
            await connection.execute("update resource set category = -1")

    node.run(forget())
    node.caller = ANNE
    assert node.call("GET", "Condition/c").status == 404
    assert node.run(label_some(node.database)) == 2
    assert node.run(label_some(node.database)) == 0
    assert node.call("GET", "Condition/c").status == 200
