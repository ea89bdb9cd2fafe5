"""Profiles on resources: each kind of constraint kept and broken (FHIR R4, Profiling; ElementDefinition)."""

from typing import Any

import pytest

from ardenne.standards.fhir.profiles import Context, Options, PublishedCodes, validate_profile
from ardenne.standards.fhir.profiles.context import published_structure

URL = "http://example.org/StructureDefinition/p"
LOINC = "http://loinc.org"


def context(*elements: dict[str, Any], base: str = "Observation", **more: Any) -> Context:
    own = {
        "resourceType": "StructureDefinition",
        "url": URL,
        "type": base,
        "derivation": "constraint",
        "baseDefinition": f"http://hl7.org/fhir/StructureDefinition/{base}",
        "differential": {"element": list(elements)},
    }
    return Context(structure=lambda url: own if url == URL else published_structure(url), **more)


def observation(**content: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **content}


def errors(
    resource: dict[str, Any], surroundings: Context, profiles: tuple[str, ...] = (URL,)
) -> list[tuple[str, str]]:
    return [(i.rule, i.path) for i in validate_profile(resource, profiles, surroundings) if i.failed]


@pytest.mark.parametrize(
    ("element", "content", "expected"),
    [
        ({"path": "Observation.subject", "min": 1}, {}, [("profile-cardinality", "Observation")]),
        ({"path": "Observation.subject", "min": 1}, {"subject": {"display": "x"}}, []),
        ({"path": "Observation.note", "max": "0"}, {"note": [{"text": "x"}]}, [("profile-cardinality", "Observation")]),
        ({"path": "Observation.status", "fixedCode": "amended"}, {}, [("fixed", "Observation.status")]),
        ({"path": "Observation.status", "fixedCode": "final"}, {}, []),
        ({"path": "Observation.code", "patternCodeableConcept": {"coding": [{"code": "1"}]}},
         {"code": {"coding": [{"code": "2"}, {"code": "1", "display": "x"}]}}, []),
        ({"path": "Observation.code", "patternCodeableConcept": {"coding": [{"code": "1"}]}},
         {"code": {"coding": [{"code": "2"}]}}, [("pattern", "Observation.code")]),
        ({"path": "Observation.value[x]", "type": [{"code": "Quantity"}]}, {"valueString": "x"},
         [("profile-type", "Observation.value.ofType(string)")]),
        ({"path": "Observation.valueQuantity", "min": 1}, {"valueString": "x"},
         [("profile-type", "Observation.value.ofType(string)"), ("profile-cardinality", "Observation")]),
        ({"path": "Observation.code.text", "maxLength": 2}, {"code": {"text": "xyz"}}, [("max-length", "Observation.code.text")]),
        ({"path": "Observation.valueInteger", "maxValueInteger": 5}, {"valueInteger": 6},
         [("limit", "Observation.value.ofType(integer)")]),
        ({"path": "Observation", "constraint": [{"key": "p-1", "severity": "error", "human": "a note",
          "expression": "note.exists()"}]}, {}, [("p-1", "Observation")]),
        ({"path": "Observation.status", "binding": {"strength": "required",
          "valueSet": "http://hl7.org/fhir/ValueSet/event-status"}}, {"status": "final"}, [("binding", "Observation.status")]),
        ({"path": "Observation.code.coding.system", "min": 1}, {"code": {"coding": [{"code": "1"}]}},
         [("profile-cardinality", "Observation.code.coding[0]")]),
        ({"path": "Observation.component.code.text", "min": 1}, {"component": [{"code": {"coding": [{"code": "1"}]}}]},
         [("profile-cardinality", "Observation.component[0].code")]),
    ],
)  # fmt: skip
def test_constraints_of_elements(
    element: dict[str, Any], content: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = errors(observation(**content), context(element))
    assert sorted(set(found)) == sorted(set(expected))


def sliced(rules: str = "open", **second: Any) -> Context:
    """component sliced by code: `a` required, `b` optional."""
    by_code = {"discriminator": [{"type": "pattern", "path": "code"}], "rules": rules}
    return context(
        {"path": "Observation.component", "slicing": by_code},
        {"path": "Observation.component", "sliceName": "a", "id": "Observation.component:a", "min": 1, "max": "1"},
        {"path": "Observation.component.code", "id": "Observation.component:a.code",
         "patternCodeableConcept": {"coding": [{"system": LOINC, "code": "a"}]}},
        {"path": "Observation.component.value[x]", "id": "Observation.component:a.value[x]", "min": 1},
        {"path": "Observation.component", "sliceName": "b", "id": "Observation.component:b", **second},
        {"path": "Observation.component.code", "id": "Observation.component:b.code",
         "patternCodeableConcept": {"coding": [{"system": LOINC, "code": "b"}]}},
    )  # fmt: skip


def component(code: str, **content: Any) -> dict[str, Any]:
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, **content}


