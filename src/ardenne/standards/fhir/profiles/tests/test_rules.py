"""Rules of single types: each broken once (sources beside the rules)."""

from typing import Any

import pytest

from ardenne.standards.fhir.profiles import Context, Options, validate_profile


def errors(resource: dict[str, Any], **options: Any) -> list[str]:
    context = Context(options=Options(**options))
    return [issue.rule for issue in validate_profile(resource, (), context) if issue.failed]


def patient(**content: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **content}


def observation(**content: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **content}


def bundle(kind: str, *entries: Any, **content: Any) -> dict[str, Any]:
    listed = [entry if "resource" in entry else {"resource": entry} for entry in entries]
    return {"resourceType": "Bundle", "type": kind, "entry": listed, **content}


EXTENSIONS = "http://hl7.org/fhir/StructureDefinition"


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        ({"url": f"{EXTENSIONS}/patient-birthPlace", "valueAddress": {"city": "Arlon"}}, []),
        ({"url": f"{EXTENSIONS}/patient-birthPlace", "valueString": "Arlon"}, ["profile-type"]),
        ({"url": f"{EXTENSIONS}/humanname-own-prefix", "valueString": "van"}, ["extension-context"]),
        ({"url": f"{EXTENSIONS}/patient-birthPlace|4.0.1", "valueAddress": {"city": "x"}}, ["extension-url"]),
        ({"url": "relative", "valueString": "x"}, ["extension-url"]),
        ({"url": "http://hl7.org/fhir/3.0/StructureDefinition/extension-Patient.animal", "valueCode": "x"},
         ["extension-modifier"]),
        ({"url": f"{EXTENSIONS}/patient-nationality",
          "extension": [{"url": "code", "valueCodeableConcept": {"text": "LU"}}]}, []),
        ({"url": f"{EXTENSIONS}/patient-nationality", "extension": [{"url": "kode", "valueCode": "LU"}]},
         ["extension-part"]),
        ({"url": "http://unknown.lu/x", "valueString": "x"}, []),
    ],
)  # fmt: skip
def test_extensions(extension: dict[str, Any], expected: list[str]) -> None:
    assert errors(patient(extension=[extension])) == expected


def test_unknown_extensions_are_errors_where_asked_and_always_when_they_modify() -> None:
    unknown = [{"url": "http://unknown.lu/x", "valueString": "x"}]
    assert errors(patient(extension=unknown), unknown_extensions="error") == ["extension-unknown"]
    assert errors(patient(modifierExtension=unknown)) == ["extension-unknown"]


