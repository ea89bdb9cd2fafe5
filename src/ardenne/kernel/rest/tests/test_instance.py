"""Interactions on one resource (R4, RESTful API)."""

from __future__ import annotations

import pytest

from ardenne.kernel.testing import TestNode

PATIENT = {"resourceType": "Patient", "name": [{"family": "Weber", "given": ["Léa"]}], "active": True}


def test_a_created_resource_is_read_back_with_version_and_time(node: TestNode) -> None:
    created = node.call("POST", "Patient", PATIENT)
    assert created.status == 201
    resource_id = created.json["id"]
    assert created.headers["location"].endswith(f"/fhir/Patient/{resource_id}/_history/1")
    assert created.headers["etag"] == 'W/"1"'
    read = node.call("GET", f"Patient/{resource_id}")
    assert (read.status, read.json["name"]) == (200, PATIENT["name"])
    assert read.json["meta"]["versionId"] == "1"
    assert read.body == created.body


def test_decimals_and_member_order_stay_as_sent(node: TestNode) -> None:
    content = (
        b'{"status":"final","resourceType":"Observation","code":{"text":"x"},'
        b'"valueQuantity":{"value":1.100,"unit":"g"},"component":[{"code":{"text":"y"},"valueQuantity":{"value":1E+2}}]}'
    )
    created = node.call("POST", "Observation", content)
    assert created.status == 201
    assert b'"status":"final","code":{"text":"x"},"valueQuantity":{"value":1.100,"unit":"g"}' in created.body
    assert b'"value":1E+2' in node.call("GET", f"Observation/{created.json['id']}").body


def test_put_creates_under_the_clients_id_then_makes_versions(node: TestNode) -> None:
    first = node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1"})
    second = node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1", "active": False})
    assert (first.status, second.status) == (201, 200)
    assert node.call("GET", "Patient/p1/_history/1").json["active"] is True
    assert node.call("GET", "Patient/p1/_history/2").json["active"] is False
    assert node.call("GET", "Patient/p1/_history/3").status == 404


def test_if_match_refuses_a_stale_version(node: TestNode) -> None:
    node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1"})
    good = node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1"}, {"If-Match": 'W/"1"'})
    stale = node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1"}, {"If-Match": 'W/"1"'})
    assert (good.status, stale.status) == (200, 412)
    assert "version 2" in stale.problem
    missing = node.call("PUT", "Patient/other", {**PATIENT, "id": "other"}, {"If-Match": 'W/"1"'})
    assert missing.status == 412


def test_a_deleted_resource_is_gone_and_can_come_back(node: TestNode) -> None:
    node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1"})
    assert node.call("DELETE", "Patient/p1").status == 204
    assert node.call("GET", "Patient/p1").status == 410
    assert node.call("DELETE", "Patient/p1").status == 204
    assert node.call("GET", "Patient?family=weber").ids == []
    again = node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1"})
    assert (again.status, again.json["meta"]["versionId"]) == (201, "3")
    assert node.call("GET", "Patient?family=weber").ids == ["p1"]
    history = node.call("GET", "Patient/p1/_history")
    assert [entry["request"]["method"] for entry in history.entries()] == ["PUT", "DELETE", "PUT"]
    assert history.json["total"] == 3


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If-None-Match", 'W/"1"', 304),
        ("If-None-Match", 'W/"2"', 200),
        ("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT", 304),
    ],
)
def test_conditional_read(node: TestNode, header: str, value: str, status: int) -> None:
    node.call("PUT", "Patient/p1", {**PATIENT, "id": "p1"})
    assert node.call("GET", "Patient/p1", headers={header: value}).status == status


@pytest.mark.parametrize(
    ("method", "address", "content", "status", "words"),
    [
        ("GET", "Patient/none", None, 404, "no Patient/none"),
        ("GET", "Patiens/1", None, 404, "not a resource type"),
        ("GET", "Patient/a_b", None, 400, "64 letters"),
        ("POST", "Patient", b"{", 400, "Line 1"),
        ("POST", "Patient", b"", 400, "empty"),
        ("POST", "Patient", b'{"resourceType":"Observation"}', 400, "asks for Patient"),
        ("POST", "Patient", b'{"resourceType":"Patient","birthDate":"1980-13-01"}', 422, "1980-13-01"),
        ("POST", "Patient", b'{"resourceType":"Patient","nickname":"x"}', 422, "nickname"),
        ("PUT", "Patient/p1", {**PATIENT, "id": "p2"}, 400, "both must be the same"),
        ("PUT", "Patient/p1", PATIENT, 400, "no id"),
        ("PATCH", "Patient/none", b"[]", 404, "no Patient/none"),
        ("TRACE", "Patient", None, 405, "does not apply"),
        ("GET", "Patient/1/$nothing", None, 404, "no operation"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong(
    node: TestNode, method: str, address: str, content: object, status: int, words: str
) -> None:
    answer = node.call(method, address, content)
    assert answer.status == status
    assert answer.json["resourceType"] == "OperationOutcome"
    assert words in answer.problem


def test_return_preferences(node: TestNode) -> None:
    minimal = node.call("POST", "Patient", PATIENT, {"Prefer": "return=minimal"})
    assert (minimal.status, minimal.body) == (201, b"")
    outcome = node.call("POST", "Patient", PATIENT, {"Prefer": "return=OperationOutcome"})
    assert outcome.json["resourceType"] == "OperationOutcome"


def test_conditional_create_update_and_delete(node: TestNode) -> None:
    person = {**PATIENT, "identifier": [{"system": "urn:n", "value": "7"}]}
    condition = {"If-None-Exist": "identifier=urn:n|7"}
    first, second = (node.call("POST", "Patient", person, condition) for _ in range(2))
    assert (first.status, second.status) == (201, 200)
    assert first.json["id"] == second.json["id"]
    changed = node.call("PUT", "Patient?identifier=urn:n|7", {**person, "active": False})
    assert (changed.status, changed.json["id"]) == (200, first.json["id"])
    node.call("POST", "Patient", person)
    assert node.call("PUT", "Patient?identifier=urn:n|7", person).status == 412
    assert node.call("POST", "Patient", person, condition).status == 412
    assert node.call("DELETE", "Patient?identifier=urn:n|7").status == 204
    assert node.call("GET", "Patient?identifier=urn:n|7").ids == []
