"""The acceptance tests of the NIST XDS toolkit that are at hand, run as their plans say."""

from __future__ import annotations

from pathlib import Path

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record.exchange.tests.client import SoapClient
from ardenne.services.record.exchange.tests.nist import Runner

pytestmark = pytest.mark.corpus

DOMAIN = "1.3.6.1.4.1.21367.2005.13.20.1000"
PATIENT, OTHER = f"P1^^^&{DOMAIN}&ISO", f"P2^^^&{DOMAIN}&ISO"
# which sections of which test, in order, and how many transactions they hold
TESTS = {
    "11990": (["submit", "eval"], 2),
    "11992": (["submit", "rplc", "eval"], 4),
    "11996": (["submit"], 1),
    "12002": (["create_folder", "add_to_folder", "eval"], 3),
    "12004": (["submit", "eval"], 4),
    "12084": (["submit", "eval"], 2),
    "12327": (["submit_doc_w_fol", "rplc", "verify_submission", "verify_folder_contents"], 4),
    "11966": (["submit", "eval"], 2),
    "11983": (["submit_no_doc", "eval_no_doc", "submit_no_metadata", "eval_no_metadata"], 4),
    "12029": (["submit", "query", "retrieve"], 3),
    "12369": (["hash", "size"], 2),
}


@pytest.fixture
def client(filing_node: TestNode) -> SoapClient:
    for number in ("P1", "P2"):
        body = {
            "resourceType": "Patient",
            "identifier": [{"system": f"urn:oid:{DOMAIN}", "value": number}],
            "name": [{"family": "Toolkit"}],
        }
        assert filing_node.call("POST", "Patient", body).status == 201
    return SoapClient(filing_node)


def patients(test: str) -> dict[str, str]:
    if test == "11996":
        return {"$patientid$": f"nobody^^^&{DOMAIN}&ISO"}
    escaped = {name: value.replace("&", "&amp;") for name, value in (("one", PATIENT), ("two", OTHER))}
    return {"$patientid$": escaped["one"], "$altpatientid$": escaped["two"], "$patient_id$": escaped["one"]}


@pytest.mark.parametrize("test", TESTS)
def test_plan(client: SoapClient, corpus: Path, test: str) -> None:
    sections, steps = TESTS[test]
    runner = Runner(client, patients(test))
    outcome = runner.run(corpus / "documents" / "xds" / "nist" / test, sections)
    assert outcome.failures == []
    assert outcome.steps == steps
