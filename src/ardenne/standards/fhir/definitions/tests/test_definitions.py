"""The API of the definitions, by what the specification says of well-known types."""

import pytest

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.definitions import child, is_subtype, structure


def test_there_are_146_concrete_resource_types() -> None:
    assert len(definitions.RESOURCE_TYPES) == 146
    assert {"Patient", "Bundle", "Parameters", "Binary"} <= definitions.RESOURCE_TYPES
    assert not {"Resource", "DomainResource", "Element", "HumanName"} & definitions.RESOURCE_TYPES


def test_a_structure_keeps_the_order_of_its_elements() -> None:
    patient = structure("Patient")
    assert (patient.kind, patient.base) == ("resource", "DomainResource")
    assert list(patient.elements)[8:13] == ["identifier", "active", "name", "telecom", "gender"]
    assert {c.key for c in patient.root.constraints} == {"dom-2", "dom-3", "dom-4", "dom-5", "dom-6"}


def test_nested_content_is_a_structure_of_its_path() -> None:
    contact = structure("Patient.contact")
    assert (contact.kind, contact.base) == ("backbone", "BackboneElement")
    assert [c.key for c in contact.root.constraints] == ["ele-1", "pat-1"]
    assert "relationship" in contact.elements


@pytest.mark.parametrize("name", ["Patience", "Patient.name", "Patient.contact.nothing", ""])
def test_unknown_names_are_key_errors(name: str) -> None:
    with pytest.raises(KeyError):
        structure(name)


def test_fhirpath_children() -> None:
    found = child("Observation", "value")
    assert found is not None
    assert found[0].path == "Observation.value[x]"
    assert "Quantity" in found[1]
    assert child("Observation", "valueQuantity") is None
    assert child("Observation", "component") == (
        structure("Observation").elements["component"],
        ("Observation.component",),
    )
    reused = child("Observation.component", "referenceRange")
    assert reused is not None
    assert reused[1] == ("Observation.referenceRange",)


def test_ids_of_resources_and_elements() -> None:
    resource_id, element_id = child("Patient", "id"), child("HumanName", "id")
    assert resource_id is not None
    assert element_id is not None
    assert (resource_id[1], element_id[1]) == (("id",), ("string",))


@pytest.mark.parametrize(
    ("name", "of", "expected"),
    [
        ("Age", "Quantity", True),
        ("Patient", "DomainResource", True),
        ("Bundle", "DomainResource", False),
        ("Bundle", "Resource", True),
        ("code", "string", True),
        ("string", "code", False),
        ("Observation.component", "BackboneElement", True),
        ("Patient", "Patient", True),
    ],
)
def test_subtypes(name: str, of: str, expected: bool) -> None:
    assert is_subtype(name, of) is expected


def test_search_parameters_hold_the_part_of_their_base_and_what_is_inherited() -> None:
    found = definitions.search_parameters("Condition")
    assert found["code"].expression == "Condition.code"
    assert found["patient"].expression == "Condition.subject.where(resolve() is Patient)"
    assert found["_id"].expression == "Resource.id"
    assert "_text" in found
    assert "_text" not in definitions.search_parameters("Bundle")
    assert found["subject"].targets == ("Group", "Patient")


def test_the_patient_compartment() -> None:
    patient = definitions.compartment("Patient")
    assert patient["Observation"] == ("subject", "performer")
    assert "Medication" not in patient
    with pytest.raises(KeyError):
        definitions.compartment("Organization")


def test_published_resources_by_url_and_version() -> None:
    genders = definitions.code_system("http://hl7.org/fhir/administrative-gender")
    assert genders is not None
    assert [c["code"] for c in genders["concept"]] == ["male", "female", "other", "unknown"]
    url = "http://hl7.org/fhir/ValueSet/administrative-gender"
    assert definitions.value_set(url + "|4.0.1") == definitions.value_set(url)
    assert definitions.value_set(url + "|5.0.0") is None
    assert definitions.value_set("http://example.org/none") is None
    assert len(list(definitions.concept_maps())) == len(definitions.urls("ConceptMap")) == 80


def test_corrected_modifiers() -> None:
    assert definitions.search_parameters("Encounter")["part-of"].modifiers == ("below", "above")
