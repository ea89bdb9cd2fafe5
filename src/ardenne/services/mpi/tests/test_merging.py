"""Merge, split and undo over random histories: every resource, consent and journal line is reached from the right
person and only from it."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from ardenne.kernel.audit import store as journal
from ardenne.kernel.audit.store import Asked
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.store import groups, hashing
from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import merging, store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.merging import CannotMerge, Officer
from ardenne.services.mpi.tests.persons import NORTH, patient, register

_OFFICER = Officer("Josée Kremer", "same birth certificate")
_FAMILIES = ("Adam", "Becker", "Conter", "Dupont", "Engel", "Faber")
_STEPS = 14
_KINDS = ("Observation", "DocumentReference", "Consent")


async def _person(node: TestNode, index: Index, place: int) -> str:
    """Add a person with two identities and return it."""
    family = _FAMILIES[place]
    traits: dict[str, Any] = {
        "name": [{"family": family, "given": [f"Given{place}"]}], "birthDate": f"19{50 + place}-0{place + 1}-1{place}",
        "address": None,
    }  # fmt: skip
    found = await register(node, index, patient(f"N{place}", **traits))
    again = await register(node, index, patient(f"S{place}", "urn:oid:1.2.3.2", **traits), sender="south")
    assert found.person == again.person
    return found.person


async def _note(node: TestNode, person: str, name: str, kind: str = "Observation") -> str:
    """Write something into the record of a person, as a doctor would, and return its reference."""
    about = {"reference": f"Patient/{person}"}
    content: dict[str, dict[str, Any]] = {
        "Observation": {"status": "final", "code": {"text": "note"}, "subject": about},
        "DocumentReference": {
            "status": "current", "subject": about,
            "content": [{"attachment": {"contentType": "text/plain", "url": f"Binary/{name}-content"}}],
        },
        "Consent": {
            "status": "active", "patient": about, "dateTime": "2026-01-01",
            "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]},
            "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
            "policyRule": {"text": "research"}, "provision": {"type": "deny"},
        },
    }  # fmt: skip
    if kind == "DocumentReference":
        data = {
            "resourceType": "Binary", "id": f"{name}-content", "contentType": "text/plain", "data": "bm90ZQ==",
            "securityContext": about,
        }  # fmt: skip
        assert (await node.ask("PUT", f"Binary/{name}-content", data)).status == 201
    answer = await node.ask("PUT", f"{kind}/{name}", {"resourceType": kind, "id": name, **content[kind]})
    assert answer.status == 201, answer.body
    return f"{kind}/{name}"


async def _merge(node: TestNode, one: str, other: str) -> int:
    async with node.database.transaction() as connection:
        number = await merging.merge(node.service, connection, one, other, _OFFICER)
    await groups.refresh(node.database)
    return number


async def _undo(node: TestNode, number: int) -> None:
    async with node.database.transaction() as connection:
        await merging.undo(node.service, connection, number, _OFFICER)
    await groups.refresh(node.database)


class _World:
    """What is true: who is one person, and whose each resource is."""

    def __init__(self) -> None:
        self.replaced: dict[str, tuple[str, int]] = {}
        self.owner: dict[str, str] = {}
        self.splits: dict[int, tuple[str, str, list[str]]] = {}
        self.persons: list[str] = []
        self.lines: Counter[str] = Counter()
        """How often somebody read each Patient."""

    def last(self, person: str) -> str:
        return self.last(self.replaced[person][0]) if person in self.replaced else person

    def group(self, person: str) -> set[str]:
        return {one for one in self.persons if self.last(one) == self.last(person)}


async def _history(node: TestNode, seed: int) -> None:
    chance, index, world = random.Random(seed), Index(), _World()
    world.persons = [await _person(node, index, place) for place in range(len(_FAMILIES))]
    for place, person in enumerate(world.persons):
        for kind in _KINDS:
            world.owner[await _note(node, person, f"o{place}", kind)] = person
    for step in range(_STEPS):
        free = [one for one in world.persons if one not in world.replaced]
        match chance.randrange(5):
            case 0 | 1 if len(free) > 1:
                one, other = chance.sample(free, 2)
                try:
                    world.replaced[one] = (other, await _merge(node, one, other))
                except CannotMerge as error:
                    assert error.rule == "apart"
            case 2 if world.replaced:
                one = chance.choice(sorted(world.replaced))
                await _undo(node, world.replaced.pop(one)[1])
            case 3:
                await _split(node, world, chance.choice(world.persons), chance)
            case 4:
                person = chance.choice(world.persons)
                world.owner[await _note(node, person, f"later{step}", chance.choice(_KINDS))] = person
        await _look(node, world, chance.choice(world.persons))
        await _check(node, world)
    for number in sorted((number for _other, number in world.replaced.values()), reverse=True):
        await _undo(node, number)
    world.replaced.clear()
    await _check(node, world)


async def _split(node: TestNode, world: _World, person: str, chance: random.Random) -> None:
    own = [one for one in await store.of_persons(node.database, [person]) if one.content]
    if len(own) < 2:
        return
    moved = [
        reference for reference, owner in world.owner.items() if owner == person and chance.random() < 0.5
    ]
    async with node.database.transaction() as connection:
        number, fresh = await merging.split(node.service, connection, person, [own[0].id], moved, _OFFICER)
    world.persons.append(fresh)
    if chance.random() < 0.5:
        await _undo(node, number)
        event = await events.event(node.database, number)
        assert event is not None and event.undone
        assert [one.person for one in await store.by_id(node.database, [own[0].id])] == [person]
        world.replaced[fresh] = (person, -1)
        await _part_again(node, world, fresh, person)
        return
    for reference in moved:
        world.owner[reference] = fresh


async def _part_again(node: TestNode, world: _World, fresh: str, person: str) -> None:
    """After the undo of a split everything is in the old person's record, and the new Patient leads there."""
    read = (await node.ask("GET", f"Patient/{fresh}")).json
    assert {"other": {"reference": f"Patient/{person}"}, "type": "replaced-by"} in read["link"]
    world.persons.remove(fresh)
    del world.replaced[fresh]


