"""Histories of a resource, a type and the store."""

from __future__ import annotations

from ardenne.kernel.testing import TestNode


def _write(node: TestNode, resource_id: str, number: int) -> None:
    person = {"resourceType": "Patient", "id": resource_id, "multipleBirthInteger": number}
    assert node.call("PUT", f"Patient/{resource_id}", person).status in (200, 201)


def test_pages_of_a_history_hold_every_version_once(node: TestNode) -> None:
    for number in range(1, 8):
        _write(node, "a", number)
    seen, address = [], "Patient/a/_history?_count=3"
    while address:
        page = node.call("GET", address)
        assert page.json["total"] == 7
        seen += [entry["resource"]["meta"]["versionId"] for entry in page.entries()]
        address = page.link("next")
    assert seen == ["7", "6", "5", "4", "3", "2", "1"]


def test_histories_of_type_and_store_hold_every_version_once(node: TestNode) -> None:
    for number in range(3):
        for name in ("a", "b"):
            _write(node, name, number)
    node.call(
        "POST", "Observation", {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    )
    node.call("DELETE", "Patient/b")
    for start, expected in (("Patient/_history?_count=2", 7), ("_history?_count=3", 8)):
        seen, address = [], start
        while address:
            page = node.call("GET", address)
            seen += [(entry["fullUrl"], entry["response"]["etag"]) for entry in page.entries()]
            address = page.link("next")
        assert len(seen) == len(set(seen)) == expected


def test_since_and_at_limit_a_history(node: TestNode) -> None:
    _write(node, "a", 1)
    assert node.call("GET", "Patient/a/_history?_since=2999-01-01").entries() == []
    assert len(node.call("GET", "Patient/_history?_since=2020-01-01").entries()) == 1
    assert node.call("GET", "Patient/a/_history?_at=2020").entries() == []
    assert node.call("GET", "Patient/a/_history?_since=yesterday").status == 400
    assert node.call("GET", "Patient/none/_history").status == 404