@pytest.mark.parametrize(
    ("resource", "options", "expected"),
    [
        (patient(identifier=[{"system": "urn:ietf:rfc:3986", "value": "1.2.3"}]), {}, ["identifier-uri"]),
        (patient(identifier=[{"system": "urn:oid:1.02", "value": "1"}]), {}, ["oid"]),
        (patient(identifier=[{"system": "urn:uuid:1", "value": "1"}]), {}, ["uuid"]),
        (patient(maritalStatus={"coding": [{"system": "local", "code": "x"}]}), {}, ["coding-system"]),
        (patient(maritalStatus={"coding": [{"system": "http://hl7.org/fhir/ValueSet/x", "code": "x"}]}), {},
         ["coding-system"]),
        (patient(name=[{"id": "a"} | {"text": "x"}, {"id": "a", "text": "y"}]), {}, ["element-id"]),
        (patient(name=[{"text": "<b>x</b>"}]), {}, []),
        (patient(name=[{"text": "<b>x</b>"}]), {"html_in_text": False}, ["html-in-text"]),
        (observation(note=[{"text": "a <br> b"}]), {"html_in_markdown": False}, ["html-in-markdown"]),
        (observation(note=[{"text": "a < b and b > c"}]), {"html_in_markdown": False}, []),
        (patient(photo=[{"url": "http://www.example.org/x.png"}]), {"example_urls": False}, ["example-url"]),
        (patient(generalPractitioner=[{"reference": "Practitioner/1"}]), {"references_exist": True},
         ["reference-missing"]),
        (patient(text={"status": "generated",
                       "div": '<div xmlns="http://www.w3.org/1999/xhtml"><a href="urn:uuid:1">x</a></div>'}), {},
         ["narrative-link"]),
        ({"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "Questionnaire/1"}, {},
         ["canonical"]),
        ({"resourceType": "QuestionnaireResponse", "status": "completed",
          "questionnaire": "http://hl7.org/fhir/ValueSet/event-status"}, {}, ["canonical-target"]),
    ],
)  # fmt: skip
def test_values(resource: dict[str, Any], options: dict[str, Any], expected: list[str]) -> None:
    assert errors(resource, **options) == expected


UUID = "urn:uuid:00000000-0000-4000-8000-00000000000"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (bundle("collection", {"fullUrl": "Patient/1", "resource": patient(id="1")}), ["full-url"]),
        (bundle("collection", {"fullUrl": "http://x.lu/Patient/1", "resource": patient()}), ["full-url"]),
        (bundle("collection", {"fullUrl": "http://x.lu/Patient/1", "resource": patient(id="2")}), ["full-url"]),
        (bundle("collection", {"fullUrl": "http://x.lu/Patient/1", "resource": patient(id="1")}), []),
        (bundle("collection", link=[{"relation": "self", "url": "http://x"}] * 2), ["ele-1", "bundle-link"]),
        (bundle("collection", {"fullUrl": f"{UUID}1", "resource": observation(subject={"reference": f"{UUID}2"})},
                {"fullUrl": f"{UUID}2", "resource": {"resourceType": "Organization", "name": "x"}}),
         ["reference-target"]),
        (bundle("collection", {"fullUrl": f"{UUID}1", "resource": observation(subject={"reference": f"{UUID}2"})},
                {"fullUrl": f"{UUID}2", "resource": patient()}), []),
        (bundle("searchset", {"resource": patient(), "search": {"mode": "match"}}), ["search-id"]),
        (bundle("searchset", {"resource": patient(id="1"), "search": {"mode": "outcome"}}), ["search-mode"]),
        (bundle("searchset", {"resource": patient(id="1"), "search": {"mode": "match"}},
                link=[{"relation": "self", "url": "http://x.lu/Observation?code=1"}]), ["search-match"]),
    ],
)  # fmt: skip
def test_bundles(resource: dict[str, Any], expected: list[str]) -> None:
    assert errors(resource) == expected


def document(*entries: dict[str, Any], **content: Any) -> dict[str, Any]:
    composition = {"resourceType": "Composition", "status": "final", "type": {"text": "x"}, "date": "2024",
                   "title": "t", "author": [{"reference": f"{UUID}2"}], **content}  # fmt: skip
    first = {"fullUrl": f"{UUID}1", "resource": composition}
    identifier = {"system": "urn:ietf:rfc:3986", "value": f"{UUID}9"}
    return bundle("document", first, *entries, identifier=identifier, timestamp="2024-01-01T00:00:00Z")


AUTHOR = {"fullUrl": f"{UUID}2", "resource": {"resourceType": "Practitioner", "name": [{"text": "x"}]}}


def test_documents_hold_what_they_refer_to_and_nothing_else() -> None:
    assert errors(document(AUTHOR)) == []
    assert errors(document()) == ["document-reference"]
    stranger = {"fullUrl": f"{UUID}3", "resource": patient(active=True)}
    assert errors(document(AUTHOR, stranger)) == ["document-entry"]
    backward = {"fullUrl": f"{UUID}3", "resource": {
        "resourceType": "Provenance", "recorded": "2024-01-01T00:00:00Z", "target": [{"reference": f"{UUID}1"}],
        "agent": [{"who": {"reference": f"{UUID}2"}}]}}  # fmt: skip
    assert errors(document(AUTHOR, backward)) == []


