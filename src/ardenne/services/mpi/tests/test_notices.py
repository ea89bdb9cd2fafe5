"""Merges and their undo are told to whoever subscribed to Patients (IHE PMIR ITI-93, ITI-94)."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.store import groups
from ardenne.kernel.subscriptions.operations import SubscriptionOperations
from ardenne.kernel.subscriptions.tests.receiver import World, listening
from ardenne.kernel.testing import BASE, TestNode
from ardenne.services.mpi import merging
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.merging import Officer
from ardenne.services.mpi.tests.persons import SOUTH, patient, register

_OFFICER = Officer("Josée Kremer", "same birth certificate")
_TOPIC = f"{BASE}/fhir/SubscriptionTopic/Patient-change"


def _told(world: World) -> dict[str, dict[str, Any]]:
    """The newest Patients that the receiver was told, by id."""
    found: dict[str, dict[str, Any]] = {}
    for call in world.receiver.of("event-notification"):
        for entry in call.json["entry"][1:]:
            found[entry["resource"]["id"]] = entry["resource"]
    return found


def test_who_subscribed_learns_of_the_merge_and_of_its_undo(
    index_node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index()
    with listening() as receiver:
        world = World(index_node, receiver)
        operations = SubscriptionOperations(world.clock).operations()
        monkeypatch.setattr(index_node.router, "operations", {**index_node.router.operations, **operations})
        world.subscribe(criteria=_TOPIC, content="full-resource")
        gone = index_node.run(register(index_node, index, patient("N1"))).person
        kept = index_node.run(
            register(
                index_node,
                index,
                patient("S1", SOUTH, name=[{"family": "Weis"}], birthDate="1955-05-05"),
                sender="south",
            )
        ).person

        async def merge() -> int:
            async with index_node.database.transaction() as connection:
                number = await merging.merge(index_node.service, connection, gone, kept, _OFFICER)
            await groups.refresh(index_node.database)
            return number

        async def undo(number: int) -> None:
            async with index_node.database.transaction() as connection:
                await merging.undo(index_node.service, connection, number, _OFFICER)
            await groups.refresh(index_node.database)

        number = index_node.run(merge())
        world.settle()
        told = _told(world)
        reference = {"reference": f"Patient/{kept}"}
        assert told[gone]["active"] is False
        assert told[gone]["link"] == [{"other": reference, "type": "replaced-by"}]
        assert told[kept]["link"] == [{"other": {"reference": f"Patient/{gone}"}, "type": "replaces"}]
        assert {one["value"] for one in told[kept]["identifier"]} == {"N1", "S1"}
        index_node.run(undo(number))
        world.settle()
        told = _told(world)
        assert "link" not in told[gone] and told[gone].get("active", True)
        assert {one["value"] for one in told[kept]["identifier"]} == {"S1"}