async def _look(node: TestNode, world: _World, person: str) -> None:
    """A person reads the own Patient, which the journal notes."""
    node.caller = Caller(Kind.CITIZEN, f"citizen-{person}", patient=person)
    assert (await node.ask("GET", f"Patient/{person}")).status == 200
    node.caller = Caller(Kind.OPERATOR, "operator")
    world.lines[person] += 1


async def _check(node: TestNode, world: _World) -> None:
    for person in world.persons:
        group = world.group(person)
        expected = {reference for reference, owner in world.owner.items() if owner in group}
        for kind in _KINDS:
            wanted = {reference for reference in expected if reference.startswith(f"{kind}/")}
            for address in (f"{kind}?patient={person}&_count=200", f"Patient/{person}/{kind}?_count=200"):
                answer = await node.ask("GET", address)
                assert {f"{kind}/{one}" for one in answer.ids} == wanted, address
        lines = await journal.count(node.database, Asked(patients=[hashing.self_hash("Patient", person)]))
        assert lines == sum(world.lines[one] for one in group)
        patients = (await node.ask("GET", f"Patient/{person}")).json
        assert patients.get("active", True) is (person not in world.replaced)
        assert await store.survivor(node.database, person) == world.last(person)


@pytest.mark.parametrize("seed", range(3))
def test_random_histories_lose_and_leak_nothing(index_node: TestNode, seed: int) -> None:
    index_node.run(_history(index_node, seed))


async def _two(node: TestNode) -> tuple[str, str]:
    index = Index()
    return await _person(node, index, 0), await _person(node, index, 1)