@pytest.mark.parametrize(
    ("rules", "components", "expected"),
    [
        ("open", [component("a", valueString="x")], []),
        ("open", [component("b"), component("a", valueString="x"), component("c")], []),
        ("open", [component("b")], [("profile-cardinality", "Observation")]),
        ("open", [component("a")], [("profile-cardinality", "Observation.component[0]")]),
        ("open", [component("a", valueString="x")] * 2, [("profile-cardinality", "Observation")]),
        (
            "closed",
            [component("a", valueString="x"), component("c")],
            [("slice", "Observation.component[1]")],
        ),
    ],
)
def test_slices_by_pattern(rules: str, components: list[Any], expected: list[tuple[str, str]]) -> None:
    assert errors(observation(component=components), sliced(rules)) == expected


def test_slices_by_existence_and_type() -> None:
    by_value = {"discriminator": [{"type": "exists", "path": "value"}], "rules": "open"}
    surroundings = context(
        {"path": "Observation.component", "slicing": by_value},
        {"path": "Observation.component", "sliceName": "full", "id": "Observation.component:full", "min": 1},
        {"path": "Observation.component.value[x]", "id": "Observation.component:full.value[x]", "min": 1},
    )
    assert errors(observation(component=[component("a", valueString="x")]), surroundings) == []
    assert errors(observation(component=[component("a")]), surroundings) == [
        ("profile-cardinality", "Observation")
    ]


def test_slices_by_resolved_type() -> None:
    surroundings = context(
        {"path": "Observation.performer",
         "slicing": {"discriminator": [{"type": "type", "path": "resolve()"}], "rules": "open"}},
        {"path": "Observation.performer", "sliceName": "person", "id": "Observation.performer:person", "min": 1,
         "type": [{"code": "Reference", "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Practitioner"]}]},
    )  # fmt: skip
    person = {"resourceType": "Practitioner", "id": "p"}
    group = {"resourceType": "Organization", "id": "p", "name": "x"}
    held = {"performer": [{"reference": "#p"}]}
    assert errors(observation(contained=[person], **held), surroundings) == []
    assert errors(observation(contained=[group], **held), surroundings) == [
        ("profile-cardinality", "Observation")
    ]


def test_profiles_claimed_in_meta_are_checked_and_unknown_ones_named() -> None:
    surroundings = context({"path": "Observation.subject", "min": 1})
    assert errors(observation(meta={"profile": [URL]}), surroundings, ()) == [
        ("profile-cardinality", "Observation")
    ]
    found = validate_profile(observation(meta={"profile": ["http://example.org/none"]}))
    assert ("profile-unknown", "warning") in {(issue.rule, issue.severity) for issue in found}
    asked = validate_profile(observation(), ["http://example.org/none"])
    assert ("profile-unknown", "error") in {(issue.rule, issue.severity) for issue in asked}


def test_a_profile_of_another_type() -> None:
    surroundings = context(base="Patient")
    assert errors(observation(), surroundings) == [("profile-type", "Observation")]


