"""Terminology at the FHIR door: definitions stored on the node, those of R4, errors as OperationOutcomes."""

from __future__ import annotations

from typing import Any

import pytest

from ardenne.kernel.testing import TestNode

Json = dict[str, Any]
ANIMALS = "http://example.org/animals"
PETS = "http://example.org/vs/pets"


def animals(version: str = "1", *more: Json) -> Json:
    concepts = [
        {
            "code": "mammal",
            "display": "Mammal",
            "concept": [
                {"code": "cat", "display": "Cat", "designation": [{"language": "de", "value": "Katze"}]},
                {"code": "dog", "display": "Dog", "property": [{"code": "legs", "valueInteger": 4}]},
            ],
        },
        *more,
    ]
    return {
        "resourceType": "CodeSystem",
        "id": "animals",
        "url": ANIMALS,
        "version": version,
        "language": "en",
        "status": "active",
        "content": "complete",
        "property": [{"code": "legs", "type": "integer"}],
        "concept": concepts,
    }


def pets() -> Json:
    include = {
        "system": ANIMALS,
        "filter": [{"property": "concept", "op": "descendent-of", "value": "mammal"}],
    }
    return {
        "resourceType": "ValueSet",
        "id": "pets",
        "url": PETS,
        "status": "active",
        "compose": {"include": [include]},
    }


def mapping() -> Json:
    target = [{"code": "felis", "equivalence": "equivalent"}]
    group = {"source": ANIMALS, "target": "urn:latin", "element": [{"code": "cat", "target": target}]}
    return {
        "resourceType": "ConceptMap",
        "id": "latin",
        "url": "http://example.org/latin",
        "status": "active",
        "group": [group],
    }


@pytest.fixture
def stocked(node: TestNode) -> TestNode:
    for resource in (animals(), pets(), mapping()):
        answer = node.call("PUT", f"{resource['resourceType']}/{resource['id']}", resource)
        assert answer.status == 201, answer.json
    return node


def told(answer: Json, name: str) -> Any:
    for entry in answer["parameter"]:
        if entry["name"] == name:
            return next(value for key, value in entry.items() if key != "name")
    return None


def codes(answer: Json) -> list[str]:
    return [each["code"] for each in answer["expansion"].get("contains", [])]


def parameters(**values: Any) -> Json:
    kinds = {bool: "Boolean", int: "Integer", dict: "Coding"}
    entries = [{"name": name, f"value{kinds.get(type(v), 'String')}": v} for name, v in values.items()]
    return {"resourceType": "Parameters", "parameter": entries}


def test_expand_on_type_and_instance_by_get_and_post(stocked: TestNode) -> None:
    for method, address, content in (
        ("GET", f"ValueSet/$expand?url={PETS}", None),
        ("GET", "ValueSet/pets/$expand", None),
        ("POST", "ValueSet/$expand", parameters(url=PETS)),
        ("POST", "ValueSet/$expand", pets()),
    ):
        answer = stocked.call(method, address, content)
        assert (answer.status, codes(answer.json)) == (200, ["cat", "dog"])
    page = stocked.call("GET", f"ValueSet/$expand?url={PETS}&count=1&offset=1").json["expansion"]
    assert (page["total"], page["offset"], page["contains"][0]["code"]) == (2, 1, "dog")


def test_languages_by_parameter_and_by_header(stocked: TestNode) -> None:
    address = f"ValueSet/$expand?url={PETS}&filter=kat"
    german = stocked.call("GET", address + "&displayLanguage=de").json
    assert german["expansion"]["contains"][0]["display"] == "Katze"
    header = stocked.call("GET", address, headers={"Accept-Language": "de-LU"}).json
    assert header["expansion"]["contains"][0]["display"] == "Katze"


def test_properties_are_extensions_in_r4_and_the_answer_is_a_valid_value_set(stocked: TestNode) -> None:
    answer = stocked.call("GET", f"ValueSet/$expand?url={PETS}&property=legs").json
    dog = answer["expansion"]["contains"][1]
    parts = dog["extension"][0]["extension"]
    assert "property" not in dog
    assert parts == [{"url": "code", "valueCode": "legs"}, {"url": "value", "valueInteger": 4}]
    assert stocked.call("PUT", "ValueSet/again", answer | {"id": "again"}).status == 201


def test_a_change_counts_at_once(stocked: TestNode) -> None:
    address = f"CodeSystem/$validate-code?url={ANIMALS}&code=emu"
    assert told(stocked.call("GET", address).json, "result") is False
    stocked.call("PUT", "CodeSystem/animals", animals("1", {"code": "emu"}))
    assert told(stocked.call("GET", address).json, "result") is True
    stocked.call("DELETE", "CodeSystem/animals")
    assert told(stocked.call("GET", address).json, "result") is False


