"""Search modifiers that need terminology: :in, :not-in, :below, :above."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.terminology.tests.test_operations import ANIMALS, PETS, animals, mapping, pets
from ardenne.kernel.testing import TestNode

Json = dict[str, Any]


@pytest.fixture
def zoo(node: TestNode) -> TestNode:
    for resource in (animals(), pets(), mapping()):
        node.call("PUT", f"{resource['resourceType']}/{resource['id']}", resource)
    node.call("PUT", "Patient/p1", {"resourceType": "Patient", "id": "p1", "gender": "female"})
    for code in ("mammal", "cat", "dog", "bird"):
        observation = {
            "resourceType": "Observation",
            "id": code,
            "status": "final",
            "subject": {"reference": "Patient/p1"},
            "code": {"coding": [{"system": ANIMALS, "code": code}]},
        }
        assert node.call("PUT", f"Observation/{code}", observation).status == 201
    return node


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"code:in={PETS}", {"cat", "dog"}),
        ("code:in=ValueSet/pets", {"cat", "dog"}),
        (f"code:not-in={PETS}", {"mammal", "bird"}),
        (f"code:below={ANIMALS}|mammal", {"mammal", "cat", "dog"}),
        (f"code:above={ANIMALS}|cat", {"mammal", "cat"}),
        (f"code:below={ANIMALS}|cat,{ANIMALS}|dog", {"cat", "dog"}),
        (f"code:in={PETS}&code:below={ANIMALS}|cat", {"cat"}),
    ],
)
def test_codes_of_value_sets_and_hierarchies(zoo: TestNode, query: str, expected: set[str]) -> None:
    answer = zoo.call("GET", f"Observation?{query}")
    assert set(answer.ids) == expected


def test_inside_chains_and_for_codes_without_system(zoo: TestNode) -> None:
    gender = "http://hl7.org/fhir/ValueSet/administrative-gender"
    assert zoo.call("GET", f"Patient?gender:in={gender}").ids == ["p1"]
    assert zoo.call("GET", f"Patient?gender:not-in={gender}").ids == []
    assert zoo.call("GET", f"Patient?_has:Observation:patient:code:in={PETS}").ids == ["p1"]
    assert len(zoo.call("GET", f"Observation?subject:Patient.gender:in={gender}").ids) == 4


def test_a_changed_value_set_changes_the_answer(zoo: TestNode) -> None:
    only_cats = pets() | {"compose": {"include": [{"system": ANIMALS, "concept": [{"code": "cat"}]}]}}
    zoo.call("PUT", "ValueSet/pets", only_cats)
    assert zoo.call("GET", f"Observation?code:in={PETS}").ids == ["cat"]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("code:in=urn:nowhere", "could not be found"),
        ("code:in=ValueSet/nobody", "there is no ValueSet/nobody"),
        ("code:below=cat", "write system|code"),
        (f"code:below={ANIMALS}|unicorn", "is no code of"),
        ("code:above=urn:x|y", "is not known here"),
    ],
)
def test_what_is_not_known_is_an_error(zoo: TestNode, query: str, reason: str) -> None:
    answer = zoo.call("GET", f"Observation?{query}")
    assert answer.status == 400
    assert reason in answer.problem
    assert "code" in answer.problem


def test_conditional_interactions_read_in_their_own_transaction(zoo: TestNode) -> None:
    answer = zoo.call("DELETE", f"Observation?code:below={ANIMALS}|cat")
    assert answer.status in (200, 204)
    assert "cat" not in zoo.call("GET", "Observation").ids
