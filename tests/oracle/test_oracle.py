"""The oracle itself: examples of R4 search.html."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.oracle.search import Oracle, Terminology, Unsupported

RESOURCES: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "eve",
        "active": True,
        "gender": "female",
        "birthDate": "1974-12-25",
        "identifier": [
            {
                "system": "urn:mrn",
                "value": "12345",
                "type": {
                    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]
                },
            }
        ],
        "name": [{"family": "Müller", "given": ["Eve", "Anne"]}],
        "telecom": [{"system": "phone", "value": "555"}],
        "generalPractitioner": [
            {"reference": "Practitioner/gp", "identifier": {"system": "urn:p", "value": "9"}}
        ],
    },
    {"resourceType": "Patient", "id": "steven", "name": [{"family": "Steven", "text": "Dr. Steven"}]},
    {"resourceType": "Practitioner", "id": "gp", "name": [{"family": "House"}]},
    {
        "resourceType": "Observation",
        "id": "weight",
        "status": "final",
        "subject": {"reference": "Patient/eve"},
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body weight"}],
            "text": "Weight",
        },
        "valueQuantity": {"value": 5.4, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"},
        "effectivePeriod": {"start": "2013-01-14", "end": "2013-01-20"},
        "component": [
            {"code": {"coding": [{"code": "a"}]}, "valueQuantity": {"value": 1, "unit": "u"}},
            {"code": {"coding": [{"code": "b"}]}, "valueQuantity": {"value": 2, "unit": "u"}},
        ],
    },
    {
        "resourceType": "Observation",
        "id": "open",
        "status": "final",
        "effectivePeriod": {"start": "2013-01-14"},
    },
    {"resourceType": "Observation", "id": "day", "status": "final", "effectiveDateTime": "2013-01-14"},
    {"resourceType": "ValueSet", "id": "v", "url": "http://acme.org/fhir/ValueSet/123", "status": "active"},
    {"resourceType": "List", "id": "l", "entry": [{"item": {"reference": "Patient/eve"}}]},
    {"resourceType": "Location", "id": "here", "position": {"latitude": 49.6, "longitude": 6.13}},
]

TERMINOLOGY = Terminology(
    is_in=lambda system, code, value_set: value_set == "http://vs" and code == "29463-7",
    subsumes=lambda system, code, other: code == other or (code, other) == ("body", "29463-7"),
)
ORACLE = Oracle(RESOURCES, TERMINOLOGY, now=datetime(2023, 1, 14, tzinfo=UTC))

CASES = [
    ("Patient", "name=eve", "eve"),
    ("Patient", "name=mul", "eve"),
    ("Patient", "name=EVE&active=true", "eve"),
    ("Patient", "family:contains=eve", "steven"),
    ("Patient", "given:exact=Eve", "eve"),
    ("Patient", "given:exact=eve", ""),
    ("Patient", "name=dr", "steven"),
    ("Patient", "gender=female,male", "eve"),
    ("Patient", "gender:not=female", "steven"),
    ("Patient", "gender:missing=true", "steven"),
    ("Patient", "birthdate:missing=false", "eve"),
    ("Patient", "identifier=urn:mrn|12345", "eve"),
    ("Patient", "identifier=12345", "eve"),
    ("Patient", "identifier=urn:mrn|", "eve"),
    ("Patient", "identifier=|12345", ""),
    ("Patient", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|12345", "eve"),
    ("Patient", "phone=555", "eve"),
    ("Patient", "birthdate=1974", "eve"),
    ("Patient", "birthdate=1974-12-25T10:00", ""),
    ("Patient", "birthdate=gt1974-12-24", "eve"),
    ("Patient", "birthdate=ne1974-12-25", ""),
    ("Patient", "_id=eve,steven", "eve steven"),
    ("Patient", "general-practitioner=Practitioner/gp", "eve"),
    ("Patient", "general-practitioner=gp", "eve"),
    ("Patient", "general-practitioner:Practitioner=gp", "eve"),
    ("Patient", "general-practitioner:Organization=gp", ""),
    ("Patient", "general-practitioner:identifier=urn:p|9", "eve"),
    ("Patient", "general-practitioner:Practitioner.name=hou", "eve"),
    ("Patient", "_has:Observation:patient:code=29463-7", "eve"),
    ("Patient", "_has:Observation:subject:status=preliminary", ""),
    ("Patient", "_list=l", "eve"),
    ("Observation", "patient.name=eve", "weight"),
    ("Observation", "subject:Patient.general-practitioner.family=House", "weight"),
    ("Observation", "code:text=body", "weight"),
    ("Observation", "code:text=weight", "weight"),
    ("Observation", "code:in=http://vs", "weight"),
    ("Observation", "code:not-in=http://vs", "open day"),
    ("Observation", "code:below=body", "weight"),
    ("Observation", "value-quantity=5.4|http://unitsofmeasure.org|mg", "weight"),
    ("Observation", "value-quantity=5.4||mg", "weight"),
    ("Observation", "value-quantity=5", "weight"),
    ("Observation", "value-quantity=5.40", "weight"),
    ("Observation", "value-quantity=5.3", ""),
    ("Observation", "value-quantity=gt5.4", ""),
    ("Observation", "value-quantity=ge5.4", "weight"),
    ("Observation", "value-quantity=ap5|http://unitsofmeasure.org|mg", "weight"),
    ("Observation", "value-quantity=le5.4|http://unitsofmeasure.org|kg", ""),
    ("Observation", "component-code-value-quantity=a$1", "weight"),
    ("Observation", "component-code-value-quantity=a$2", ""),
    ("Observation", "code-value-quantity=29463-7$gt5", "weight"),
    ("Observation", "date=2013-01-14", "day"),
    ("Observation", "date=2013", "weight day"),
    ("Observation", "date=ne2013-01-14", "weight open"),
    ("Observation", "date=lt2013-01-14T10:00", "weight open day"),
    ("Observation", "date=gt2013-01-14T10:00", "weight open day"),
    ("Observation", "date=ge2013-03-14", "open"),
    ("Observation", "date=sa2013-01-13", "weight open day"),
    ("Observation", "date=eb2013-01-15", "day"),
    ("Observation", "date=ap2013-03-14", "weight open day"),
    ("ValueSet", "url=http://acme.org/fhir/ValueSet/123", "v"),
    ("ValueSet", "url:below=http://acme.org/fhir", "v"),
    ("ValueSet", "url:above=http://acme.org/fhir/ValueSet/123/_history/5", "v"),
    ("ValueSet", "url=http://acme.org/fhir", ""),
    ("Location", "near=49.61|6.13|2|km", "here"),
    ("Location", "near=49.7|6.13|2|km", ""),
]


@pytest.mark.parametrize(("resource_type", "query", "ids"), CASES)
def test_example(resource_type: str, query: str, ids: str) -> None:
    assert [resource["id"] for resource in ORACLE.search(resource_type, query)] == ids.split()


def test_parameters_that_shape_the_answer_are_ignored() -> None:
    assert len(ORACLE.search("Patient", "_sort=name&_count=1&_include=Patient:organization")) == 2


@pytest.mark.parametrize(
    "query", ["nothing=1", "gender.name=x", "_has:Observation:code:x=1", "_has:Observation"]
)
def test_what_r4_does_not_define(query: str) -> None:
    with pytest.raises(Unsupported):
        ORACLE.search("Patient", query)