def test_validate_code(stocked: TestNode) -> None:
    good = stocked.call("GET", f"ValueSet/pets/$validate-code?system={ANIMALS}&code=cat").json
    assert (told(good, "result"), told(good, "display")) == (True, "Cat")
    coding = {"system": ANIMALS, "code": "mammal"}
    bad = stocked.call("POST", "ValueSet/$validate-code", parameters(url=PETS, coding=coding)).json
    assert (told(bad, "result"), "was not found in the value set" in told(bad, "message")) == (False, True)
    own = stocked.call("GET", "CodeSystem/animals/$validate-code?code=cat").json
    assert told(own, "result") is True
    asked = parameters(url=PETS)
    asked["parameter"] += [
        {"name": "validation", "resource": parameters(coding={"system": ANIMALS, "code": code})}
        for code in ("cat", "cow")
    ]
    batch = stocked.call("POST", "ValueSet/$batch-validate-code", asked).json
    assert [told(entry["resource"], "result") for entry in batch["parameter"]] == [True, False]


def test_lookup_subsumes_and_translate(stocked: TestNode) -> None:
    found = stocked.call("GET", f"CodeSystem/$lookup?system={ANIMALS}&code=dog").json
    assert (told(found, "display"), told(found, "version")) == ("Dog", "1")
    kin = stocked.call("GET", "CodeSystem/animals/$subsumes?codeA=mammal&codeB=cat").json
    assert told(kin, "outcome") == "subsumes"
    for address in (
        f"ConceptMap/$translate?system={ANIMALS}&code=cat&targetsystem=urn:latin",
        f"ConceptMap/latin/$translate?system={ANIMALS}&code=cat",
        f"ConceptMap/$translate?url=http://example.org/latin&system={ANIMALS}&code=cat",
    ):
        match = told(stocked.call("GET", address).json, "match")
        assert {"name": "concept", "valueCoding": {"system": "urn:latin", "code": "felis"}} in match


def test_definitions_of_r4_need_not_be_stored(node: TestNode) -> None:
    gender = "http://hl7.org/fhir/ValueSet/administrative-gender"
    assert codes(node.call("GET", f"ValueSet/$expand?url={gender}").json) == [
        "male",
        "female",
        "other",
        "unknown",
    ]
    unit = node.call("GET", "CodeSystem/$validate-code?url=http://unitsofmeasure.org&code=mm[Hg]").json
    assert told(unit, "result") is True


@pytest.mark.parametrize(
    ("method", "address", "content", "status", "code"),
    [
        ("GET", "ValueSet/$expand?url=urn:nowhere", None, 404, "not-found"),
        ("GET", "ValueSet/$expand", None, 400, "required"),
        ("GET", "ValueSet/nobody/$expand", None, 404, "not-found"),
        ("GET", "Patient/$expand", None, 404, "not-supported"),
        ("GET", f"CodeSystem/$lookup?system={ANIMALS}&code=unicorn", None, 400, "code-invalid"),
        ("GET", f"ValueSet/$expand?url={PETS}&count=many", None, 400, "value"),
        ("GET", f"ValueSet/$expand?url={PETS}&displayLanguage=-", None, 422, "processing"),
        ("POST", "ValueSet/$expand", {"resourceType": "Patient"}, 400, "invalid"),
        ("POST", "ValueSet/$expand", b"{", 400, "structure"),
        ("POST", "ValueSet/$expand", {"resourceType": "Parameters", "parameter": "x"}, 400, "required"),
        ("PUT", "ValueSet/$expand", None, 405, "not-supported"),
    ],
)
def test_what_cannot_be_answered(
    stocked: TestNode, method: str, address: str, content: object, status: int, code: str
) -> None:
    answer = stocked.call(method, address, content)
    assert (answer.status, answer.json["resourceType"]) == (status, "OperationOutcome")
    assert answer.json["issue"][0]["code"] == code


def test_metadata_names_the_operations(node: TestNode) -> None:
    resources = node.call("GET", "metadata").json["rest"][0]["resource"]
    offered = {each["type"]: [one["name"] for one in each.get("operation", [])] for each in resources}
    assert offered["ValueSet"] == ["validate", "expand", "validate-code"]
    terminology = node.call("GET", "metadata?mode=terminology").json
    assert terminology["resourceType"] == "TerminologyCapabilities"
    assert told(node.call("GET", "$versions").json, "version") == "4.0"
