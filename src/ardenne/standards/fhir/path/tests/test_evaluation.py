"""Ways to evaluate: types of the start, variables, helpers, primitives with extensions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ardenne.standards.fhir.path import Helpers, compile, compile_typed

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "subject": {"reference": "Patient/p"},
    "hasMember": [{"reference": "#c"}],
    "contained": [{"resourceType": "Observation", "id": "c", "status": "final"}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "valueQuantity": {"value": 1.1, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    "effectiveDateTime": "2016-03-28",
}


class Codes:
    """Knows that 29463-7 is in vital-signs and below 8716-3."""

    def member_of(self, system: str, code: str, value_set: str) -> bool | None:
        return code == "29463-7" if value_set.endswith("vital-signs") else None

    def subsumes(self, system: str, code: str, other: str) -> bool | None:
        return (code, other) == ("8716-3", "29463-7")


def test_elements_that_are_no_resource_need_their_type() -> None:
    name = {"given": ["Ada"], "period": {"start": "2012"}}
    assert compile_typed("period.start is dateTime").values(name, "HumanName") == [True]
    component = {"valueQuantity": {"value": 3, "unit": "kg"}}
    assert compile_typed("value.unit").values(component, "Observation.component") == ["kg"]


def test_data_without_definition_are_walked_by_their_keys() -> None:
    data = {"a": [{"b": 1}, {"b": 2.5}], "c": {"d": "x"}}
    assert compile("a.b")(data) == [1, Decimal("2.5")]
    assert compile("a.where(b > 2).b = 2.5 and c.d = 'x'")(data) == [True]
    assert compile("Thing.c.d | c.d")({"resourceType": "Thing", **data}) == ["x"]


def test_floats_count_by_their_written_digits() -> None:
    assert compile("value.value = 1.1")(OBSERVATION) == [True]
    assert compile("(value.value * 3) = 3.3")(OBSERVATION) == [True]
    assert compile("value = 1100 'g'")(OBSERVATION) == [True]


def test_values_of_the_resource_come_back_as_they_stand() -> None:
    assert compile("value")(OBSERVATION) == [OBSERVATION["valueQuantity"]]
    assert compile("effective")(OBSERVATION) == ["2016-03-28"]


def test_variables_and_the_resource_at_hand() -> None:
    expression = compile_typed("%limit > value.value and %resource.id = 'bundle-entry'")
    holder = {"resourceType": "Observation", "id": "bundle-entry"}
    assert expression.test(OBSERVATION, resource=holder, variables={"limit": 2}) is True
    assert expression.test(OBSERVATION, resource=holder, variables={"limit": Decimal("1.1")}) is False


def test_resolve_finds_contained_resources_and_asks_the_resolver() -> None:
    known = {"Patient/p": {"resourceType": "Patient", "gender": "female"}}
    helpers = Helpers(resolver=lambda reference: known.get(reference))
    assert compile("hasMember.resolve().status")(OBSERVATION) == ["final"]
    assert compile("subject.resolve()")(OBSERVATION) == []
    subject = compile_typed("subject.resolve().gender | subject.resolve().where($this is Patient).gender")
    assert subject.values(OBSERVATION, helpers=helpers) == ["female"]


def test_entries_of_a_bundle_are_found_by_url() -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "a"}},
            {"resource": {"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}},
        ],
    }
    assert compile("Bundle.entry.resource.ofType(Observation).subject.resolve().id")(bundle) == ["a"]


def test_terminology_answers_about_codes() -> None:
    helpers = Helpers(terminology=Codes())
    vital = compile_typed("code.memberOf('http://hl7.org/fhir/ValueSet/vital-signs')")
    unknown = compile_typed("code.memberOf('http://example.org/ValueSet/other')")
    assert vital.test(OBSERVATION, helpers=helpers) is True
    assert unknown.test(OBSERVATION, helpers=helpers) is None
    below = compile_typed("%parent.subsumes(code) and code.subsumedBy(%parent)")
    parent = compile_typed("code").items(
        {
            "resourceType": "Observation",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8716-3"}]},
        }
    )
    assert below.test(OBSERVATION, helpers=helpers, variables={"parent": parent}) is True


def test_profiles_are_checked_by_the_caller() -> None:
    helpers = Helpers(profiles=lambda resource, profile: profile.endswith("weight"))
    assert compile_typed("conformsTo('http://x/weight')").test(OBSERVATION, helpers=helpers) is True
    assert compile_typed("conformsTo('http://x/height')").test(OBSERVATION, helpers=helpers) is False


def test_trace_shows_and_changes_nothing() -> None:
    seen: list[tuple[str, list[Any]]] = []
    helpers = Helpers(trace=lambda name, items: seen.append((name, items)))
    expression = compile_typed("code.trace('c', coding.code).coding.count()")
    assert expression.values(OBSERVATION, helpers=helpers) == [1]
    assert seen == [("c", ["29463-7"])]


def test_the_clock_stands_still() -> None:
    moment = datetime(2024, 2, 29, 12, 30, 15, 250_000, tzinfo=UTC)
    expression = compile_typed("now() | today() | timeOfDay()")
    assert expression.values(None, now=moment) == ["2024-02-29T12:30:15.250Z", "2024-02-29", "12:30:15.250"]


def test_primitives_with_extensions_only() -> None:
    patient = {
        "resourceType": "Patient",
        "name": [
            {"given": [None, "Ada"], "_given": [{"extension": [{"url": "u", "valueCode": "unknown"}]}, None]}
        ],
        "_active": {"extension": [{"url": "u", "valueString": "x"}]},
    }
    assert compile("name.given.select(hasValue())")(patient) == [False, True]
    assert compile("name.given")(patient) == ["Ada"]
    assert compile("name.given.extension('u').value")(patient) == ["unknown"]
    assert compile("active.exists() and active.hasValue().not() and active.extension.exists()")(patient) == [
        True
    ]


def test_choice_elements_keep_their_type() -> None:
    for key, type_name in (
        ("valueString", "string"),
        ("valueDateTime", "dateTime"),
        ("valuePeriod", "Period"),
    ):
        value: Any = {"start": "2012"} if key == "valuePeriod" else "2012"
        observation = {"resourceType": "Observation", key: value}
        assert compile(f"value is {type_name}")(observation) == [True]
        assert compile(f"value.ofType({type_name})")(observation) == [value]
        assert compile("value.ofType(Quantity)")(observation) == []


def test_as_on_a_collection_only_where_asked_for() -> None:
    text = "descendants().as(code).count()"
    assert compile_typed(text, lenient_as=True).values(OBSERVATION) == [3]


def test_narratives() -> None:
    def checked(div: str) -> list[Any]:
        return compile("text.div.htmlChecks()")({"resourceType": "Patient", "text": {"div": div}})

    space = 'xmlns="http://www.w3.org/1999/xhtml"'
    assert checked(f"<div {space}><p>ok</p></div>") == [True]
    assert checked(f"<div {space}><script>x</script></div>") == [False]
    assert checked(f"<div {space}> </div>") == [False]
    assert checked(f'<div {space}><a href="javascript:x">y</a></div>') == [False]
    assert checked("<div>no namespace</div>") == [False]
    assert checked(f"<!DOCTYPE div [<!ENTITY a 'b'>]><div {space}>&a;</div>") == [False]


def test_data_of_a_wrong_shape_are_walked_without_a_crash() -> None:
    broken = {
        "resourceType": "Patient",
        "active": {"a": []},
        "name": ["x", 1, None, [2]],
        "gender": [["male"]],
    }
    assert compile("Patient.descendants().distinct().count() > 0")(broken) == [True]
    assert compile("Patient.name.family | Patient.name.given")(broken) == []
    assert compile("active.getResourceKey() | gender.extension('x')")(broken) == []
