"""What a resource is labelled as. Codes: LOINC, HL7 v2-0074, v3 Confidentiality and ActCode."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, compartment
from ardenne.standards.fhir.labels import (
    EMBARGO_UNTIL,
    FOR_EVER,
    HIDDEN_FROM_PATIENT,
    HIDDEN_FROM_REPRESENTATIVES,
    VISIBILITY,
    Category,
    Level,
    care_types,
    label,
)

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def document(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "DocumentReference", "subject": {"reference": "Patient/1"}, **elements}


def coded(*codes: str) -> dict[str, Any]:
    return {"coding": [{"code": code} for code in codes]}


@pytest.mark.parametrize(
    ("resource", "category"),
    [
        (document(type=coded("11502-2")), Category.LABORATORY),
        (document(type=coded("unknown"), category=[coded("RAD")]), Category.IMAGING),
        (document(), Category.REPORT),
        (document(type=coded("34788-0")), Category.SENSITIVE),
        ({"resourceType": "Observation", "code": coded("2160-0"), "category": [coded("laboratory")]}, Category.RENAL),
        ({"resourceType": "Observation", "category": [coded("laboratory")]}, Category.LABORATORY),
        ({"resourceType": "ServiceRequest", "category": [coded("363679005")]}, Category.IMAGING_PRESCRIPTION),
        ({"resourceType": "Composition", "type": coded("60591-5")}, Category.SUMMARY),
        ({"resourceType": "Organization"}, Category.NONE),
        ({"resourceType": "Immunization"}, Category.VACCINATION),
    ],
)  # fmt: skip
def test_the_category_follows_type_and_codes(resource: dict[str, Any], category: Category) -> None:
    assert label(resource).category is category


def test_what_only_the_patient_wrote_is_the_patients_area() -> None:
    assert label(document(author=[{"reference": "Patient/1"}])).category is Category.PATIENT_AREA
    both = document(author=[{"reference": "Patient/1"}, {"reference": "Practitioner/2"}])
    assert label(both).category is Category.REPORT


def test_the_highest_confidentiality_counts_wherever_it_stands() -> None:
    restricted = document(meta={"security": [{"system": CONFIDENTIALITY, "code": "R"}]})
    assert label(restricted).level is Level.RESTRICTED
    secret = document(
        meta={"security": [{"system": CONFIDENTIALITY, "code": "R"}]},
        securityLabel=[{"coding": [{"system": CONFIDENTIALITY, "code": "V"}]}],
    )
    assert label(secret).level is Level.SECRET
    assert label({"resourceType": "Composition", "confidentiality": "R"}).level is Level.RESTRICTED
    assert label(document(meta={"security": [{"system": "urn:other", "code": "V"}]})).level is Level.NORMAL


def test_a_sensitive_label_wins_over_the_type() -> None:
    found = label({"resourceType": "Immunization", "meta": {"security": [{"code": "HIV"}]}})
    assert found.category is Category.SENSITIVE


def test_an_embargo_ends_at_its_date_or_never() -> None:
    hidden = {"system": VISIBILITY, "code": HIDDEN_FROM_PATIENT}
    assert label(document(meta={"security": [hidden]})).embargo == FOR_EVER
    dated = {**hidden, "extension": [{"url": EMBARGO_UNTIL, "valueDateTime": "1970-01-02T00:00:00Z"}]}
    assert label(document(meta={"security": [dated]})).embargo == 86_401_000_000
    representatives = {"system": VISIBILITY, "code": HIDDEN_FROM_REPRESENTATIVES}
    found = label(document(meta={"security": [representatives]}))
    assert (found.embargo, found.from_representatives) == (0, True)


def test_authors_are_all_who_wrote_ordered_or_performed() -> None:
    found = label(
        {
            "resourceType": "Procedure",
            "recorder": {"reference": "Practitioner/a/_history/3"},
            "performer": [
                {"actor": {"reference": "Practitioner/b"}, "onBehalfOf": {"reference": "Organization/c"}}
            ],
            "asserter": {"reference": "#contained"},
        }
    )
    assert set(found.authors) == {"Practitioner/a", "Practitioner/b", "Organization/c"}


def test_a_document_bundle_is_labelled_as_its_composition() -> None:
    composition = {"resourceType": "Composition", "type": coded("60591-5"), "confidentiality": "R"}
    found = label({"resourceType": "Bundle", "entry": [{"resource": composition}]})
    assert (found.category, found.level) == (Category.SUMMARY, Level.RESTRICTED)


def test_every_type_about_patients_has_a_category() -> None:
    about = {name for name, codes in compartment("Patient").items() if codes} | {"Patient"}
    registers = {"Schedule", "Slot"}
    assert about - care_types() - registers == set()
    assert care_types() <= set(RESOURCE_TYPES)
