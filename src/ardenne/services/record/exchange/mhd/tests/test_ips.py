"""The patient summary composed from the record (HL7 IPS 1.1)."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.testing import TestNode
from ardenne.services.record import summary_operation
from ardenne.services.record.exchange.mhd import generating
from ardenne.services.record.tests.samples import cda
from ardenne.standards.fhir import validator

_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


@pytest.fixture
def node(filing_node: TestNode) -> TestNode:
    filing_node.router = Router(
        filing_node.service, {**ALL, **summary_operation.OPERATIONS, **generating.OPERATIONS}
    )
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "identifier": [{"system": "urn:x", "value": "1"}],
        "name": [{"family": "Weber"}],
    }
    assert filing_node.call("PUT", "Patient/p", patient).status == 201
    return filing_node


def condition(name: str, status: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": status}]},
        "code": {"text": name},
        "subject": {"reference": "Patient/p"},
    }


def test_the_summary_lists_what_counts_and_says_what_is_not_known(node: TestNode) -> None:
    for one in (condition("Asthma <mild>", "active"), condition("Fracture", "resolved")):
        assert node.call("POST", "Condition", one).status == 201
    answer = node.call("GET", "Patient/p/$summary")
    assert answer.status == 200
    bundle = answer.json
    assert [issue for issue in validator.validate(bundle) if issue.failed] == []
    composition = bundle["entry"][0]["resource"]
    assert composition["type"]["coding"][0]["code"] == "60591-5"
    sections = {one["code"]["coding"][0]["code"]: one for one in composition["section"]}
    # the three sections that an IPS always has
    assert set(sections) == {"10160-0", "48765-2", "11450-4"}
    assert "emptyReason" in sections["48765-2"]
    assert "Asthma &lt;mild&gt;" in sections["11450-4"]["text"]["div"]
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    assert {one["reference"] for one in sections["11450-4"]["entry"]} <= urls
    assert composition["subject"]["reference"] in urls
    assert "Fracture" not in answer.body.decode()
    assert node.call("GET", "Patient/$summary?identifier=urn:x|1").json["type"] == "document"
    assert node.call("GET", "Patient/$summary?identifier=urn:x|2").status == 404
    assert node.call("GET", "Patient/none/$summary").status == 404


def test_metadata_are_made_of_a_document_that_is_not_kept(node: TestNode) -> None:
    answer = node.call("POST", "DocumentReference/$generate-metadata", cda(), {"content-type": "text/xml"})
    assert answer.status == 200, answer.json
    assert answer.json["resourceType"] == "DocumentReference"
    assert answer.json["type"]["coding"]
    assert node.call("GET", "DocumentReference").entries() == []
    refused = node.call(
        "POST", "DocumentReference/$generate-metadata", b"<broken", {"content-type": "text/xml"}
    )
    assert refused.status == 422
