"""Batch and transaction (R4, RESTful API, 3.1.0.11)."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.testing import TestNode

URN = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str, url: str, resource: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"request": {"method": method, "url": url}}
    if resource:
        found["resource"] = resource
    if "full_url" in more:
        found["fullUrl"] = more.pop("full_url")
    found["request"].update(more)
    return found


def observation(subject: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "weight"},
        "subject": {"reference": subject},
    }


def test_references_to_entries_become_the_addresses_given(node: TestNode) -> None:
    patient = {
        "resourceType": "Patient",
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{URN}">self</a></div>',
        },
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}],
    }
    sent = bundle(
        "transaction",
        entry("POST", "Observation", observation(URN)),
        entry("POST", "Patient", patient, full_url=URN),
    )
    answer = node.call("POST", "", sent)
    assert answer.status == 200
    assert answer.json["type"] == "transaction-response"
    first, second = answer.json["entry"]
    patient_id = second["resource"]["id"]
    assert first["resource"]["subject"]["reference"] == f"Patient/{patient_id}"
    assert f'href="Patient/{patient_id}"' in second["resource"]["text"]["div"]
    assert second["resource"]["identifier"][0]["value"] == URN, "an identifier is no link"
    assert first["response"]["status"].startswith("201")
    assert node.call("GET", f"Observation?patient={patient_id}&_total=accurate").json["total"] == 1


def test_deletes_come_first_and_reads_last(node: TestNode) -> None:
    node.call("PUT", "Patient/a", {"resourceType": "Patient", "id": "a", "active": True})
    sent = bundle(
        "transaction",
        entry("GET", "Patient?active=true"),
        entry("POST", "Patient", {"resourceType": "Patient", "active": True}),
        entry("DELETE", "Patient?active=true"),
    )
    answer = node.call("POST", "", sent)
    assert answer.status == 200
    found, created, _deleted = answer.json["entry"]
    assert [one["resource"]["id"] for one in found["resource"]["entry"]] == [created["resource"]["id"]]


def test_conditional_create_and_reference_in_a_transaction(node: TestNode) -> None:
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:n", "value": "5"}]}
    sent = bundle(
        "transaction",
        entry("POST", "Patient", person, full_url=URN, ifNoneExist="identifier=urn:n|5"),
        entry("POST", "Observation", observation(URN)),
    )
    first, second = node.call("POST", "", sent), node.call("POST", "", sent)
    assert second.json["entry"][0]["response"]["status"].startswith("200")
    subjects = {answer.json["entry"][1]["resource"]["subject"]["reference"] for answer in (first, second)}
    assert len(subjects) == 1
    by_search = bundle("transaction", entry("POST", "Observation", observation("Patient?identifier=urn:n|5")))
    answer = node.call("POST", "", by_search)
    assert answer.json["entry"][0]["resource"]["subject"]["reference"] in subjects
    missing = bundle("transaction", entry("POST", "Observation", observation("Patient?identifier=urn:n|6")))
    assert node.call("POST", "", missing).status == 412


@pytest.mark.parametrize(
    ("entries", "status", "words"),
    [
        ([entry("POST", "Observation", observation(URN))], 400, "leads to no entry"),
        ([entry("POST", "Nothing", {"resourceType": "Patient"})], 400, "not a resource type"),
        ([{"resource": {"resourceType": "Patient"}}], 400, "entry.request"),
        ([entry("POST", "Patient", {"resourceType": "Patient", "nickname": "x"})], 422, "nickname"),
        ([entry("PUT", "Patient/a", {"resourceType": "Patient", "id": "b"})], 400, "both must be the same"),
        (
            [entry("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"})] * 2,
            400,
            "both write Patient/a",
        ),
    ],
)  # fmt: skip
def test_a_refused_transaction_names_its_entry(
    node: TestNode, entries: list[dict[str, Any]], status: int, words: str
) -> None:
    answer = node.call("POST", "", bundle("transaction", *entries))
    assert answer.status == status
    assert words in answer.problem
    assert answer.json["issue"][0]["expression"][0].startswith("Bundle.entry[")
    assert node.call("GET", "Patient?_summary=count").json["total"] == 0


def test_the_entries_of_a_batch_stand_alone(node: TestNode) -> None:
    sent = bundle(
        "batch",
        entry("POST", "Patient", {"resourceType": "Patient"}),
        entry("GET", "Patient/none"),
        entry("POST", "Patient", {"resourceType": "Patient", "nickname": "x"}),
    )
    answer = node.call("POST", "", sent)
    assert [one["response"]["status"][:3] for one in answer.json["entry"]] == ["201", "404", "422"]
    outcome = answer.json["entry"][2]["response"]["outcome"]
    assert "nickname" in outcome["issue"][0]["details"]["text"]


@pytest.mark.parametrize(
    "content", [b"[]", b'{"resourceType":"Patient"}', b'{"resourceType":"Bundle","type":"document"}']
)
def test_only_batches_and_transactions_are_processed(node: TestNode, content: bytes) -> None:
    assert node.call("POST", "", content).status == 400


def test_xml_in_and_out(node: TestNode) -> None:
    sent = b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/><name><family value="Weber"/></name></Patient>'
    created = node.call("POST", "Patient", sent, {"Content-Type": "application/fhir+xml"})
    assert (created.status, created.json["name"]) == (201, [{"family": "Weber"}])
    read = node.call("GET", f"Patient/{created.json['id']}?_format=xml")
    assert read.headers["content-type"].startswith("application/fhir+xml")
    assert b'<family value="Weber"/>' in read.body
    assert b"\n  " in node.call("GET", f"Patient/{created.json['id']}?_pretty=true").body
    refused = node.call("GET", f"Patient/{created.json['id']}", headers={"Accept": "image/png"})
    assert refused.status == 406
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"><active value="&a;"/></Patient>'
    )
    assert node.call("POST", "Patient", bomb, {"Content-Type": "application/fhir+xml"}).status == 400


def test_binary_contents_come_back_as_they_were(node: TestNode) -> None:
    created = node.call("POST", "Binary", b"%PDF-1.4 x", {"Content-Type": "application/pdf"})
    assert created.status == 201
    read = node.call("GET", f"Binary/{created.json['id']}")
    assert (read.body, read.headers["content-type"]) == (b"%PDF-1.4 x", "application/pdf")
    as_fhir = node.call("GET", f"Binary/{created.json['id']}", headers={"Accept": "application/fhir+json"})
    assert as_fhir.json["data"] == "JVBERi0xLjQgeA=="
