"""Whatever stands in a resource, nothing but a report or a clear refusal comes back."""

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.standards.fhir import json, xml
from ardenne.standards.fhir.extraction import extract, owner
from ardenne.standards.fhir.outcome import failed
from ardenne.standards.fhir.profiles import Context, Options, validate_profile
from ardenne.standards.fhir.validator import validate

DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>'
BODY_TEMPERATURE = {
    "resourceType": "Observation",
    "id": "o",
    "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/bodytemp"], "tag": [{"code": "t"}]},
    "text": {"status": "generated", "div": DIV},
    "contained": [
        {"resourceType": "Patient", "id": "p", "name": [{"given": ["A"], "_given": [{"id": "g"}]}]}
    ],
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/event-basedOn", "valueReference": {"display": "x"}}
    ],
    "status": "final",
    "category": [{"coding": [{"system": "http://s", "code": "vital-signs"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
    "subject": {"reference": "#p", "identifier": {"system": "urn:oid:1.2", "value": "1"}},
    "effectivePeriod": {"start": "2024-05-01", "end": "2024-05-01T10:00:00Z"},
    "valueQuantity": {"value": 37.5, "comparator": "<", "system": "http://unitsofmeasure.org", "code": "Cel"},
    "component": [
        {"code": {"text": "c"}, "valueSampledData": {"origin": {"value": 1}, "period": 1, "dimensions": 1}}
    ],
}
BUNDLE = {
    "resourceType": "Bundle",
    "type": "document",
    "link": [{"relation": "self", "url": "http://x/Patient"}],
    "entry": [
        {"fullUrl": "http://x/Composition/1", "resource": {"resourceType": "Composition", "id": "1",
         "section": [{"entry": [{"reference": "Patient/1"}]}]}, "search": {"mode": "match"}},
        {"fullUrl": "http://x/Patient/1", "resource": {"resourceType": "Patient", "id": "1"}},
    ],
}  # fmt: skip
VALUE_SET = {
    "resourceType": "ValueSet",
    "url": "http://x/v",
    "status": "draft",
    "compose": {"include": [{"system": "http://snomed.info/sct", "concept": [{"code": "1"}],
                             "filter": [{"property": "constraint", "op": "=", "value": "< 1"}]}]},
}  # fmt: skip
PROFILE = {
    "resourceType": "StructureDefinition",
    "url": "http://x/s",
    "type": "Patient",
    "derivation": "constraint",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "differential": {
        "element": [{"id": "Patient.name", "path": "Patient.name", "type": [{"code": "HumanName"}]}]
    },
}
QUESTIONNAIRE = {
    "resourceType": "Questionnaire",
    "status": "draft",
    "item": [{"linkId": "1", "type": "group", "enableWhen": [{"question": "1"}], "item": [{"linkId": "2"}]}],
}
RESOURCES: list[dict[str, Any]] = [BODY_TEMPERATURE, BUNDLE, VALUE_SET, PROFILE, QUESTIONNAIRE]
JUNK: list[Any] = [
    None, True, 0, -1.5, 10**30, 1e300, "", "x", "#", "#p", "Patient/1", "urn:uuid:x", "\x00", "<", "|", "..",
    [], {}, [None], [[]], [{}], ["x"], {"a": 1}, {"resourceType": "Patient"}, {"resourceType": 5}, {"id": "x"},
    {"extension": "x"}, {"extension": [{}]}, {"coding": {}}, {"coding": [{"code": 1}]}, {"reference": 5}, {"url": 3},
]  # fmt: skip
STRICT = Context(
    options=Options(
        unknown_extensions="error",
        html_in_text=False,
        html_in_markdown=False,
        example_urls=False,
        experimental=False,
        publication=True,
        references_exist=True,
    )
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every property and item at any depth, as its holder and key."""
    found: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found.append((value, key))
        found.extend(places(inner))
    return found


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_broken_resources_are_reported_not_raised(data: st.DataObject) -> None:
    resource: dict[str, Any] = deepcopy(data.draw(st.sampled_from(RESOURCES)))
    for _ in range(data.draw(st.integers(1, 3))):
        all_places = places(resource)
        if all_places:
            holder, key = data.draw(st.sampled_from(all_places))
            holder["_" + key if isinstance(key, str) and data.draw(st.booleans()) else key] = deepcopy(
                data.draw(st.sampled_from(JUNK))
            )
    structural = validate(resource, invariants=True)
    profiled = validate_profile(resource, ["http://hl7.org/fhir/StructureDefinition/bp"], STRICT)
    assert failed(profiled) or not failed(structural)
    owner(resource)
    try:
        extract(resource)
        xml.dump(resource)
    except (ValueError, KeyError):
        assert failed(structural)


def test_the_deepest_content_that_is_read_is_validated() -> None:
    item: dict[str, Any] = {"linkId": "x", "type": "display", "text": "x"}
    for level in range(48):
        item = {"linkId": f"i{level}", "type": "group", "text": "x", "item": [item]}
    text = json.dump({"resourceType": "Questionnaire", "status": "draft", "item": [item]})
    assert not failed(validate_profile(json.parse(text)))
    assert xml.parse(xml.dump(json.parse(text))) == json.parse(text)
