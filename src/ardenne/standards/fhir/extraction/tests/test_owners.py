"""Whom a resource is about (compartmentdefinition-patient) and its main date."""

from typing import Any

import pytest

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, search_parameters
from ardenne.standards.fhir.extraction import main_date, owner, owner_params


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"resourceType": "Patient", "id": "1"}, "Patient/1"),
        ({"resourceType": "Patient"}, None),
        ({"resourceType": "Observation", "subject": {"reference": "Patient/1/_history/3"}}, "Patient/1"),
        ({"resourceType": "Observation", "subject": {"reference": "Group/1"}}, None),
        ({"resourceType": "Observation", "subject": {"reference": "urn:uuid:5"}}, "urn:uuid:5"),
        ({"resourceType": "Observation", "performer": [{"reference": "Patient/1"}]}, None),
        ({"resourceType": "Condition", "subject": {"reference": "#p"}}, None),
        ({"resourceType": "Coverage", "beneficiary": {"reference": "Patient/2"},
          "policyHolder": {"reference": "Patient/1"}}, "Patient/2"),
        ({"resourceType": "Appointment", "participant": [{"actor": {"reference": "Patient/1"}},
          {"actor": {"reference": "Practitioner/1"}}]}, "Patient/1"),
        ({"resourceType": "Appointment", "participant": [{"actor": {"reference": "Patient/1"}},
          {"actor": {"reference": "Patient/2"}}]}, None),
        ({"resourceType": "Task", "for": {"reference": "http://x/fhir/Patient/1"}}, "http://x/fhir/Patient/1"),
        ({"resourceType": "Group", "member": [{"entity": {"reference": "Patient/1"}}]}, None),
        ({"resourceType": "Organization"}, None),
        ({"resourceType": "Nothing"}, None),
    ],
)  # fmt: skip
def test_owner(resource: dict[str, Any], expected: str | None) -> None:
    assert owner(resource) == expected


@pytest.mark.parametrize(
    ("resource_type", "code"),
    [("Observation", "date"), ("Condition", "onset-date"), ("MedicationRequest", "authoredon"),
     ("DocumentReference", "date"), ("Encounter", "date"), ("Patient", None), ("Organization", None)],
)  # fmt: skip
def test_main_date(resource_type: str, code: str | None) -> None:
    assert main_date(resource_type) == code


def test_main_dates_and_owners_are_parameters_of_their_type() -> None:
    for resource_type in RESOURCE_TYPES:
        parameters = search_parameters(resource_type)
        date = main_date(resource_type)
        assert date is None or parameters[date].type == "date"
        for code in owner_params(resource_type):
            assert parameters[code].type == "reference"