def vital(**content: Any) -> dict[str, Any]:
    """A body temperature as the R4 profile wants it."""
    category = {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
        ]
    }
    return observation(
        **{
            "category": [category],
            "code": {"coding": [{"system": LOINC, "code": "8310-5"}]},
            "subject": {"reference": "Patient/1"},
            "effectiveDateTime": "2024-05-01",
            "valueQuantity": {"value": 37, "unit": "C", "system": "http://unitsofmeasure.org", "code": "Cel"},
            **content,
        }
    )


def test_vital_signs_profiles_apply_by_code() -> None:
    assert errors(vital(), Context(), ()) == []
    assert errors(vital(category=[{"text": "x"}]), Context(), ()) == [("profile-cardinality", "Observation")]
    kelvin = {"value": 310, "unit": "K", "system": "http://unitsofmeasure.org", "code": "K"}
    assert ("binding", "Observation.value.ofType(Quantity).code") in errors(
        vital(valueQuantity=kelvin), Context(), ()
    )
    relaxed = Context(options=Options(vital_signs=False))
    assert errors(vital(category=[{"text": "x"}]), relaxed, ()) == []


class OneCode:
    """A code checker that knows one value set of one code."""

    def known(self, system: str, code: str, version: str = "") -> bool | None:
        return code == "good" if system == "http://s" else None

    def member(self, value_set: str, system: str, code: str) -> bool | None:
        return (system, code) == ("http://s", "good") if value_set == "http://vs" else None

    def displays(self, system: str, code: str) -> tuple[str, ...] | None:
        return ("Good",)


@pytest.mark.parametrize(
    ("coding", "strength", "expected"),
    [
        ({"system": "http://s", "code": "good"}, "required", []),
        ({"system": "http://s", "code": "good", "display": "good"}, "required", []),
        (
            {"system": "http://s", "code": "good", "display": "Bad"},
            "required",
            [("wrong-display", "warning")],
        ),
        (
            {"system": "http://s", "code": "bad"},
            "required",
            [("unknown-code", "error"), ("binding", "error")],
        ),
        ({"system": "http://other", "code": "x"}, "required", [("binding", "error")]),
        ({"system": "http://other", "code": "x"}, "extensible", [("binding", "warning")]),
        ({"system": "http://other", "code": "x"}, "preferred", []),
    ],
)
def test_bindings_ask_the_code_checker(
    coding: dict[str, str], strength: str, expected: list[tuple[str, str]]
) -> None:
    element = {"path": "Observation.method", "binding": {"strength": strength, "valueSet": "http://vs"}}
    found = validate_profile(
        observation(method={"coding": [coding]}), [URL], context(element, codes=OneCode())
    )
    codes = [(issue.rule, issue.severity) for issue in found if issue.code == "code-invalid"]
    assert sorted(codes) == sorted(expected)


def test_published_codes() -> None:
    codes = PublishedCodes()
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    assert codes.known(category, "vital-signs") is True
    assert codes.known(category, "nothing") is False
    assert codes.known(LOINC, "8310-5") is None
    assert codes.known("http://unitsofmeasure.org", "mmol/L") is True
    assert codes.known("http://unitsofmeasure.org", "fmm[Hg]") is False
    assert codes.known("http://snomed.info/sct", "22298006") is None
    assert codes.known("http://snomed.info/sct", "22298007") is False
    assert codes.displays(category, "vital-signs") == ("Vital Signs",)
    assert codes.member("http://hl7.org/fhir/ValueSet/observation-category", category, "laboratory") is True
    assert codes.member("http://hl7.org/fhir/ValueSet/observation-category", LOINC, "8310-5") is False
    assert codes.member("http://example.org/none", category, "laboratory") is None
    own = {"resourceType": "ValueSet", "url": "http://own", "compose": {
        "include": [{"system": category}], "exclude": [{"system": category, "concept": [{"code": "exam"}]}]}}  # fmt: skip
    mine = PublishedCodes([own])
    assert mine.member("http://own", category, "laboratory") is True
    assert mine.member("http://own|1.0", category, "exam") is False
