"""FHIRPath Patch: rules of FHIR R4 fhirpatch.html beyond the published cases."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.standards.fhir.patch import PatchError, apply_fhirpath_patch

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "birthDate": "1920-01-01",
    "_birthDate": {"extension": [{"url": "u", "valueString": "x"}]},
    "deceasedBoolean": False,
    "name": [
        {
            "use": "official",
            "given": ["a", "b", "c"],
            "_given": [None, {"id": "second"}, None],
        },
        {"use": "usual"},
    ],
}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    def part(name: str, value: Any) -> dict[str, Any]:
        kinds = {
            "type": "valueCode",
            "index": "valueInteger",
            "source": "valueInteger",
            "destination": "valueInteger",
        }
        if isinstance(value, dict):
            return {"name": name, **value}
        return {"name": name, kinds.get(name, "valueString"): value}

    parameters = [
        {"name": "operation", "part": [part(name, value) for name, value in operation.items()]}
        for operation in operations
    ]
    return apply_fhirpath_patch(PATIENT, {"resourceType": "Parameters", "parameter": parameters})


def test_a_choice_takes_the_key_of_its_type() -> None:
    moment = {"valueDateTime": "2020-02-02"}
    replaced = patch({"type": "replace", "path": "Patient.deceased", "value": moment})
    assert replaced["deceasedDateTime"] == "2020-02-02"
    assert "deceasedBoolean" not in replaced
    added = patch(
        {"type": "delete", "path": "Patient.deceased"},
        {"type": "add", "path": "Patient", "name": "deceased", "value": moment},
    )
    assert added["deceasedDateTime"] == "2020-02-02"


def test_siblings_of_primitives_stay_in_step() -> None:
    moved = patch({"type": "move", "path": "Patient.name[0].given", "source": 1, "destination": 0})["name"][0]
    assert (moved["given"], moved["_given"]) == (["b", "a", "c"], [{"id": "second"}, None, None])
    deleted = patch({"type": "delete", "path": "Patient.name[0].given[1]"})["name"][0]
    assert deleted["given"] == ["a", "c"]
    assert "_given" not in deleted
    inserted = patch(
        {"type": "insert", "path": "Patient.name[0].given", "index": 1, "value": {"valueString": "z"}}
    )["name"][0]
    assert inserted["given"] == ["a", "z", "b", "c"]
    assert inserted["_given"] == [None, None, {"id": "second"}, None]
    assert "_birthDate" not in patch({"type": "delete", "path": "Patient.birthDate"})


def test_filters_select_and_deleting_nothing_is_allowed() -> None:
    operation = {"type": "add", "path": "Patient.name.where(use = 'usual')", "name": "family", "value": "W"}
    assert patch(operation)["name"][1] == {"use": "usual", "family": "W"}
    assert patch({"type": "delete", "path": "Patient.contact.where(gender = 'male')"}) == PATIENT


def test_nested_parts_make_an_anonymous_type() -> None:
    value = {
        "part": [
            {"name": "name", "valueHumanName": {"family": "F"}},
            {"name": "relationship", "valueCodeableConcept": {"text": "one"}},
            {"name": "relationship", "valueCodeableConcept": {"text": "two"}},
        ]
    }
    added = patch({"type": "add", "path": "Patient", "name": "contact", "value": value})
    assert added["contact"] == [{"name": {"family": "F"}, "relationship": [{"text": "one"}, {"text": "two"}]}]


def test_an_extension_of_a_primitive_can_be_replaced() -> None:
    value = {"valueDate": "1930-01-01", "_valueDate": {"id": "d"}}
    replaced = patch({"type": "replace", "path": "Patient.birthDate", "value": value})
    assert (replaced["birthDate"], replaced["_birthDate"]) == ("1930-01-01", {"id": "d"})


def test_the_given_resource_stays_as_it_is() -> None:
    before = repr(PATIENT)
    patch({"type": "delete", "path": "Patient.name[0]"})
    assert repr(PATIENT) == before


@pytest.mark.parametrize(
    ("operation", "problem", "malformed"),
    [
        (
            {"type": "replace", "path": "Patient.name", "value": {"valueHumanName": {}}},
            "selects 2 elements",
            False,
        ),
        ({"type": "replace", "path": "Patient.gender", "value": "x"}, "selects nothing", False),
        ({"type": "add", "path": "Patient", "name": "birthDate", "value": "x"}, "exists already", False),
        (
            {"type": "add", "path": "Patient", "name": "deceased", "value": {"valueDateTime": "2020"}},
            "exists",
            False,
        ),
        ({"type": "add", "path": "Patient", "name": "nonsense", "value": "x"}, "no element nonsense", False),
        (
            {"type": "add", "path": "Patient", "name": "multipleBirth", "value": "x"},
            "cannot be a string",
            False,
        ),
        (
            {"type": "add", "path": "Patient", "name": "maritalStatus", "value": "x"},
            "value is a primitive",
            False,
        ),
        (
            {"type": "insert", "path": "Patient.name", "index": 3, "value": {"valueHumanName": {}}},
            "beyond",
            False,
        ),
        ({"type": "insert", "path": "Patient.birthDate", "index": 0, "value": "x"}, "select a list", False),
        ({"type": "move", "path": "Patient.name", "source": 2, "destination": 0}, "beyond the list", False),
        ({"type": "delete", "path": "Patient"}, "whole resource", False),
        ({"type": "delete", "path": "Patient.name"}, "selects 2 elements", False),
        ({"type": "delete", "path": "Patient.nonsense"}, "no element nonsense", True),
        ({"type": "delete", "path": "Patient.name.("}, "unexpected", True),
        ({"type": "delete", "path": "Patient.name | Patient.contact"}, "select elements", True),
        ({"type": "delete", "path": "1 + 1"}, "select elements", True),
        ({"type": "delete"}, "needs the parts path", True),
        ({"type": "erase", "path": "Patient"}, "use one of add, insert", True),
        ({"type": "replace", "path": "Patient.birthDate", "value": {}}, "either one value[x]", True),
    ],
)
def test_refusals(operation: dict[str, Any], problem: str, malformed: bool) -> None:
    with pytest.raises(PatchError) as caught:
        patch({"type": "delete", "path": "Patient.contact"}, operation)
    assert problem in str(caught.value)
    assert (caught.value.operation, caught.value.malformed) == (1, malformed)


@pytest.mark.parametrize(
    "parameters", [{}, {"resourceType": "Bundle"}, {"resourceType": "Parameters", "parameter": 1}]
)
def test_what_is_no_patch(parameters: dict[str, Any]) -> None:
    with pytest.raises(PatchError):
        apply_fhirpath_patch(PATIENT, parameters)
