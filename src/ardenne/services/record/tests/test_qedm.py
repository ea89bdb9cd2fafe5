"""IHE QEDm, Mobile Query Existing Data (PCC-44): each resource and combination of parameters that a source must answer."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.testing import TestNode
from ardenne.services.record import filing
from ardenne.services.record.testing.fixtures import _record_tables, filing_node, stored
from ardenne.services.record.testing.samples import cda

__all__ = ["_record_tables", "filing_node"]
Json = dict[str, Any]
LOINC, CATEGORY = "http://loinc.org", "http://terminology.hl7.org/CodeSystem/observation-category"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
PROBLEM = "http://terminology.hl7.org/CodeSystem/condition-category"


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def medication(kind: str, name: str, patient: str, **more: Any) -> Json:
    return resource(
        kind, name, patient, status="active", medicationReference={"reference": "Medication/aspirin"}, **more
    )


def resource(kind: str, name: str, patient: str, **more: Any) -> Json:
    about = "patient" if kind in ("AllergyIntolerance", "Immunization") else "subject"
    return {"resourceType": kind, "id": name, about: {"reference": f"Patient/{patient}"}, **more}


def observation(name: str, patient: str, category: str, code: str, day: str) -> Json:
    return resource(
        "Observation", name, patient, status="final", category=[concept(CATEGORY, category)], code=concept(LOINC, code),
        effectiveDateTime=day, valueString="x",
    )  # fmt: skip


def report(name: str, patient: str, code: str, day: str) -> Json:
    return resource(
        "DiagnosticReport", name, patient, status="final", category=[concept(SECTION, "LAB")], code=concept(LOINC, code),
        effectiveDateTime=day,
    )  # fmt: skip


def immunization(name: str, patient: str, day: str) -> Json:
    return resource(
        "Immunization", name, patient, status="completed", vaccineCode={"text": "x"}, occurrenceDateTime=day
    )


def procedure(name: str, patient: str, day: str) -> Json:
    return resource("Procedure", name, patient, status="completed", performedDateTime=day)


def encounter(name: str, patient: str, day: str) -> Json:
    klass = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    return resource(
        "Encounter", name, patient, status="finished", **{"class": klass}, period={"start": day, "end": day}
    )


def condition(name: str, patient: str, status: str, category: str) -> Json:
    return resource(
        "Condition", name, patient, clinicalStatus=concept(CLINICAL, status), category=[concept(PROBLEM, category)],
        code={"text": "x"},
    )  # fmt: skip


RESOURCES = [
    {"resourceType": "Patient", "id": "p1"}, {"resourceType": "Patient", "id": "p2"},
    {"resourceType": "Medication", "id": "aspirin", "code": {"text": "aspirin"}},
    observation("o1", "p1", "laboratory", "718-7", "2026-01-10"), observation("o2", "p1", "laboratory", "2345-7", "2026-03-10"),
    observation("o3", "p1", "vital-signs", "8867-4", "2026-03-10"), observation("o4", "p2", "laboratory", "718-7", "2026-01-10"),
    resource("AllergyIntolerance", "a1", "p1"), resource("AllergyIntolerance", "a2", "p2"),
    condition("c1", "p1", "active", "problem-list-item"), condition("c2", "p1", "resolved", "encounter-diagnosis"),
    condition("c3", "p2", "active", "problem-list-item"),
    report("d1", "p1", "58410-2", "2026-01-10"), report("d2", "p1", "24323-8", "2026-03-10"), report("d3", "p2", "58410-2", "2026-01-10"),
    medication("MedicationStatement", "m1", "p1"), medication("MedicationStatement", "m2", "p2"),
    medication("MedicationRequest", "r1", "p1", intent="order"), medication("MedicationRequest", "r2", "p2", intent="order"),
    immunization("i1", "p1", "2026-01-10"), immunization("i2", "p1", "2026-03-10"), immunization("i3", "p2", "2026-01-10"),
    procedure("x1", "p1", "2026-01-10"), procedure("x2", "p1", "2026-03-10"), procedure("x3", "p2", "2026-01-10"),
    encounter("e1", "p1", "2026-01-10"), encounter("e2", "p1", "2026-03-10"), encounter("e3", "p2", "2026-01-10"),
]  # fmt: skip
_LAB = f"category={CATEGORY}|laboratory"
QUERIES = {
    f"Observation?patient=p1&{_LAB}": {"o1", "o2"},
    f"Observation?patient=Patient/p1&{_LAB}&code={LOINC}|718-7": {"o1"},
    f"Observation?patient=p1&{_LAB}&date=ge2026-02-01": {"o2"},
    f"Observation?patient=p1&{_LAB}&date=gt2026-01-10&date=lt2026-03-10": set(),
    f"Observation?patient=p1&{_LAB}&date=ge2026-01-10&date=le2026-01-10": {"o1"},
    f"Observation?patient=p1&{_LAB}&code=718-7&date=ge2026-02-01": set(),
    "AllergyIntolerance?patient=p1": {"a1"},
    "Condition?patient=p1": {"c1", "c2"},
    f"Condition?patient=p1&category={PROBLEM}|encounter-diagnosis": {"c2"},
    f"Condition?patient=p1&clinical-status={CLINICAL}|active": {"c1"},
    "DiagnosticReport?patient=p1&category=LAB": {"d1", "d2"},
    "DiagnosticReport?patient=p1&category=LAB&code=24323-8": {"d2"},
    "DiagnosticReport?patient=p1&category=LAB&date=lt2026-02-01": {"d1"},
    "DiagnosticReport?patient=p1&category=LAB&code=24323-8&date=lt2026-02-01": set(),
    "MedicationStatement?patient=p1": {"m1"},
    "MedicationRequest?patient=p1": {"r1"},
    "Immunization?patient=p1": {"i1", "i2"},
    "Immunization?patient=p1&date=ge2026-02-01": {"i2"},
    "Procedure?patient=p1": {"x1", "x2"},
    "Procedure?patient=p1&date=ge2026-02-01": {"x2"},
    "Encounter?patient=p1": {"e1", "e2"},
    "Encounter?patient=p1&date=ge2026-02-01": {"e2"},
}


@pytest.fixture
def node(filing_node: TestNode) -> TestNode:
    for one in RESOURCES:
        told = filing_node.call("PUT", f"{one['resourceType']}/{one['id']}", one)
        assert told.status == 201, told.json
    return filing_node


def test_every_combination_of_parameters(node: TestNode) -> None:
    for query, expected in QUERIES.items():
        told = node.call("GET", query)
        assert (told.status, told.json["type"]) == (200, "searchset"), query
        assert set(told.ids) == expected, query
        assert node.call("GET", query, headers={"accept": "application/fhir+xml"}).body.startswith(
            b"<?xml"
        ), query


@pytest.mark.parametrize("kind", ["MedicationStatement", "MedicationRequest"])
def test_the_medicine_itself_comes_along(node: TestNode, kind: str) -> None:
    told = node.call("GET", f"{kind}?patient=p1&_include={kind}:medication")
    assert len(told.entries("match")) == 1
    assert [one["resource"]["id"] for one in told.entries("include")] == ["aspirin"]


def test_what_a_document_told_comes_with_where_it_is_from(node: TestNode) -> None:
    """mXDE and QEDm: the Provenance of each fact leads to its document."""
    assert node.run(filing.file(node.service, cda(), "test")).outcome == "filed"
    (document,) = stored(node, "DocumentReference")
    patient = document["subject"]["reference"]
    seen = 0
    for kind in (
        "AllergyIntolerance",
        "Condition",
        "MedicationStatement",
        "Immunization",
        "Observation",
        "Procedure",
    ):
        told = node.call("GET", f"{kind}?patient={patient}&_revinclude=Provenance:target")
        matches, origins = told.entries("match"), told.entries("include")
        for one in matches:
            name = f"{kind}/{one['resource']['id']}"
            (origin,) = [
                other["resource"] for other in origins
                if name in {target["reference"].partition("/_history")[0] for target in other["resource"]["target"]}
            ]  # fmt: skip
            assert origin["agent"] and f"DocumentReference/{document['id']}" in str(origin["entity"])
            seen += 1
    assert seen


def test_nothing_of_a_closed_record_is_told(node: TestNode) -> None:
    from ardenne.kernel.identity.caller import Caller, Kind

    node.caller = Caller(Kind.PROFESSIONAL, "stranger", "Dr Fremd", practitioner="fremd", profession="doctor")
    for query in QUERIES:
        assert node.call("GET", query).ids == [], query
