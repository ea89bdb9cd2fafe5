"""Patch over the door: JSON Patch and FHIRPath Patch, with conditions and races."""

from __future__ import annotations

import asyncio
import base64

import orjson

from ardenne.kernel.testing import TestNode

JSON_PATCH = {"Content-Type": "application/json-patch+json"}


def _patient(node: TestNode) -> None:
    person = {"resourceType": "Patient", "id": "p", "active": True, "multipleBirthInteger": 0}
    node.call("PUT", "Patient/p", person)


def test_json_patch_makes_a_version(node: TestNode) -> None:
    _patient(node)
    patch = [{"op": "replace", "path": "/active", "value": False}]
    answer = node.call("PATCH", "Patient/p", patch, JSON_PATCH)
    assert (answer.status, answer.json["active"], answer.json["meta"]["versionId"]) == (200, False, "2")
    assert node.call("PATCH", "Patient/p", patch, {**JSON_PATCH, "If-Match": 'W/"1"'}).status == 412
    assert node.call("PATCH", "Patient?active=false", patch, JSON_PATCH).status == 200
    assert node.call("PATCH", "Patient?active=true", patch, JSON_PATCH).status == 404


def test_fhirpath_patch_makes_a_version(node: TestNode) -> None:
    _patient(node)
    parts = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.active"},
        {"name": "value", "valueBoolean": False},
    ]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    answer = node.call("PATCH", "Patient/p", patch, {"Content-Type": "application/fhir+json"})
    assert (answer.status, answer.json["active"]) == (200, False)


def test_a_patch_that_cannot_be_applied_changes_nothing(node: TestNode) -> None:
    _patient(node)
    for patch, status in (
        (b"[{", 400),
        ([{"op": "remove", "path": "/nothing"}], 422),
        ([{"op": "replace", "path": "/active", "value": "maybe"}], 422),
        ([{"op": "replace", "path": "/id", "value": "q"}], 400),
    ):
        answer = node.call("PATCH", "Patient/p", patch, JSON_PATCH)
        assert answer.status == status, answer.body
    assert node.call("PATCH", "Patient/p", b"x", {"Content-Type": "text/plain"}).status == 415
    assert node.call("GET", "Patient/p").json["meta"]["versionId"] == "1"


def test_parallel_patches_lose_none(node: TestNode) -> None:
    person = {"resourceType": "Patient", "id": "p", "name": [{"given": ["start"]}]}
    node.call("PUT", "Patient/p", person)

    async def race() -> list[int]:
        calls = (
            node.ask(
                "PATCH", "Patient/p", [{"op": "add", "path": "/name/0/given/-", "value": f"n{n}"}], JSON_PATCH
            )
            for n in range(16)
        )
        return [answer.status for answer in await asyncio.gather(*calls)]

    assert set(node.run(race())) == {200}
    assert len(node.call("GET", "Patient/p").json["name"][0]["given"]) == 17


def test_a_patch_in_a_transaction(node: TestNode) -> None:
    _patient(node)
    patch = base64.b64encode(orjson.dumps([{"op": "replace", "path": "/active", "value": False}])).decode()
    binary = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": patch}
    entry = {"resource": binary, "request": {"method": "PATCH", "url": "Patient/p"}}
    answer = node.call("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert answer.status == 200, answer.body
    assert node.call("GET", "Patient/p").json["active"] is False
