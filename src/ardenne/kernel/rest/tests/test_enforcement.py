"""Profiles at the door: declared ones that are known, required ones always; on every way in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ardenne.kernel.rest.enforcement import AS_DECLARED, ProfileRules, read_rules
from ardenne.kernel.store import custom
from ardenne.kernel.testing import Answer, TestNode

URL = "http://example.org/StructureDefinition/named-patient"
PROFILE: dict[str, Any] = {
    "resourceType": "StructureDefinition", "id": "named", "url": URL, "name": "NamedPatient", "status": "active",
    "kind": "resource", "abstract": False, "type": "Patient", "derivation": "constraint",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "differential": {"element": [
        {"id": "Patient.name", "path": "Patient.name", "min": 1},
        {"id": "Patient.gender", "path": "Patient.gender", "fixedCode": "female"},
    ]},
}  # fmt: skip
GOOD = {"resourceType": "Patient", "id": "good", "meta": {"profile": [URL]}, "name": [{"family": "Weber"}]}
BAD = {"resourceType": "Patient", "id": "bad", "meta": {"profile": [URL]}, "gender": "male"}


@pytest.fixture
def guarded(node: TestNode) -> Iterator[TestNode]:
    assert node.call("PUT", "StructureDefinition/named", PROFILE).status == 201
    yield node
    node.service.profiles = AS_DECLARED
    node.empty()
    custom.use(custom.Definitions())


def problems(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status == 422, answer.body
    return sorted((one["expression"][0], one["details"]["text"]) for one in answer.json["issue"])


def entry(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "resource": resource,
        "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
    }


def test_a_declared_profile_is_enforced_and_the_problems_are_told(guarded: TestNode) -> None:
    assert guarded.call("PUT", "Patient/good", GOOD).status == 201
    found = problems(guarded.call("PUT", "Patient/bad", BAD))
    assert [path for path, _text in found] == ["Patient", "Patient.gender"]
    assert "at least 1 'name', found 0" in found[0][1]
    assert "male" in found[1][1]
    assert all(URL in text for _path, text in found)
    assert guarded.call("GET", "Patient/bad").status == 404


def test_every_way_in(guarded: TestNode) -> None:
    guarded.call("PUT", "Patient/good", GOOD)
    unnamed = {key: value for key, value in BAD.items() if key != "id"}
    assert guarded.call("POST", "Patient", unnamed).status == 422
    assert guarded.call("POST", "Patient", unnamed, {"If-None-Exist": "family=x"}).status == 422
    assert guarded.call("PUT", "Patient?family=weber", BAD | {"id": "good"}).status == 422
    patch = [{"op": "remove", "path": "/name"}]
    kind = {"Content-Type": "application/json-patch+json"}
    assert guarded.call("PATCH", "Patient/good", patch, kind).status == 422
    for bundle_type in ("transaction", "batch"):
        bundle = {
            "resourceType": "Bundle",
            "type": bundle_type,
            "entry": [entry(GOOD | {"id": "other"}), entry(BAD)],
        }
        answer = guarded.call("POST", "", bundle)
        if bundle_type == "transaction":
            assert [path for path, _text in problems(answer)] == [
                "Bundle.entry[1].resource.Patient", "Bundle.entry[1].resource.Patient.gender",
            ]  # fmt: skip
            assert guarded.call("GET", "Patient/other").status == 404
        else:
            assert [one["response"]["status"][:3] for one in answer.json["entry"]] == ["201", "422"]
    plain = {"resourceType": "Patient", "id": "plain"}
    assert guarded.call("PUT", "Patient/plain", plain).status == 201
    meta = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"profile": [URL]}}]}
    assert guarded.call("POST", "Patient/plain/$meta-add", meta).status == 422


def test_a_transaction_can_bring_the_profile(node: TestNode) -> None:
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry(PROFILE), entry(GOOD)]}
    assert node.call("POST", "", bundle).status == 200
    assert node.call("PUT", "Patient/bad", BAD).status == 422


def test_an_unknown_declared_profile_hinders_nobody(guarded: TestNode) -> None:
    unknown = BAD | {"meta": {"profile": ["http://example.org/unknown"]}}
    assert guarded.call("PUT", "Patient/bad", unknown).status == 201


def test_a_published_profile_counts(node: TestNode) -> None:
    weight = {
        "resourceType": "Observation", "id": "w", "status": "final", "code": {"text": "weight"},
        "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/bodyweight"]},
    }  # fmt: skip
    found = problems(node.call("PUT", "Observation/w", weight))
    assert any("subject" in text for _path, text in found)
    assert any("bodyweight" in text for _path, text in found)


def test_a_required_profile_needs_no_declaration(guarded: TestNode) -> None:
    guarded.service.profiles = ProfileRules({"Patient": (URL,)})
    undeclared = {"resourceType": "Patient", "id": "bad"}
    assert guarded.call("PUT", "Patient/bad", undeclared).status == 422
    assert guarded.call("PUT", "Patient/bad", undeclared | {"name": [{"family": "x"}]}).status == 201
    assert (
        guarded.call("PUT", "Basic/b", {"resourceType": "Basic", "id": "b", "code": {"text": "x"}}).status
        == 201
    )


def test_a_required_profile_that_is_not_loaded_is_told(node: TestNode) -> None:
    node.service.profiles = ProfileRules({"Patient": ("http://example.org/missing",)})
    try:
        ((_path, text),) = problems(node.call("PUT", "Patient/x", {"resourceType": "Patient", "id": "x"}))
    finally:
        node.service.profiles = AS_DECLARED
    assert "http://example.org/missing" in text
    assert "load it" in text


def test_declared_profiles_can_be_left_to_validate(guarded: TestNode) -> None:
    guarded.service.profiles = ProfileRules(declared=False)
    assert guarded.call("PUT", "Patient/bad", BAD).status == 201


def test_the_setting() -> None:
    rules = read_rules(f"Patient={URL}|1.0, Patient=http://b, Observation=http://c", True)
    assert rules.required == {"Patient": (f"{URL}|1.0", "http://b"), "Observation": ("http://c",)}
    for wrong in ("Horse=http://a", "Patient", "Patient=named"):
        with pytest.raises(ValueError, match="Type=URL"):
            read_rules(wrong, True)
