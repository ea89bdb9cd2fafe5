"""Each structural rule of FHIR R4 (JSON, Data types, Resource), broken one at a time."""

from copy import deepcopy
from typing import Any

import pytest

from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.validator import validate
from ardenne.standards.fhir.validator.report import LIMIT

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p-1.A",
    "meta": {"lastUpdated": "2024-02-29T23:59:60.123+14:00", "profile": ["http://x/p|1"]},
    "text": {"status": "generated", "div": DIV},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "O"}],
    "extension": [{"url": "http://x", "valueBase64Binary": "QUJD\n QQ=="}],
    "active": False,
    "_active": {"id": "a"},
    "name": [{"given": ["A", None], "_given": [None, {"extension": [{"url": "u", "valueCode": "x"}]}]}],
    "_birthDate": {"extension": [{"url": "u", "valueInteger": -1}]},
    "gender": "other",
    "multipleBirthInteger": 2,
    "managingOrganization": {"reference": "Organization/o"},
    "link": [{"other": {"reference": "urn:uuid:1"}, "type": "refer"}],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """PATIENT with one property (dotted path, numbers index arrays) set, or removed with None-like `...`."""
    resource = deepcopy(PATIENT)
    *way, last = path.split(".")
    place: Any = resource
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if value is ...:
        del place[last]
    elif last.isdigit():
        place[int(last)] = value
    else:
        place[last] = value
    return resource


def test_a_right_resource_has_no_problems() -> None:
    assert validate(PATIENT) == []


@pytest.mark.parametrize(
    ("path", "value", "rule", "place"),
    [
        ("resourceType", ..., "resource-type", ""),
        ("resourceType", "Patience", "resource-type", ""),
        ("resourceType", ["Patient"], "resource-type", ""),
        ("resourceType", "DomainResource", "resource-type", ""),
        ("birthdate", "2020", "unknown-element", "Patient"),
        ("name.0.family_name", "x", "unknown-element", "Patient.name[0]"),
        ("_name", [{}], "unknown-element", "Patient"),
        ("fhir_comments", ["x"], "unknown-element", "Patient"),
        ("deceased", True, "unknown-element", "Patient"),
        ("valueQuantity", {}, "unknown-element", "Patient"),
        ("link.0.other", ..., "cardinality", "Patient.link[0]"),
        ("link.0.type", ..., "cardinality", "Patient.link[0]"),
        ("text.div", ..., "cardinality", "Patient.text"),
        ("extension.0.url", ..., "cardinality", "Patient.extension[0]"),
        ("gender", ["male"], "json-type", "Patient.gender"),
        ("managingOrganization", [{"reference": "#o"}], "json-type", "Patient.managingOrganization"),
        ("name", {"family": "x"}, "json-type", "Patient.name"),
        ("name.0", "Anna", "json-type", "Patient.name[0]"),
        ("name.0.given", "Anna", "json-type", "Patient.name[0].given"),
        ("name.0", None, "json-type", "Patient.name[0]"),
        ("contained.0", "x", "json-type", "Patient.contained[0]"),
        ("gender", "Male", "binding", "Patient.gender"),
        ("gender", 1, "type-code", "Patient.gender"),
        ("gender", None, "type-code", "Patient.gender"),
        ("active", "true", "type-boolean", "Patient.active"),
        ("active", 1, "type-boolean", "Patient.active"),
        ("birthDate", "2023-02-30", "type-date", "Patient.birthDate"),
        ("birthDate", "1980-1-1", "type-date", "Patient.birthDate"),
        ("birthDate", "", "type-date", "Patient.birthDate"),
        ("multipleBirthInteger", True, "type-integer", "Patient.multipleBirth.ofType(integer)"),
        ("multipleBirthInteger", 2.0, "type-integer", "Patient.multipleBirth.ofType(integer)"),
        ("multipleBirthInteger", 2**31, "type-integer", "Patient.multipleBirth.ofType(integer)"),
        ("meta.lastUpdated", "2024-02-29", "type-instant", "Patient.meta.lastUpdated"),
        ("meta.lastUpdated", "2023-02-29T10:00:00Z", "type-instant", "Patient.meta.lastUpdated"),
        ("id", "with space", "type-id", "Patient.id"),
        ("id", "a" * 65, "type-id", "Patient.id"),
        ("extension.0.valueBase64Binary", "QUJ", "type-base64Binary",
         "Patient.extension[0].value.ofType(base64Binary)"),
        ("extension.0.url", "two words", "type-uri", "Patient.extension[0].url"),
        ("text.div", "<p/>", "type-xhtml", "Patient.text.div"),
        ("multipleBirthBoolean", True, "choice", "Patient"),
        ("_multipleBirthBoolean", {"extension": [{"url": "u", "valueCode": "c"}]}, "choice", "Patient"),
        ("_birthDate", {"id": "x"}, "ele-1", "Patient.birthDate"),
        ("name", [], "ele-1", "Patient.name"),
        ("name.0.given", [], "ele-1", "Patient.name[0].given"),
        ("name.0", {}, "ele-1", "Patient.name[0]"),
        ("_birthDate", {}, "ele-1", "Patient.birthDate"),
        ("name.0._given", ..., "null-alignment", "Patient.name[0].given[1]"),
        ("name.0.given", ..., "null-alignment", "Patient.name[0].given[0]"),
        ("_birthDate", {"value": "x"}, "unknown-element", "Patient.birthDate"),
        ("_birthDate", [{"id": "x"}], "json-type", "Patient.birthDate"),
        ("extension.0.extension", [{"url": "u", "valueCode": "c"}], "ext-1", "Patient.extension[0]"),
        ("extension.0", {"url": "http://x"}, "ext-1", "Patient.extension[0]"),
        ("managingOrganization.reference", "Patient/1", "reference-target", "Patient.managingOrganization"),
        ("managingOrganization.reference", "http://x.org/fhir/Group/1/_history/2", "reference-target",
         "Patient.managingOrganization"),
        ("contained.0.id", ..., "dom-3", "Patient.contained[0]"),
        ("contained.0.contained", [{"resourceType": "Basic", "id": "b", "code": {"text": "x"}}], "dom-2",
         "Patient.contained[0]"),
        ("contained.0.meta", {"versionId": "1"}, "dom-4", "Patient.contained[0]"),
        ("contained.0.meta", {"security": [{"code": "R"}]}, "dom-5", "Patient.contained[0]"),
    ],
)  # fmt: skip
def test_one_broken_rule_is_one_problem(path: str, value: Any, rule: str, place: str) -> None:
    found = validate(changed(path, value))
    assert [(issue.rule, issue.path) for issue in found] == [(rule, place)]
    assert found[0].severity == "error"
    assert found[0].message.endswith((".", "?"))


