"""Invariants of R4 types, each broken and kept (FHIR R4, constraint tables of the types)."""

from typing import Any

import pytest

from ardenne.standards.fhir.validator import validate

PATIENT = {"reference": "Patient/1"}


def rules(resource: dict[str, Any]) -> list[tuple[str, str]]:
    return [(issue.rule, issue.path) for issue in validate(resource, invariants=True)]


def observation(**content: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"coding": [{"code": "x"}]}, **content}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (observation(valueString="x"), []),
        (observation(valueString="x", dataAbsentReason={"text": "unknown"}), [("obs-6", "Observation")]),
        (observation(effectivePeriod={"start": "2024", "end": "2023"}),
         [("per-1", "Observation.effective.ofType(Period)")]),
        (observation(effectivePeriod={"start": "2024", "end": "2024-05"}), []),
        (observation(valueQuantity={"code": "mg"}), [("qty-3", "Observation.value.ofType(Quantity)")]),
        (observation(referenceRange=[{"appliesTo": [{"text": "x"}]}]), [("obs-3", "Observation.referenceRange[0]")]),
        ({"resourceType": "Patient", "contact": [{"gender": "male"}]}, [("pat-1", "Patient.contact[0]")]),
        ({"resourceType": "Patient", "contact": [{"name": {"family": "x"}}]}, []),
        ({"resourceType": "Patient", "telecom": [{"value": "1"}]}, [("cpt-2", "Patient.telecom[0]")]),
        ({"resourceType": "Bundle", "type": "searchset", "total": 1}, []),
        ({"resourceType": "Bundle", "type": "collection", "total": 1}, [("bdl-1", "Bundle")]),
        ({"resourceType": "Bundle", "type": "collection",
          "entry": [{"resource": observation(), "fullUrl": "urn:uuid:1"},
                    {"resource": observation(), "fullUrl": "urn:uuid:1"}]}, [("bdl-7", "Bundle")]),
        ({"resourceType": "Bundle", "type": "collection",
          "entry": [{"resource": observation(valueQuantity={"code": "mg"})}]},
         [("qty-3", "Bundle.entry[0].resource.value.ofType(Quantity)")]),
        (observation(subject={"reference": "#p"}), [("ref-1", "Observation.subject")]),
        (observation(subject={"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p"}]), []),
        (observation(subject=PATIENT, contained=[{"resourceType": "Patient", "id": "p"}]),
         [("dom-3", "Observation.contained[0]")]),
        (observation(contained=[{"resourceType": "Provenance", "id": "p", "recorded": "2024-01-01T00:00:00Z",
                                 "target": [{"reference": "#"}], "agent": [{"who": PATIENT}]}]), []),
    ],
)  # fmt: skip
def test_invariants(resource: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert rules(resource) == expected


def test_messages_carry_the_rule_in_words() -> None:
    found = validate(observation(valueString="x", dataAbsentReason={"text": "u"}), invariants=True)
    assert "dataAbsentReason SHALL only be present if Observation.value[x] is not present" in found[0].message


def test_invariants_are_left_out_unless_asked_for() -> None:
    assert validate(observation(effectivePeriod={"start": "2024", "end": "2023"})) == []


def test_broken_structure_does_not_stop_the_invariants() -> None:
    broken = observation(component="x", foo=[[1]], effectivePeriod=["x"], valueQuantity=None)
    assert {rule for rule, _ in rules(broken)} >= {"json-type", "unknown-element"}
