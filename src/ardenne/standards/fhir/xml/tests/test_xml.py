"""FHIR XML: what is read, what is written, what is refused (FHIR R4, XML)."""

from decimal import Decimal
from typing import Any

import pytest

from ardenne.standards.fhir import json, xml
from ardenne.standards.fhir.json import FhirSyntaxError

DIV = "<div xmlns='http://www.w3.org/1999/xhtml' lang=\"fr\"><!-- kept --><p>&quot;x&quot; &#233; <br /></p></div>"
RESOURCE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "language": "fr",
    "text": {"status": "generated", "div": DIV},
    "contained": [{"resourceType": "Patient", "id": "p", "active": True}],
    "extension": [
        {"url": "http://x/a", "valueDecimal": Decimal("1.00")},
        {"id": "e", "url": "http://x/b", "extension": [{"url": "c", "valueString": "<&\">'"}]},
    ],
    "status": "final",
    "_status": {"id": "s", "extension": [{"url": "http://x/s", "valueInteger": -3}]},
    "code": {"id": "c", "text": "line\nbreak\ttab"},
    "valueQuantity": {"value": Decimal("0.10000000000000000000001")},
    "component": [
        {"code": {"text": "1"}, "valueBoolean": False},
        {"code": {"text": "2"}, "_valueString": {"extension": [{"url": "http://x/n", "valueCode": "u"}]}},
    ],
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [
        {"given": ["A", None, "C"], "_given": [None, {"id": "b"}, {"id": "c"}]},
        {"_given": [{"id": "only"}]},
    ],
}


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("resource", [RESOURCE, PATIENT])
def test_there_and_back_without_loss(resource: dict[str, Any], pretty: bool) -> None:
    text = xml.dump(resource, pretty=pretty)
    assert xml.parse(text) == resource
    assert json.parse_exact(json.dump(xml.parse(text))) == resource


def test_digits_of_decimals_are_kept() -> None:
    back = xml.parse(xml.dump(RESOURCE))
    assert str(back["extension"][0]["valueDecimal"]) == "1.00"
    assert b'value="0.10000000000000000000001"' in xml.dump(RESOURCE)


def test_the_form_of_the_specification() -> None:
    """Attributes for ids and extension URLs, elements in the order of the definition."""
    patient = {"resourceType": "Patient", "birthDate": "1980", "_birthDate": {"id": "x"}, "id": "1",
               "extension": [{"valueCode": "c", "url": "u"}]}  # fmt: skip
    assert xml.dump(patient).decode().splitlines()[1] == (
        '<Patient xmlns="http://hl7.org/fhir"><id value="1"/><extension url="u"><valueCode value="c"/></extension>'
        '<birthDate id="x" value="1980"/></Patient>'
    )


def read(inner: str, attributes: str = "") -> tuple[dict[str, Any], list[str]]:
    text = f'<Patient xmlns="http://hl7.org/fhir" {attributes}>{inner}</Patient>'
    resource, issues = xml.read(text.encode())
    return resource, [issue.rule for issue in issues]


def test_comments_prefixes_and_schema_locations_are_no_content() -> None:
    text = b"""<?xml version="1.0"?><!-- c --><f:Patient xmlns:f="http://hl7.org/fhir"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"><!-- c -->
      <f:text><f:status value="generated"/>
        <h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>x</h:p></h:div></f:text>
      <f:active value="true"/></f:Patient>"""
    assert xml.parse(text) == {
        "resourceType": "Patient",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>'},
        "active": True,
    }


@pytest.mark.parametrize(
    ("inner", "rule"),
    [
        ("<foo/>", "unknown-element"),
        ('<x:active xmlns:x="urn:x" value="true"/>', "unknown-element"),
        ("<text><status value='empty'/><div>no namespace</div></text>", "unknown-element"),
        ('<active value="true" extra="1"/>', "unknown-attribute"),
        ('<active value="true"><foo/></active>', "unknown-element"),
        ('<active value="true">text</active>', "text"),
        ("<active/>", "ele-1"),
        ("<contained/>", "resource-type"),
        ("<contained><Foo/></contained>", "resource-type"),
        ('<gender value="male"/><active value="true"/>', "element-order"),
        ("stray", "text"),
        ('<name id="1"><id value="2"/></name>', "unknown-element"),
    ],
)
def test_what_has_no_place_is_named(inner: str, rule: str) -> None:
    assert read(inner)[1] == [rule]
    with pytest.raises(FhirSyntaxError) as caught:
        xml.parse(f'<Patient xmlns="http://hl7.org/fhir">\n{inner}</Patient>'.encode())
    assert caught.value.line in (1, 2)


def test_wrong_values_stay_as_they_are_for_the_validator() -> None:
    resource, issues = read('<active value="yes"/><multipleBirthInteger value="1.5"/>')
    assert (resource["active"], resource["multipleBirthInteger"], issues) == ("yes", "1.5", [])
    assert read('<gender value="male"/><gender value="male"/>')[0]["gender"] == ["male", "male"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<Patient",
        b"<Patient/>",
        b'<Patience xmlns="http://hl7.org/fhir"/>',
        b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>',
        b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient xmlns="http://hl7.org/fhir">&x;</Patient>',
        b'<!DOCTYPE p [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><Patient xmlns="http://hl7.org/fhir">&b;</Patient>',
        b'<Patient xmlns="http://hl7.org/fhir">' + b"<contact>" * 5000,
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(FhirSyntaxError) as caught:
        xml.parse(data)
    assert caught.value.issue.severity == "fatal"


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"resourceType": "Patience"},
        {"resourceType": "Patient", "foo": 1},
        {"resourceType": "Patient", "name": "x"},
        {"resourceType": "Patient", "birthDate": {}},
        {"resourceType": "Patient", "gender": "\x00"},
        {"resourceType": "Patient", "text": {"status": "empty", "div": "<div>"}},
        {"resourceType": "Patient", "contained": [{"resourceType": "Foo"}]},
    ],
)
def test_what_is_not_valid_is_not_written(resource: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        xml.dump(resource)


def test_a_narrative_cannot_break_out() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>&lt;?narrative 0?&gt;</p></div>'
    resource = {
        "resourceType": "Patient",
        "text": {"status": "generated", "div": div},
        "name": [{"text": "<?narrative 0?>"}],
    }
    assert xml.parse(xml.dump(resource)) == resource