def test_all_problems_are_reported() -> None:
    broken = {"resourceType": "Patient", "name": [{}, {"given": "x"}], "gender": "x", "foo": 1}
    assert {issue.rule for issue in validate(broken)} == {"ele-1", "json-type", "binding", "unknown-element"}


@pytest.mark.parametrize(
    ("resource", "hint"),
    [
        ({"resourceType": "patient"}, "Did you mean 'Patient'?"),
        ({"resourceType": "Patient", "birthdate": "2020"}, "Did you mean 'birthDate'?"),
        ({"resourceType": "Patient", "deceased": True}, "for example 'deceasedBoolean'"),
        ({"resourceType": "Patient", "gender": "Female"}, "Did you mean 'female'?"),
        ({"resourceType": "Patient", "gender": "m"}, "Use one of: male, female, other, unknown"),
    ],
)
def test_hints_how_to_mend(resource: dict[str, Any], hint: str) -> None:
    assert hint in validate(resource)[0].message


def test_a_required_choice() -> None:
    usage = {"code": {"code": "focus"}}
    found = validate(
        {"resourceType": "Library", "status": "draft", "type": {"text": "x"}, "useContext": [usage]}
    )
    assert [(issue.rule, issue.path) for issue in found] == [("cardinality", "Library.useContext[0]")]
    assert "valueCodeableConcept" in found[0].message


def test_a_required_binding_of_a_concept() -> None:
    """AllergyIntolerance.clinicalStatus has a required binding."""

    def allergy(coding: dict[str, str]) -> dict[str, Any]:
        patient = {"reference": "Patient/1"}
        return {
            "resourceType": "AllergyIntolerance",
            "patient": patient,
            "clinicalStatus": {"coding": [coding]},
        }

    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    assert validate(allergy({"system": system, "code": "active"})) == []
    assert [issue.rule for issue in validate(allergy({"system": "http://x", "code": "active"}))] == [
        "binding"
    ]


def test_reused_and_nested_content() -> None:
    item = {
        "linkId": "1",
        "type": "group",
        "item": [{"type": "group", "linkId": "2", "item": [{"linkId": "3"}]}],
    }
    found = validate({"resourceType": "Questionnaire", "status": "draft", "item": [item]})
    assert [issue.path for issue in found] == ["Questionnaire.item[0].item[0].item[0]"]


def test_resources_within_resources() -> None:
    entry = {"resource": {"resourceType": "Patient", "gender": "x"}}
    found = validate({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert [issue.path for issue in found] == ["Bundle.entry[0].resource.gender"]


def test_every_type_compiles_and_says_what_is_unknown() -> None:
    for resource_type in sorted(RESOURCE_TYPES):
        found = validate({"resourceType": resource_type, "notAnElement": 1})
        assert "unknown-element" in {issue.rule for issue in found}, resource_type


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {}, {"resourceType": {}}])
def test_what_is_no_resource(value: Any) -> None:
    assert validate(value)[0].severity == "error"


def test_a_flood_of_problems_is_cut_off() -> None:
    found = validate({"resourceType": "Patient", **{f"x{n}": 1 for n in range(100_000)}})
    assert len(found) == LIMIT + 1
    assert found[-1].rule == "too-many"
