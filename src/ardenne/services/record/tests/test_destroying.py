"""Contents lie under the key of the record in which they were filed, and go with it."""

from __future__ import annotations

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing
from ardenne.services.record.destroying import Contents
from ardenne.services.record.testing.fixtures import stored
from ardenne.services.record.testing.samples import cda

ABOUT = {
    "patient": {"family": "Nilles", "birthDate": "1980-01-01"},
    "type": {"code": "11506-3"},
    "date": "2024-02-01",
    "title": "Scan",
}


def file(node: TestNode, data: bytes, name: str = "letter.xml", about: object = None) -> filing.Filed:
    return node.run(filing.file(node.service, data, name, about))  # type: ignore[arg-type]


def contents(node: TestNode) -> int:
    return int(node.run(node.database.fetch("select count(*) from content"))[0][0])


def original(node: TestNode, filed: filing.Filed) -> tuple[int, bytes]:
    document = node.call("GET", f"DocumentReference/{filed.document_id}").json
    answer = node.call("GET", document["content"][0]["attachment"]["url"])
    return answer.status, answer.body


def test_destroying_one_record_leaves_the_others(filing_node: TestNode) -> None:
    first, other = cda("1"), cda("2", patient=(("1.3.182.4.4", "1991052312347"),), family="Weber", given="Jo")
    anne, jo = file(filing_node, first), file(filing_node, other)
    assert original(filing_node, anne) == (200, first)
    assert filing_node.run(Contents().destroy(filing_node.service, anne.patient_id)) == 1
    assert original(filing_node, anne)[0] == 404
    assert original(filing_node, jo) == (200, other)
    told = filing_node.call("GET", "AuditEvent?_count=10").body
    assert b"1 contents, key destroyed" in told


def test_the_copy_at_the_error_desk_goes_when_it_is_filed(filing_node: TestNode) -> None:
    data = b"%PDF-1.4 a scan"
    assert file(filing_node, data, "scan.pdf").outcome == "refused"
    filed = file(filing_node, data, "scan.pdf", ABOUT)
    assert (filed.outcome, contents(filing_node)) == ("filed", 1)
    assert filing_node.run(Contents().destroy(filing_node.service, filed.patient_id)) == 1
    assert contents(filing_node) == 0


@pytest.mark.parametrize("method", ["POST", "PATCH", "transaction"])
def test_nobody_reads_a_content_by_naming_its_hash(filing_node: TestNode, method: str) -> None:
    file(filing_node, cda("1"))
    (victim,) = stored(filing_node, "Binary")
    stolen = filing_node.call("GET", f"Binary/{victim['id']}/_history/1").json["_data"]
    forged = {"resourceType": "Binary", "contentType": "text/plain", "_data": stolen}
    if method == "POST":
        answer = filing_node.call("POST", "Binary", forged, {"content-type": "application/fhir+json"})
        name = answer.headers["location"].split("/Binary/")[1].partition("/")[0]
    elif method == "transaction":
        entry = {"resource": forged, "request": {"method": "POST", "url": "Binary"}}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        answer = filing_node.call("POST", "", bundle)
        name = answer.json["entry"][0]["response"]["location"].split("Binary/")[1].partition("/")[0]
    else:
        own = filing_node.call("POST", "Binary", b"own", {"content-type": "text/plain"})
        name = own.headers["location"].split("/Binary/")[1].partition("/")[0]
        patch = [{"op": "replace", "path": "/_data", "value": stolen}]
        kind = {"content-type": "application/json-patch+json"}
        answer = filing_node.call("PATCH", f"Binary/{name}", patch, kind)
        assert answer.status == 422, answer.json
    got = filing_node.call("GET", f"Binary/{name}")
    assert b"ClinicalDocument" not in got.body
