"""What is added by hand: the form, the report as a FHIR document, and whose record it goes into."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest

from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.testing import TestNode
from ardenne.services.record.adding import form, report, writing
from ardenne.services.record.adding.form import AddingError, Asked
from ardenne.standards.recognition import recognise
from ardenne.standards.recognition.result import Recognised

TODAY = date(2026, 11, 25)
GOOD = {
    "title": "Knee pain",
    "kind": "consultation",
    "day": "2026-11-24",
    "level": "restricted",
    "plan": "Rest",
}
ANNE = Caller(Kind.CITIZEN, "anne", "Anne", patient="anne")
JEAN = Caller(Kind.CITIZEN, "jean", "Jean", patient="jean")
KLEIN = Caller(
    Kind.PROFESSIONAL, "klein", "Dr Klein", practitioner="klein", organisation="c", profession="doctor"
)
OWN = Asked("My walk", "own", "2026-11-24", "normal", {})
PDF = b"%PDF-1.4 invented %%EOF"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"kind": "own"}, "kind"),
        ({"kind": "invented"}, "kind"),
        ({"title": " a "}, "title"),
        ({"day": "yesterday"}, "day"),
        ({"day": "2026-11-26"}, "day"),
        ({"day": "1899-12-31"}, "day"),
        ({"level": "secret"}, "level"),
        ({"level": "?"}, "level"),
    ],
)
def test_what_a_form_refuses(changed: dict[str, str], rule: str) -> None:
    with pytest.raises(AddingError) as refused:
        form.read({**GOOD, **changed}, TODAY, citizen=False)
    assert refused.value.rule == rule


def test_a_citizen_adds_own_documents_only_and_may_keep_them_secret() -> None:
    asked = form.read({**GOOD, "level": "secret"}, TODAY, citizen=True)
    assert (asked.kind, asked.level) == ("own", "secret")


def test_a_report_is_a_fhir_document_that_is_recognised() -> None:
    asked = form.read({**GOOD, "findings": "a < b & c\n\nswollen"}, TODAY, citizen=False)
    patient = {
        "resourceType": "Patient",
        "id": "anne",
        "name": [{"family": "Weber"}],
        "birthDate": "1980-05-23",
    }
    author = {"resourceType": "Practitioner", "id": "klein", "name": [{"text": "Dr Klein"}]}
    names = {"findings": "Constatations", "plan": "Plan", "consultation": "Compte rendu"}
    made = report.document(asked, patient, author, names, "2026-11-25T10:00:00Z", "fr", uuid.uuid4())
    composition = made["entry"][0]["resource"]
    assert [one["title"] for one in composition["section"]] == ["Constatations", "Plan"]
    assert "<p>a &lt; b &amp; c</p><p>swollen</p>" in composition["section"][0]["text"]["div"]
    import json

    found = recognise(json.dumps(made).encode(), "report.json", None)
    assert isinstance(found, Recognised)
    assert (found.kind, found.title, found.language) == ("fhir-document", "Knee pain", "fr")
    assert found.confidentiality is not None and found.confidentiality["code"] == "R"


@pytest.fixture
def home(filing_node: TestNode) -> TestNode:
    for name in ("anne", "jean"):
        filing_node.call("PUT", f"Patient/{name}", {"resourceType": "Patient", "id": name})
    filing_node.call(
        "PUT", "Practitioner/klein", {"resourceType": "Practitioner", "id": "klein", "name": [{"text": "K"}]}
    )
    return filing_node


def add(node: TestNode, caller: Caller, patient: str, asked: Asked = OWN, data: bytes = PDF) -> str:
    seen = node.service.seen_by(caller)
    return node.run(writing.add_file(seen, patient, asked, data, "walk.pdf", "fr"))


def documents(node: TestNode, caller: Caller, patient: str) -> list[dict[str, Any]]:
    node.caller = caller
    found = node.call("GET", f"DocumentReference?patient={patient}").json.get("entry", [])
    return [entry["resource"] for entry in found]


def test_the_same_file_lies_in_two_records_and_neither_learns_of_the_other(home: TestNode) -> None:
    first, second = add(home, ANNE, "anne"), add(home, JEAN, "jean")
    assert first != second
    (mine,) = documents(home, ANNE, "anne")
    assert mine["id"] == first and mine["author"][0]["reference"] == "Patient/anne"
    assert documents(home, ANNE, "jean") == []
    assert add(home, ANNE, "anne") == first
    assert len(documents(home, ANNE, "anne")) == 1


def test_nobody_adds_to_a_record_that_is_not_open_to_them(home: TestNode) -> None:
    with pytest.raises(AccessRefused):
        add(home, ANNE, "jean")
    with pytest.raises(AccessRefused):
        add(home, KLEIN, "anne", Asked("Report", "consultation", "2026-11-24", "normal", {}))
    assert documents(home, ANNE, "anne") == []


@pytest.mark.parametrize(
    ("data", "rule"), [(b"", "size"), (b"MZ program", "file"), (b'{"resourceType": "Patient"}', "format")]
)
def test_what_is_no_document_is_refused_and_does_not_wait_at_the_error_desk(
    home: TestNode, data: bytes, rule: str
) -> None:
    with pytest.raises(AddingError) as refused:
        add(home, ANNE, "anne", data=data)
    assert refused.value.rule == rule
    assert home.run(home.database.fetch("select count(*) from error_desk"))[0][0] == 0
