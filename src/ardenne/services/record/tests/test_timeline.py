"""The timeline: each fact once, reports as their documents, filters."""

from __future__ import annotations

from typing import Any

from ardenne.services.record.timeline import Filter, events


def condition(resource_id: str, **more: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "icd", "code": "J45"}], "text": "Asthme"}
    return {"resourceType": "Condition", "id": resource_id, "code": code, "onsetDateTime": "2020-05", **more}


def document(
    resource_id: str, date: str, author: str, kind: str = "laboratory", **more: Any
) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": resource_id,
        "status": "current",
        "description": f"Document {resource_id}",
        "category": [{"coding": [{"system": "urn:ardenne:document-class", "code": kind}]}],
        "date": f"{date}T00:00:00Z",
        "author": [{"display": author}],
        "content": [{"attachment": {"creation": date}}],
        **more,
    }


def ids(resources: list[dict[str, Any]], **asked: str) -> list[str]:
    found = events(resources)
    authors = sorted({event.author for event in found if event.author})
    wanted = Filter.asked(asked)
    return [event.resource_id for event in found if wanted.keeps(event, authors)]


def test_a_fact_that_several_documents_tell_is_one_entry() -> None:
    assert ids([condition("a"), condition("b"), condition("c", onsetDateTime="2021")]) == ["c", "a"]


def test_what_is_wrong_is_not_shown() -> None:
    refuted = {"coding": [{"code": "refuted"}]}
    assert (
        ids(
            [
                condition("a", verificationStatus=refuted),
                document("d", "2024-01-01", "A", status="entered-in-error"),
            ]
        )
        == []
    )


def test_a_report_that_came_as_a_document_is_shown_as_the_document() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "code": {"text": "Labor"},
        "issued": "2024-01-01",
    }
    told = {"context": {"related": [{"reference": "DiagnosticReport/r"}]}}
    assert ids([report, document("d", "2024-01-01", "A", **told)]) == ["d"]
    assert ids([report]) == ["r"]


def test_newest_first_undated_last() -> None:
    undated = condition("u")
    del undated["onsetDateTime"]
    assert ids([undated, document("d", "2019-01-01", "A"), condition("c")]) == ["c", "d", "u"]


ALL = [
    document("d1", "2023-03-01", "Dr A"),
    document("d2", "2024-03-01", "Dr B", "imaging"),
    condition("c", onsetDateTime="2024-06-30", recorder={"display": "Dr A"}),
]


def test_filters() -> None:
    assert ids(ALL, kind="DocumentReference") == ["d2", "d1"]
    assert ids(ALL, kind="DocumentReference-imaging") == ["d2"]
    assert ids(ALL, kind="Condition") == ["c"]
    assert ids(ALL, author="0") == ["c", "d1"]
    assert ids(ALL, author="7") == []
    assert ids(ALL, start="2024-01-01") == ["c", "d2"]
    assert ids(ALL, end="2024-03-01") == ["d2", "d1"]
    assert ids(ALL, start="nonsense", author="x") == ["c", "d2", "d1"]


def test_a_renewed_order_begins_nothing_new() -> None:
    bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2014-06-03"}}}}
    order = {
        "resourceType": "MedicationRequest",
        "medicationCodeableConcept": {"text": "Metformine"},
        "dosageInstruction": [bounds],
    }
    found = events(
        [{**order, "id": "a", "authoredOn": "2024-01-01"}, {**order, "id": "b", "authoredOn": "2025-01-01"}]
    )
    assert [(event.resource_id, event.date) for event in found] == [("a", "2014-06-03")]
