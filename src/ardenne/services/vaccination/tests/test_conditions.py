"""What a record tells beside vaccinations changes what is recommended; corrections leave their trace."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ardenne.services.vaccination import acting
from ardenne.services.vaccination.card import judge
from ardenne.services.vaccination.conditions import observations_of
from ardenne.services.vaccination.entering import EntryError, read_entry
from ardenne.services.vaccination.schedules import load

TODAY = date(2026, 3, 1)
LU = load("lu")
NUVA, SNOMED, LOINC = "http://ivci.org/NUVA", "http://snomed.info/sct", "http://loinc.org"
PRIORIX = {
    "resourceType": "Immunization", "id": "p", "status": "completed", "occurrenceDateTime": "2026-02-01",
    "vaccineCode": {"coding": [{"system": NUVA, "code": "VAC0053"}]}, "lotNumber": "L1",
    "patient": {"reference": "Patient/x"},
}  # fmt: skip


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def condition(code: str, system: str = SNOMED, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": concept(system, code), **more}


def observation(code: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": concept(LOINC, code), **more}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (condition("77386006"), {"pregnant"}),
        (condition("77386006", clinicalStatus=concept("", "resolved")), set()),
        (condition("77386006", verificationStatus=concept("", "refuted")), set()),
        (condition("77386006", onsetDateTime="2024-01-01"), set()),
        (condition("D81.2", "http://hl7.org/fhir/sid/icd-10"), {"immunocompromised"}),
        (condition("D86.0", "http://hl7.org/fhir/sid/icd-10"), set()),
        (condition("370388006"), {"immunocompromised"}),
        (observation("82810-3", effectiveDateTime="2026-01-10", valueCodeableConcept=concept(SNOMED, "77386006")), {"pregnant"}),
        (observation("82810-3", effectiveDateTime="2025-01-10", valueCodeableConcept=concept(SNOMED, "77386006")), set()),
        (observation("82810-3", effectiveDateTime="2026-01-10", valueCodeableConcept=concept(SNOMED, "60001007")), set()),
        (observation("11778-8", effectiveDateTime="2026-01-10", valueDateTime="2026-08-10"), {"pregnant", "pregnancy-onset"}),
        (observation("11778-8", effectiveDateTime="2026-01-10", valueDateTime="2029-08-10"), set()),
        (
            {"resourceType": "AllergyIntolerance", "criticality": "high", "code": concept(NUVA, "VAC0053")},
            {"severe-reaction:measles", "severe-reaction:mumps", "severe-reaction:rubella"},
        ),
        ({"resourceType": "AllergyIntolerance", "criticality": "low", "code": concept(NUVA, "VAC0053")}, set()),
    ],
)  # fmt: skip
def test_what_resources_tell(resource: dict[str, Any], expected: set[str]) -> None:
    assert set(observations_of([resource], [], LU, TODAY)) == expected


def state(patient: dict[str, Any], *others: dict[str, Any]) -> str:
    card = judge(patient, [PRIORIX], LU, TODAY, others=others)
    return next(due.state for due in card.dues if due.group == "Measles, mumps, rubella")


def test_pregnancy_weak_immunity_and_anaphylaxis_bar_a_live_vaccine() -> None:
    woman = {"resourceType": "Patient", "birthDate": "1995-05-05", "gender": "female"}
    assert state(woman) in ("due", "later", "overdue")
    assert state(woman, condition("77386006")) == "contraindicated"
    assert state(woman, condition("370388006")) == "contraindicated"
    form = {"reaction": "anaphylaxis", "day": "2026-02-01", "serious": "1"}
    assert state(woman, acting.reaction("x", PRIORIX, form, TODAY, {})) == "contraindicated"
    fever = acting.reaction("x", PRIORIX, {**form, "reaction": "fever"}, TODAY, {})
    assert state(woman, fever) != "contraindicated"


def test_pertussis_is_recommended_in_pregnancy() -> None:
    """Luxembourg: from week 13; a woman vaccinated as a child is told so when the birth is expected in August."""
    woman = {"resourceType": "Patient", "birthDate": "1995-05-05", "gender": "female"}
    told = observation("11778-8", effectiveDateTime="2026-01-10", valueDateTime="2026-08-10")
    card = judge(woman, [], LU, TODAY, others=[told])
    assert any("pregnan" in due.series.lower() for due in card.dues)


def test_a_correction_keeps_what_was_and_why() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    entered = read_entry({"vaccine": "VAC0053", "day": "2026-02-02", "batch": "L2"}, TODAY)
    made = acting.corrected(PRIORIX, entered, None, "wrong day on paper", "Dr A", now)
    assert (made["occurrenceDateTime"], made["lotNumber"]) == ("2026-02-02", "L2")
    assert made["vaccineCode"] == PRIORIX["vaccineCode"]
    assert made["note"] == [
        {"authorString": "Dr A", "time": "2026-03-01T12:00:00Z", "text": "wrong day on paper"}
    ]
    other = acting.corrected(PRIORIX, entered, entered.vaccine, "another box", "Dr A", now)
    assert other["vaccineCode"]["text"] == "PRIORIX"
    assert acting.in_error(made, "other person", "Dr A", now)["status"] == "entered-in-error"
    with pytest.raises(EntryError):
        acting.in_error(PRIORIX, " ", "Dr A", now)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"reaction": "?", "day": "2026-02-02"}, "reaction"),
        ({"reaction": "other", "day": "2026-02-02"}, "told"),
        ({"reaction": "fever", "day": "2026-01-31"}, "began"),
        ({"reaction": "fever", "day": "2026-03-02"}, "began"),
        ({"reaction": "fever", "day": "soon"}, "began"),
    ],
)
def test_a_reaction_that_cannot_be(form: dict[str, str], field: str) -> None:
    with pytest.raises(EntryError) as found:
        acting.reaction("x", PRIORIX, form, TODAY, {})
    assert found.value.field == field
