"""The requests of ``ardenne bench shared`` are what the standards ask for."""

from __future__ import annotations

from ardenne.apps.bench import shared_requests
from ardenne.services.record.exchange import rules
from ardenne.standards.xds import mtom, names, reading, soap

_XDSB = f"{{{names.XDSB}}}"


def test_a_document_is_provided_with_complete_metadata_and_its_content() -> None:
    name, request = shared_requests.provide("0b1cfd2e-0bd5-5f3c-9a53-5d3a0c5a7c11")
    package = mtom.read(request.kind, request.content)
    body = soap.read(package.envelope).body
    found = reading.submission(body)
    assert rules.structure(found, provided=True) == []
    (entry,) = found.of(names.DOCUMENT)
    assert f"urn:oid:{entry.unique_id}" == name
    assert entry.patient_id.startswith("0b1cfd2e-0bd5-5f3c-9a53-5d3a0c5a7c11^^^&")
    (document,) = body.findall(f"{_XDSB}Document")
    assert mtom.content_of(document, package.contents).startswith(b"Rapport ")


def test_no_two_documents_are_the_same() -> None:
    made = [shared_requests.provide("1") for _ in range(50)] + [
        shared_requests.publish("1") for _ in range(50)
    ]
    assert len({name for name, _request in made}) == len({request.content for _name, request in made}) == 100
