"""``$process-message``: filed once, answered as a message, refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.rest.operations import ALL
from ardenne.kernel.rest.router import Router
from ardenne.kernel.testing import Answer, TestNode
from ardenne.services.record import store
from ardenne.services.record.feeds import messages
from ardenne.services.record.testing.fixtures import stored

Json = dict[str, Any]
HEADER = "urn:uuid:5f0b1c2e-0000-4000-8000-000000000001"
PATIENT = "urn:uuid:5f0b1c2e-0000-4000-8000-000000000002"
VALUE = "urn:uuid:5f0b1c2e-0000-4000-8000-000000000003"


@pytest.fixture
def node(filing_node: TestNode) -> Iterator[TestNode]:
    before = filing_node.router
    filing_node.router = Router(filing_node.service, {**ALL, **messages.OPERATIONS})
    yield filing_node
    filing_node.router = before


def message(**observation: Any) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": "2026-01-02T03:04:05Z",
        "entry": [
            {
                "fullUrl": HEADER,
                "resource": {
                    "resourceType": "MessageHeader",
                    "id": "m-1",
                    "eventCoding": {"system": "http://example.org/events", "code": "result"},
                    "source": {"name": "LABO", "endpoint": "https://labo.example"},
                },
            },
            {
                "fullUrl": PATIENT,
                "resource": {
                    "resourceType": "Patient",
                    "identifier": [{"system": "urn:oid:1.3.182.4.4", "value": "1980010145728"}],
                    "name": [{"family": "Nilles", "given": ["Josée"]}],
                    "birthDate": "1980-01-01",
                },
            },
            {
                "fullUrl": VALUE,
                "resource": {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
                    "subject": {"reference": PATIENT},
                    **observation,
                },
            },
        ],
    }


def response(answer: Answer) -> Json:
    assert answer.status == 200, answer.json
    found: Json = answer.json["entry"][0]["resource"]
    return found


def test_a_message_is_filed_once_and_gets_the_same_answer_twice(node: TestNode) -> None:
    first, again = (response(node.call("POST", "$process-message", message())) for _ in range(2))
    assert first == again
    assert first["response"] == {"identifier": "m-1", "code": "ok"}
    assert first["eventCoding"]["code"] == "result"
    (value,) = stored(node, "Observation")
    (patient,) = stored(node, "Patient")
    assert value["subject"]["reference"] == f"Patient/{patient['id']}"
    assert stored(node, "MessageHeader") == []


def test_what_cannot_be_filed_waits_and_the_answer_says_why(node: TestNode) -> None:
    answer = node.call("POST", "$process-message", message(status="perhaps"))
    told = response(answer)
    assert told["response"]["code"] == "fatal-error"
    outcome = answer.json["entry"][1]
    assert told["response"]["details"]["reference"] == outcome["fullUrl"]
    assert "status" in outcome["resource"]["issue"][0]["expression"][0]
    (entry,) = node.run(store.waiting(node.database, 9))[0]
    assert entry.source == "message LABO"
    assert stored(node, "Patient") == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"type": "collection"}, "Bundle.type"),
        ({"entry": []}, "Bundle.entry[0].resource"),
        ({"entry": message()["entry"][:1]}, "Bundle.entry"),
        ({"entry": message()["entry"][1:]}, "Bundle.entry[0].resource"),
    ],
)
def test_what_is_no_message_is_refused_with_the_place(node: TestNode, change: Json, where: str) -> None:
    answer = node.call("POST", "$process-message", {**message(), **change})
    assert answer.status == 400
    assert answer.json["issue"][0]["expression"] == [where]


def test_persons_send_no_messages(node: TestNode) -> None:
    node.caller = Caller(Kind.PROFESSIONAL, "a", "Dr Nobody", practitioner="p", profession="doctor")
    assert node.call("POST", "$process-message", message()).status == 403


def test_a_system_sends_messages_in_its_name(node: TestNode) -> None:
    node.caller = Caller(Kind.SOFTWARE, "labo", "LABO", profession="laboratory")
    assert response(node.call("POST", "$process-message", message()))["response"]["code"] == "ok"