def test_versioned_references_choose_among_versions() -> None:
    def version(number: str) -> dict[str, Any]:
        return {"fullUrl": "http://x.lu/Patient/1", "resource": patient(id="1", meta={"versionId": number})}

    def about(reference: str) -> dict[str, Any]:
        resource = observation(id="o", subject={"reference": reference})
        return {"fullUrl": "http://x.lu/Observation/o", "resource": resource}

    versions = version("1"), version("2")
    assert errors(bundle("collection", about("Patient/1/_history/2"), *versions)) == []
    assert errors(bundle("collection", about("Patient/1"), *versions)) == ["reference-ambiguous"]


def questionnaire(*items: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Questionnaire", "status": "draft", "item": list(items)}


def item(name: str, question: str = "", *inner: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"linkId": name, "text": name, "type": "group" if inner else "boolean"}
    if question:
        made["enableWhen"] = [{"question": question, "operator": "=", "answerBoolean": True}]
    return {**made, "item": list(inner)} if inner else made


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item("1"), item("2", "1")], []),
        ([item("1", "2"), item("2")], []),
        ([item("1", "3"), item("2")], ["enable-when"]),
        ([item("1", "1")], ["enable-when"]),
        ([item("1", "2", item("2"))], ["enable-when"]),
    ],
)
def test_questionnaires(items: list[Any], expected: list[str]) -> None:
    assert errors(questionnaire(*items)) == expected


def value_set(**include: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "status": "draft", "compose": {"include": [include]}}


def code_system(**content: Any) -> dict[str, Any]:
    return {"resourceType": "CodeSystem", "status": "draft", **content}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (code_system(content="complete", count=1, concept=[{"code": "a"}]), []),
        (code_system(content="complete", count=2, concept=[{"code": "a"}]), ["code-system-count"]),
        (code_system(content="not-present", concept=[{"code": "a"}]), ["code-system-content"]),
        (code_system(content="complete", supplements="http://x"), ["code-system-supplement"]),
        (value_set(system="relative"), ["include-system"]),
        (value_set(system="http://unitsofmeasure.org", concept=[{"code": "nounit"}]), ["unknown-code"]),
        (value_set(system="http://snomed.info/sct", filter=[
            {"property": "constraint", "op": "=", "value": "<< 73211009 |Diabetes| MINUS < 46635009"}]), []),
        (value_set(system="http://snomed.info/sct", filter=[
            {"property": "constraint", "op": "=", "value": "73211009 << 46635009"}]), ["ecl"]),
        ({"resourceType": "SearchParameter", "url": "http://x", "name": "x", "status": "draft", "description": "x",
          "code": "x", "base": ["Patient"], "type": "composite"}, ["search-components"]),
        ({"resourceType": "SearchParameter", "url": "http://x", "name": "x", "status": "draft", "description": "x",
          "code": "x", "base": ["Patient"], "type": "string", "expression": "Patient.nam"}, ["expression"]),
        ({"resourceType": "SearchParameter", "url": "http://x", "name": "x", "status": "draft", "description": "x",
          "code": "x", "base": ["Patient"], "type": "string", "expression": "Patient.name"}, []),
        ({"resourceType": "SearchParameter", "url": "x", "name": "x", "status": "draft", "description": "x",
          "code": "x", "base": ["Patient"], "type": "string", "expression": "Patient.name"}, ["canonical"]),
    ],
)  # fmt: skip
def test_terminology_and_conformance_resources(resource: dict[str, Any], expected: list[str]) -> None:
    assert errors(resource) == expected


def test_a_flood_of_warnings_hides_no_error() -> None:
    """Each entry lacks a narrative (a warning); the error is in the last one."""
    entries = [{"resource": observation()} for _ in range(600)]
    found = errors(bundle("collection", *entries, {"resource": patient(gender="x")}))
    assert found == ["binding"]
