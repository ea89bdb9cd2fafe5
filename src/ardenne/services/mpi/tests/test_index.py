"""Identities come in: known, linked, added, asked about; late, overlaid, doubtful and unknown ones."""

from __future__ import annotations

import asyncio

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.mpi import store
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.contract import Doubtful, Outcome
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.tests.persons import MATRICULE, NORTH, SOUTH, patient, register

_NUMBER = {"system": MATRICULE, "value": "1980010145728"}


def _patients(node: TestNode) -> list[dict[str, object]]:
    return [entry["resource"] for entry in node.call("GET", "Patient?_count=100").entries("match")]


def test_the_same_person_from_two_hospitals_is_one_patient_with_both_numbers(index_node: TestNode) -> None:
    index = Index()
    first = index_node.run(register(index_node, index, patient("N1")))
    second = index_node.run(register(index_node, index, patient("S9", SOUTH), sender="south"))
    assert (first.outcome, second.outcome) == (Outcome.ADDED, Outcome.LINKED)
    assert first.person == second.person
    (found,) = _patients(index_node)
    assert found["identifier"] == [
        {"system": SOUTH, "value": "S9"},
        {"system": NORTH, "value": "N1"},
    ] or found["identifier"] == [{"system": NORTH, "value": "N1"}, {"system": SOUTH, "value": "S9"}]


def test_a_known_number_brings_the_person_up_to_date_and_keeps_what_was_said_before(
    index_node: TestNode,
) -> None:
    index = Index()
    first = index_node.run(register(index_node, index, patient("N1"), day=0))
    moved = patient("N1", address=[{"line": ["3 Grand-Rue"], "city": "Mersch", "postalCode": "7522"}])
    second = index_node.run(register(index_node, index, moved, day=5))
    assert second == (first.person, Outcome.KNOWN, ())
    (found,) = _patients(index_node)
    assert found["address"] == moved["address"]
    (identity,) = index_node.run(store.of_persons(index_node.database, [first.person]))
    (older,) = index_node.run(store.versions(index_node.database, identity.id))
    assert older["outcome"] == "replaced" and b"Esch" in older["content"]


def test_what_comes_late_is_kept_but_changes_nothing(index_node: TestNode) -> None:
    index = Index()
    index_node.run(register(index_node, index, patient("N1"), day=5))
    late = index_node.run(register(index_node, index, patient("N1", gender="male"), day=1))
    assert late.outcome is Outcome.OVERTAKEN
    assert _patients(index_node)[0]["gender"] == "female"


def test_another_persons_traits_under_a_known_number_are_not_believed(index_node: TestNode) -> None:
    index = Index()
    first = index_node.run(register(index_node, index, patient("N1")))
    other = patient(
        "N1",
        name=[{"family": "Kowalski", "given": ["Piotr"]}],
        gender="male",
        birthDate="1951-11-30",
        address=None,
    )
    second = index_node.run(register(index_node, index, other, day=1))
    assert second.outcome is Outcome.OVERLAY and second.person == first.person
    assert _patients(index_node)[0]["name"][0]["family"] == "Hoffmann"  # type: ignore[index]
    (case,) = index_node.run(events.waiting(index_node.database, 10))
    assert (case.kind, case.risk) == ("overlay", 5)


def test_twins_are_two_persons_and_nobody_is_asked_twice(index_node: TestNode) -> None:
    index = Index()
    one = index_node.run(register(index_node, index, patient("N1", multipleBirthInteger=1)))
    twin = patient(
        "N2", multipleBirthInteger=2, name=[{"family": "Hoffmann", "given": ["Tom"]}], gender="male"
    )
    two = index_node.run(register(index_node, index, twin))
    assert two.outcome is Outcome.ADDED and two.person != one.person


def test_a_number_under_other_traits_is_refused_when_certainty_is_asked(index_node: TestNode) -> None:
    index = Index()
    index_node.run(register(index_node, index, patient("N1", identifier=[_NUMBER])))
    other = patient(
        "x", identifier=[_NUMBER], name=[{"family": "Kowalski", "given": ["Piotr"]}], gender="male",
        birthDate="1951-11-30",
    )  # fmt: skip
    with pytest.raises(Doubtful) as caught:
        index_node.run(register(index_node, index, other, sender="lab", certain=True))
    assert caught.value.rule == "other-person"


def test_somebody_unknown_is_a_person_of_its_own_until_traits_come(index_node: TestNode) -> None:
    index = Index()
    nobody = patient("E1", name=[{"family": "Inconnu"}], gender="unknown", birthDate=None, address=None)
    first = index_node.run(register(index_node, index, nobody))
    second = index_node.run(
        register(index_node, index, {**nobody, "identifier": [{"system": NORTH, "value": "E2"}]})
    )
    assert first.person != second.person
    (case, _other) = index_node.run(events.waiting(index_node.database, 10))
    assert case.kind == "unknown"
    known = index_node.run(register(index_node, index, patient("S1", SOUTH)))
    named = index_node.run(register(index_node, index, patient("E1"), day=2))
    assert named.outcome is Outcome.KNOWN and named.person == first.person
    duplicate = next(
        one for one in index_node.run(events.waiting(index_node.database, 10)) if one.kind == "duplicate"
    )
    assert {duplicate.person, duplicate.other} == {first.person, known.person}


def test_a_newborn_registered_twice_at_the_same_moment_is_one_person_or_one_question(
    index_node: TestNode,
) -> None:
    baby = {"name": [{"family": "Hoffmann", "given": ["Baby"]}], "birthDate": "2026-03-01"}

    async def both() -> None:
        index = Index()
        await asyncio.gather(
            *(
                register(index_node, index, patient(f"B{number}", system, **baby), sender=system)
                for number in range(4)
                for system in (NORTH, SOUTH)
            )
        )

    index_node.run(both())
    persons = {str(one["id"]) for one in _patients(index_node)}
    cases = index_node.run(events.waiting(index_node.database, 100))
    joined = {frozenset((case.person, case.other)) for case in cases if case.kind == "duplicate"}
    # whoever was added beside somebody is asked about: the persons hang together through questions
    reached = {min(persons)}
    while more := {one for pair in joined if pair & reached for one in pair} - reached:
        reached |= more
    assert reached == persons
