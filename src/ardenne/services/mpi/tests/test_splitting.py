"""Parting a person: proposed by one officer, decided by another, taken back exactly."""

from __future__ import annotations

import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import deciding, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.merging import CannotMerge
from ardenne.services.mpi.tests.persons import SOUTH, patient, register

_FIRST = Caller(Kind.OFFICER, "josee", name="Josée Kremer", profession="identity")
_SECOND = Caller(Kind.OFFICER, "marc", name="Marc Weis", profession="identity")


async def _known(node: TestNode) -> tuple[str, list[int]]:
    index = Index()
    person = (await register(node, index, patient("N1"))).person
    await register(node, index, patient("S1", SOUTH), sender="south")
    return person, [one.id for one in await store.of_persons(node.database, [person])]


async def _propose(node: TestNode, person: str, identities: list[int]) -> int:
    async with node.database.transaction() as connection:
        return await deciding.propose_split(connection, person, identities, [], _FIRST, "two sisters")


async def _decide(node: TestNode, case: int, choice: str, caller: Caller) -> str:
    async with node.database.transaction() as connection:
        return await deciding.decide(node.service, connection, case, choice, caller, "looked at the register")


def test_a_second_officer_parts_a_person(index_node: TestNode) -> None:
    person, identities = index_node.run(_known(index_node))
    case = index_node.run(_propose(index_node, person, identities[1:]))
    with pytest.raises(CannotMerge) as refused:
        index_node.run(_decide(index_node, case, "split", _FIRST))
    assert refused.value.rule == "four-eyes"
    assert index_node.run(_decide(index_node, case, "split", _SECOND)) == "split"
    (moved,) = index_node.run(store.by_id(index_node.database, identities[1:]))
    (kept,) = index_node.run(store.by_id(index_node.database, identities[:1]))
    assert moved.person != person == kept.person
    closed = index_node.run(events.case(index_node.database, case))
    assert closed is not None and (closed.decision, closed.decided_by) == ("split", "Marc Weis")


def test_what_cannot_be_parted_is_refused_and_a_second_officer_may_say_no(index_node: TestNode) -> None:
    person, identities = index_node.run(_known(index_node))
    for chosen, rule in (([], "identity"), (identities, "all"), ([999_999], "identity")):
        with pytest.raises(CannotMerge) as refused:
            index_node.run(_propose(index_node, person, chosen))
        assert refused.value.rule == rule
    case = index_node.run(_propose(index_node, person, identities[1:]))
    assert index_node.run(_decide(index_node, case, "keep", _SECOND)) == "kept"
    assert {one.person for one in index_node.run(store.by_id(index_node.database, identities))} == {person}