def test_directives_of_both_hold_after_a_merge_and_only_the_own_after_its_undo(index_node: TestNode) -> None:
    doctor = Caller(
        Kind.PROFESSIONAL, "a1", practitioner="d1", role="r1", organisation="o1", profession="doctor"
    )

    async def story() -> list[list[str]]:
        node = index_node
        one, other = await _two(node)
        await _note(node, one, "first")
        await _note(node, other, "second")
        from ardenne.kernel.policy import store as policy

        async with node.database.transaction() as connection:
            await policy.grant(connection, one, "Practitioner/d1", 1, 1, (0, policy.FOR_EVER), "test")
        seen = []

        async def look() -> None:
            node.caller = doctor
            try:
                answer = await node.ask("GET", f"Observation?patient={one},{other}&_sort=_id")
                single = await node.ask("GET", "Observation/second")
            finally:
                node.caller = Caller(Kind.OPERATOR, "operator")
            seen.append(sorted(answer.ids))
            assert (single.status == 200) == ("second" in answer.ids)

        await look()
        number = await _merge(node, other, one)
        await look()
        async with node.database.transaction() as connection:
            excluded = await policy.exclude(
                connection, other, "Practitioner/d1", (0, policy.FOR_EVER), "test"
            )
        assert excluded
        await look()
        await _undo(node, number)
        await look()
        return seen

    assert isinstance(index_node.service.policy, PolicyService)
    assert index_node.run(story()) == [["first"], ["first", "second"], [], ["first"]]


def test_a_citizen_signed_in_under_the_replaced_number_reads_the_whole_record_and_its_journal(
    index_node: TestNode,
) -> None:
    async def story() -> tuple[set[str], int, int]:
        node = index_node
        one, other = await _two(node)
        await _note(node, one, "first")
        await _note(node, other, "second")
        node.caller = Caller(Kind.CITIZEN, "c1", patient=other)
        await node.ask("GET", f"Observation?patient={other}")
        lines = await journal.count(node.database, Asked(patients=[hashing.self_hash("Patient", one)]))
        node.caller = Caller(Kind.OPERATOR, "operator")
        number = await _merge(node, other, one)
        node.caller = Caller(Kind.CITIZEN, "c1", patient=other)
        found = set((await node.ask("GET", f"Observation?patient={one}")).ids)
        node.caller = Caller(Kind.OPERATOR, "operator")
        merged = await journal.count(node.database, Asked(patients=[hashing.self_hash("Patient", one)]))
        await _undo(node, number)
        node.caller = Caller(Kind.CITIZEN, "c1", patient=other)
        assert (await node.ask("GET", f"Observation?patient={one}")).ids == []
        assert (await node.ask("GET", "Observation/first")).status == 404
        node.caller = Caller(Kind.OPERATOR, "operator")
        return found, lines, merged

    found, lines, merged = index_node.run(story())
    assert found == {"first", "second"}
    assert lines == 0 and merged > 0


def test_what_is_told_apart_is_not_merged_until_that_is_taken_back(index_node: TestNode) -> None:
    async def story() -> str:
        node = index_node
        one, other = await _two(node)
        async with node.database.transaction() as connection:
            number = await merging.tell_apart(connection, one, other, _OFFICER)
        with pytest.raises(CannotMerge) as caught:
            await _merge(node, one, other)
        await _undo(node, number)
        await _merge(node, one, other)
        with pytest.raises(CannotMerge):
            await _undo(node, number)
        return caught.value.rule

    assert index_node.run(story()) == "apart"


def test_the_golden_record_holds_the_numbers_of_both_and_is_what_it_was_after_the_undo(
    index_node: TestNode,
) -> None:
    async def story() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        node = index_node
        one, other = await _two(node)
        before = (await node.ask("GET", f"Patient/{one}")).json
        number = await _merge(node, other, one)
        merged = (await node.ask("GET", f"Patient/{one}")).json
        await _undo(node, number)
        return before, merged, (await node.ask("GET", f"Patient/{one}")).json

    before, merged, after = index_node.run(story())
    assert len(before["identifier"]) == 2 and len(merged["identifier"]) == 4
    assert {"system": NORTH, "value": "N1"} in merged["identifier"]
    for one in (before, after):
        del one["meta"]
    assert before == after
