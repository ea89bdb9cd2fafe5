"""The CapabilityStatement is a valid resource and says what is there."""

from __future__ import annotations

from ardenne.kernel.testing import TestNode
from ardenne.standards.fhir.definitions import RESOURCE_TYPES, search_parameters
from ardenne.standards.fhir.outcome import failed
from ardenne.standards.fhir.validator import validate


def test_the_statement_is_valid_and_complete(node: TestNode) -> None:
    statement = node.call("GET", "metadata").json
    assert not failed(validate(statement, invariants=True))
    rest = statement["rest"][0]
    by_type = {resource["type"]: resource for resource in rest["resource"]}
    assert set(by_type) == RESOURCE_TYPES
    patient = by_type["Patient"]
    assert {one["name"] for one in patient["searchParam"]} == set(search_parameters("Patient"))
    assert "everything" in {one["name"] for one in patient["operation"]}
    assert "lastn" in {one["name"] for one in by_type["Observation"]["operation"]}
    assert {"transaction", "batch"} <= {one["code"] for one in rest["interaction"]}
    assert "graphql" in {one["name"] for one in rest["operation"]}
