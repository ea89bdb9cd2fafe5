"""Searching contained resources (R4, Search, 3.1.1.5.5)."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.store import change
from ardenne.kernel.store.bulk import BulkWriter
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.testing import TestNode
from ardenne.standards.fhir.json import dump


def medication(local: str, code: str, ratio: float = 1.0) -> dict[str, Any]:
    strength = {"numerator": {"value": ratio}, "denominator": {"value": 1}}
    return {
        "resourceType": "Medication", "id": local,
        "code": {"coding": [{"system": "http://example.org/m", "code": code, "display": f"Drug {code}"}]},
        "ingredient": [{"itemCodeableConcept": {"text": code}, "strength": strength}],
    }  # fmt: skip


def request(name: str, *contained: dict[str, Any], **more: Any) -> dict[str, Any]:
    local = [one["id"] for one in contained]
    return {
        "resourceType": "MedicationRequest", "id": name, "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p"}, "medicationReference": {"reference": f"#{local[0]}"},
        "supportingInformation": [{"reference": f"#{one}"} for one in local[1:]],
        **({"contained": list(contained)} if contained else {}), **more,
    }  # fmt: skip


@pytest.fixture
def filled(node: TestNode) -> TestNode:
    for one in (
        medication("standing", "A"),
        request("r1", medication("m", "A"), medication("n", "B")),
        request("r2", medication("m", "B")),
    ):
        if not one.get("supportingInformation"):
            one.pop("supportingInformation", None)
        assert node.call("PUT", f"{one['resourceType']}/{one['id']}", one).status == 201
    return node


def addresses(node: TestNode, query: str) -> list[str]:
    answer = node.call("GET", query)
    assert answer.status == 200, answer.body
    found = [entry["fullUrl"].partition("/fhir/")[2] for entry in answer.entries("match")]
    assert answer.json["total"] == len(found)
    return sorted(found)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("code=A", ["Medication/standing"]),
        ("code=A&_contained=false", ["Medication/standing"]),
        ("code=A&_contained=true", ["MedicationRequest/r1"]),
        ("code=B&_contained=true&_containedType=container", ["MedicationRequest/r1", "MedicationRequest/r2"]),
        ("code=B&_contained=true&_containedType=contained", ["MedicationRequest/r1#n", "MedicationRequest/r2#m"]),
        ("code=A&_contained=both", ["Medication/standing", "MedicationRequest/r1"]),
        ("code=A&_contained=both&_containedType=contained", ["Medication/standing", "MedicationRequest/r1#m"]),
        ("code:text=drug a&_contained=true", ["MedicationRequest/r1"]),
        ("code:not=A&_contained=true&_containedType=contained", ["MedicationRequest/r1#n", "MedicationRequest/r2#m"]),
        ("code=C&_contained=true", []),
    ],
)  # fmt: skip
def test_what_is_found(filled: TestNode, query: str, expected: list[str]) -> None:
    assert addresses(filled, f"Medication?{query}") == expected


def test_a_contained_resource_is_shown_as_it_was_written(filled: TestNode) -> None:
    sent = b'{"resourceType":"Medication","id":"x","code":{"coding":[{"code":"X"}]},"amount":{"numerator":{"value":1.50}}}'
    whole = dump(request("r3", medication("m", "C"))).replace(dump(medication("m", "C")), sent)
    whole = whole.replace(b'"#m"', b'"#x"').replace(b'"supportingInformation":[],', b"")
    assert filled.call("PUT", "MedicationRequest/r3", whole).status == 201
    found = filled.call("GET", "Medication?code=X&_contained=true&_containedType=contained")
    assert sent in found.body


def test_it_goes_with_its_container(filled: TestNode) -> None:
    changed = request("r1", medication("z", "Z"))
    changed.pop("supportingInformation")
    assert filled.call("PUT", "MedicationRequest/r1", changed).status == 200
    assert addresses(filled, "Medication?code=A&_contained=true") == []
    assert addresses(filled, "Medication?code=Z&_contained=true&_containedType=contained") == [
        "MedicationRequest/r1#z"
    ]
    filled.call("DELETE", "MedicationRequest/r1")
    filled.call("DELETE", "MedicationRequest/r2")
    assert addresses(filled, "Medication?_contained=true&_containedType=contained") == []
    left = filled.run(filled.database.fetch("select count(*) from contained_resource"))
    assert left[0][0] == 0


def test_bulk_loading_indexes_it_too(node: TestNode) -> None:
    writer = BulkWriter(node.dsn)
    for code in ("A", "B"):
        resource = request("r1", medication("m", code))
        resource.pop("supportingInformation")
        writer.write([change.write(resource, dump(resource), "r1", Mode.PUT_UNLESS_SAME, Method.PUT)])
    writer.close()
    assert addresses(node, "Medication?code=A&_contained=true") == []
    assert addresses(node, "Medication?code=B&_contained=true") == ["MedicationRequest/r1"]


def test_pages_go_on_through_contained_resources(filled: TestNode) -> None:
    for number in range(7):
        one = request(f"p{number}", medication("m", "P"))
        one.pop("supportingInformation")
        filled.call("PUT", f"MedicationRequest/p{number}", one)
    seen: list[str] = []
    link = "Medication?code=P&_contained=true&_containedType=contained&_count=3"
    while link:
        answer = filled.call("GET", link)
        seen += [entry["fullUrl"] for entry in answer.entries("match")]
        link = answer.link("next")
    assert len(seen) == len(set(seen)) == 7
