"""$validate at the FHIR door: profiles and value sets of the node count."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.testing import TestNode

Json = dict[str, Any]
PROFILE = "http://example.org/StructureDefinition/named-patient"


def profile() -> Json:
    return {
        "resourceType": "StructureDefinition",
        "id": "named-patient",
        "url": PROFILE,
        "name": "NamedPatient",
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint",
        "differential": {"element": [{"id": "Patient.name", "path": "Patient.name", "min": 1}]},
    }


def rules(answer: Json) -> set[str]:
    return {each.get("diagnostics", "") for each in answer["issue"] if each["severity"] == "error"}


def enveloped(resource: Json, **more: str) -> Json:
    entries: list[Json] = [{"name": "resource", "resource": resource}]
    entries += [{"name": name, "valueString": value} for name, value in more.items()]
    return {"resourceType": "Parameters", "parameter": entries}


def test_a_good_and_a_bad_resource(node: TestNode) -> None:
    good = node.call("POST", "Patient/$validate", {"resourceType": "Patient", "gender": "female"})
    assert (good.status, rules(good.json)) == (200, set())
    bad = node.call("POST", "Patient/$validate", enveloped({"resourceType": "Patient", "gender": "none"}))
    assert bad.status == 200
    assert len(rules(bad.json)) == 1
    assert "Patient.gender" in bad.json["issue"][0]["expression"]


def test_profiles_come_from_the_store(node: TestNode) -> None:
    patient = {"resourceType": "Patient", "active": True}
    address = f"Patient/$validate?profile={PROFILE}"
    unknown = node.call("POST", address, patient)
    assert "Rule profile-unknown" in rules(unknown.json)
    assert node.call("PUT", "StructureDefinition/named-patient", profile()).status == 201
    assert rules(node.call("POST", address, patient).json) != set()
    named = patient | {"name": [{"family": "Weber"}]}
    assert rules(node.call("POST", address, named).json) == set()
    asked = enveloped(patient, profile=PROFILE)
    assert rules(node.call("POST", "Patient/$validate", asked).json) != set()
    claims = patient | {"meta": {"profile": [PROFILE]}}
    assert rules(node.call("POST", "Patient/$validate", claims).json) != set()


def test_value_sets_of_the_node_bind(node: TestNode) -> None:
    system = {
        "resourceType": "CodeSystem",
        "id": "moods",
        "url": "urn:moods",
        "status": "active",
        "content": "complete",
        "concept": [{"code": "good"}, {"code": "bad"}],
    }
    moods = {
        "resourceType": "ValueSet",
        "id": "moods",
        "url": "urn:vs:moods",
        "status": "active",
        "compose": {"include": [{"system": "urn:moods", "concept": [{"code": "good"}]}]},
    }
    bound = profile() | {"url": "urn:bound", "id": "bound", "type": "Observation"}
    bound["baseDefinition"] = "http://hl7.org/fhir/StructureDefinition/Observation"
    path = "Observation.code"
    binding = {"strength": "required", "valueSet": "urn:vs:moods"}
    bound["differential"] = {"element": [{"id": path, "path": path, "binding": binding}]}
    for resource in (system, moods, bound):
        assert node.call("PUT", f"{resource['resourceType']}/{resource['id']}", resource).status == 201

    def verdict(code: str) -> set[str]:
        observation = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "urn:moods", "code": code}]},
        }
        return rules(node.call("POST", "Observation/$validate?profile=urn:bound", observation).json)

    assert verdict("good") == set()
    assert verdict("bad") == {"Rule binding"}
    assert verdict("none") == {"Rule binding", "Rule unknown-code"}


def test_instances_and_modes(node: TestNode) -> None:
    patient = {"resourceType": "Patient", "id": "p1"}
    node.call("PUT", "Patient/p1", patient)
    assert rules(node.call("GET", "Patient/p1/$validate").json) == set()
    assert rules(node.call("POST", "Patient/p1/$validate?mode=update", patient).json) == set()
    other = node.call("POST", "Patient/p1/$validate?mode=update", {"resourceType": "Patient", "id": "p2"})
    assert rules(other.json) == {"Rule id"}
    assert rules(node.call("POST", "Patient/p1/$validate?mode=delete").json) == set()
    assert node.call("POST", "Patient/p9/$validate?mode=delete").json["issue"][0]["code"] == "not-found"
    wrong = node.call("POST", "Patient/$validate", {"resourceType": "Group"})
    assert rules(wrong.json) >= {"Rule resource-type"}


@pytest.mark.parametrize(
    ("address", "content", "status"),
    [
        ("Patient/$validate", None, 400),
        ("Patient/$validate?mode=dream", {"resourceType": "Patient"}, 400),
        ("Patient/$validate?mode=delete", None, 400),
        ("Patient/nobody/$validate", None, 404),
        ("Patient/$validate", b"{", 200),
    ],
)
def test_what_cannot_be_validated(node: TestNode, address: str, content: object, status: int) -> None:
    answer = node.call("POST", address, content)
    assert (answer.status, answer.json["resourceType"]) == (status, "OperationOutcome")
    assert answer.json["issue"][0]["severity"] in ("error", "fatal")


def test_parameters_themselves_can_be_validated(node: TestNode) -> None:
    asked = {"resourceType": "Parameters", "parameter": [{"name": "color", "valueString": "red"}]}
    assert rules(node.call("POST", "Parameters/$validate", asked).json) == set()
