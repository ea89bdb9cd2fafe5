"""What a record's first page says, and what it must never say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing, reading
from ardenne.services.record.summary import summarise
from ardenne.services.record.testing.samples import cda

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


def concept(code: str, text: str = "", system: str = "http://example.org") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], "text": text or code}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def condition(code: str, state: str = "active", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "clinicalStatus": status(state), "code": concept(code), **more}


def allergy(code: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": status("active"),
        "code": concept(code),
        **more,
    }


def medicine(code: str, state: str = "active", **more: Any) -> dict[str, Any]:
    found = {"resourceType": "MedicationRequest", "status": state, "medicationCodeableConcept": concept(code)}
    return {**found, **more}


def vaccination(code: str, date: str, **more: Any) -> dict[str, Any]:
    found = {"resourceType": "Immunization", "status": "completed", "vaccineCode": concept(code)}
    return {**found, "occurrenceDateTime": date, **more}


NO_ALLERGIES = {**allergy("x"), "code": concept("no-known-allergies", "No known allergies", ABSENT)}


def test_a_known_absence_is_said_and_is_no_finding() -> None:
    (line,) = summarise([NO_ALLERGIES], NOW).allergies
    assert (line.text, line.negative, line.alert) == ("No known allergies", True, False)


def test_an_absence_is_not_shown_beside_a_finding() -> None:
    lines = summarise([NO_ALLERGIES, allergy("latex")], NOW).allergies
    assert [line.text for line in lines] == ["latex"]


def test_an_absence_of_problems_is_never_a_past_problem() -> None:
    denied = {**condition("x", "resolved"), "code": concept("no-known-problems", system=ABSENT)}
    found = summarise([denied], NOW)
    assert (found.problems, found.past_problems) == ([], [])


def test_what_was_refuted_or_entered_in_error_is_not_shown() -> None:
    wrong = [
        condition("a", verificationStatus=status("refuted")),
        condition("b", verificationStatus=status("entered-in-error")),
        allergy("c", verificationStatus=status("refuted")),
        medicine("d", "entered-in-error"),
        vaccination("e", "2020-01-01", status="entered-in-error"),
    ]
    found = summarise(wrong, NOW)
    assert not any(
        (found.problems, found.past_problems, found.allergies, found.medication, found.vaccinations)
    )


def test_a_later_refutation_takes_back_the_older_statement() -> None:
    older = allergy("penicillin", recordedDate="2015-01-01", criticality="high")
    newer = allergy("penicillin", recordedDate="2020-01-01", verificationStatus=status("refuted"))
    assert summarise([older, newer], NOW).allergies == []
    assert summarise([newer, older], NOW).allergies == []


def test_a_mistaken_refutation_takes_nothing_back() -> None:
    right = allergy("penicillin", recordedDate="2015-01-01")
    mistake = allergy("penicillin", recordedDate="2020-01-01", verificationStatus=status("entered-in-error"))
    assert [line.text for line in summarise([right, mistake], NOW).allergies] == ["penicillin"]


def test_a_problem_is_either_present_or_past_by_the_last_statement() -> None:
    active = condition("hip", onsetDateTime="2020-02", recordedDate="2022-01-01")
    over = condition("hip", "resolved", onsetDateTime="2020-02", recordedDate="2024-01-01")
    found = summarise([active, over], NOW)
    assert ([line.text for line in found.problems], [line.text for line in found.past_problems]) == (
        [],
        ["hip"],
    )


def test_a_high_risk_comes_first_and_warns() -> None:
    lines = summarise(
        [allergy("latex", onsetDateTime="2023"), allergy("bee", criticality="high")], NOW
    ).allergies
    assert [(line.text, line.alert) for line in lines] == [("bee", True), ("latex", False)]


def test_only_running_medicines_are_current() -> None:
    bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2023-05-15", "end": "2023-06-18"}}}}
    found = summarise(
        [
            medicine("running"),
            medicine("stopped", "stopped"),
            medicine("over", dosageInstruction=[bounds]),
            medicine("twice", authoredOn="2014-01-01"),
            medicine("twice", "completed", authoredOn="2020-01-01"),
        ],
        NOW,
    )
    assert [line.text for line in found.medication] == ["running"]


def test_a_vaccination_told_by_several_documents_is_one() -> None:
    found = summarise(
        [
            vaccination("flu", "2024-10-15"),
            vaccination("flu", "2024-10-15T09:00:00+02:00", lotNumber="L1"),
            vaccination("flu", "2025-10-14"),
        ],
        NOW,
    ).vaccinations
    assert [(line.date[:10], line.note) for line in found] == [("2025-10-14", ""), ("2024-10-15", "L1")]


def test_a_vaccination_not_given_says_so() -> None:
    (line,) = summarise([vaccination("flu", "2024-10-15", status="not-done")], NOW).vaccinations
    assert line.state == "not-done"


def test_facts_of_a_replaced_document_do_not_count(filing_node: TestNode) -> None:
    async def problems() -> list[str]:
        service = filing_node.service
        filed = await filing.file(service, cda("1", problem="J45"), "first")
        await filing.file(service, cda("2", problem="J46", replaces="1"), "second")
        resources = await reading.current(service, filed.patient_id, ("Condition",))
        return [line.text for line in summarise(resources).problems]

    assert filing_node.run(problems()) == ["Problem J46"]
