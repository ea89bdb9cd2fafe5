"""Values by the tables of FHIR R4, Search 3.1.1.4, worked out by hand."""

from typing import Any

import pytest

from ardenne.standards.fhir.dates import MAX_US, MIN_US, span
from ardenne.standards.fhir.definitions import RESOURCE_TYPES, search_parameters
from ardenne.standards.fhir.extraction import Values, alias, extract
from ardenne.standards.fhir.extraction.compiler import extractor

INFINITY = float("inf")


def of(values: list[tuple[Any, ...]], param: str) -> list[tuple[Any, ...]]:
    return [row[1:] for row in values if row[0] == param]


def observation(**content: Any) -> Values:
    return extract({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **content})


def test_every_resource_type_compiles() -> None:
    for resource_type in sorted(RESOURCE_TYPES):
        assert extractor(resource_type)({"resourceType": resource_type}, Values(), {}) is not None


def test_a_patient() -> None:
    values = extract(
        {
            "resourceType": "Patient",
            "id": "p1",
            "meta": {
                "lastUpdated": "2024-01-02T03:04:05.678Z",
                "profile": ["http://example.org/p|1"],
                "tag": [{"system": "s", "code": "t", "display": "Tag"}],
            },
            "active": True,
            "identifier": [
                {
                    "system": "urn:x",
                    "value": "123",
                    "type": {"coding": [{"system": "v2", "code": "MR"}], "text": "Record"},
                }
            ],
            "name": [{"family": "Muller", "given": ["Anna", None, "Eva"], "_given": [None, {"id": "1"}]}],
            "telecom": [{"system": "email", "value": "a@b.lu"}, {"system": "phone", "value": "1"}, {}],
            "gender": "female",
            "birthDate": "1980-02",
            "address": [{"line": ["1 rue"], "city": "Arlon", "use": "home"}],
            "generalPractitioner": [{"reference": "Practitioner/1/_history/4"}, {"reference": "#gp"}],
            "link": [{"other": {"reference": "http://x.org/fhir/Patient/9"}, "type": "seealso"}],
        }
    )  # fmt: skip
    assert of(values.tokens, "_id") == [("", "p1")]
    assert of(values.tokens, "_tag") == [("s", "t")]
    assert of(values.displays, "_tag") == [("Tag",)]
    assert of(values.uris, "_profile") == [("http://example.org/p|1",)]
    assert of(values.dates, "_lastUpdated") == [span("2024-01-02T03:04:05.678Z")]
    assert of(values.tokens, "active") == [("", "true")]
    assert of(values.tokens, "deceased") == [("", "false")]
    assert of(values.tokens, "identifier") == [("urn:x", "123")]
    assert of(values.typed_identifiers, "identifier") == [("v2", "MR", "123")]
    assert of(values.displays, "identifier") == [("Record",)]
    assert of(values.strings, "name") == [("Muller",), ("Anna",), ("Eva",)]
    assert of(values.strings, "given") == [("Anna",), ("Eva",)]
    assert of(values.tokens, "email") == [("email", "a@b.lu")]
    assert of(values.tokens, "phone") == [("phone", "1")]
    assert of(values.tokens, "telecom") == [("email", "a@b.lu"), ("phone", "1")]
    assert of(values.tokens, "gender") == [("http://hl7.org/fhir/administrative-gender", "female")]
    assert of(values.dates, "birthdate") == [span("1980-02")]
    assert set(of(values.strings, "address")) == {("1 rue",), ("Arlon",)}
    assert of(values.tokens, "address-use") == [("http://hl7.org/fhir/address-use", "home")]
    assert of(values.references, "general-practitioner") == [("Practitioner/1",)]
    assert of(values.references, "link") == [("http://x.org/fhir/Patient/9",)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [({"deceasedBoolean": True}, "true"), ({"deceasedBoolean": False}, "false"), ({}, "false"),
     ({"deceasedDateTime": "2020"}, "true")],
)  # fmt: skip
def test_deceased_is_computed(content: dict[str, Any], expected: str) -> None:
    assert of(extract({"resourceType": "Patient", **content}).tokens, "deceased") == [("", expected)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"effectiveDateTime": "2020-05"}, [span("2020-05")]),
        ({"effectiveInstant": "2020-05-01T10:00:00Z"}, [span("2020-05-01T10:00:00Z")]),
        ({"effectivePeriod": {"start": "2020", "end": "2021-03"}}, [(span("2020")[0], span("2021-03")[1])]),
        ({"effectivePeriod": {"start": "2020"}}, [(span("2020")[0], MAX_US)]),
        ({"effectivePeriod": {"end": "2020"}}, [(MIN_US, span("2020")[1])]),
        ({"effectivePeriod": {"id": "x"}}, []),
        (
            {"effectiveTiming": {"event": ["2020-02-01", "2020-01-01"]}},
            [(span("2020-01-01")[0], span("2020-02-01")[1])],
        ),
        (
            {"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "2020", "end": "2021"}}}},
            [(span("2020")[0], span("2021")[1])],
        ),
        ({"effectiveTiming": {"code": {"text": "daily"}}}, []),
    ],
)
def test_dates(content: dict[str, Any], expected: list[tuple[int, int]]) -> None:
    assert of(observation(**content).dates, "date") == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"valueQuantity": {"value": 5.4, "unit": "mmol", "system": "urn:ucum", "code": "mmol/L"}},
            [(5.4, 5.4, "urn:ucum", "mmol/L", "mmol")],
        ),
        ({"valueQuantity": {"value": 5, "comparator": "<"}}, [(-INFINITY, 5.0, "", "", "")]),
        ({"valueQuantity": {"value": 5, "comparator": ">="}}, [(5.0, INFINITY, "", "", "")]),
        ({"valueQuantity": {"unit": "kg"}}, []),
        (
            {"valueSampledData": {"origin": {"value": 10, "code": "mV"}, "factor": 2, "data": "1 E -3 U 2"}},
            [(4.0, 14.0, "", "mV", "")],
        ),
        ({"valueSampledData": {"origin": {"value": 10}, "data": "E U L"}}, []),
    ],
)  # fmt: skip
def test_quantities(content: dict[str, Any], expected: list[Any]) -> None:
    assert of(observation(**content).quantities, "value-quantity") == expected


def test_money_and_ranges_are_quantities() -> None:
    invoice = extract({"resourceType": "Invoice", "totalNet": {"value": 12.5, "currency": "EUR"}})
    assert of(invoice.quantities, "totalnet") == [(12.5, 12.5, "urn:iso:std:iso:4217", "EUR", "EUR")]
    condition = extract({"resourceType": "Condition", "onsetRange": {"low": {"value": 40, "code": "a"}}})
    assert of(condition.quantities, "onset-age") == [(40.0, INFINITY, "", "a", "")]


def test_numbers() -> None:
    risk = extract(
        {
            "resourceType": "RiskAssessment",
            "prediction": [{"probabilityDecimal": 0.3}, {"probabilityRange": {"high": {"value": 0.9}}}],
        }
    )
    assert of(risk.numbers, "probability") == [(0.3, 0.3), (-INFINITY, 0.9)]


def test_positions() -> None:
    place = extract({"resourceType": "Location", "position": {"longitude": 6.13, "latitude": 49.61}})
    assert of(place.positions, "near") == [(49.61, 6.13)]


def test_logical_references() -> None:
    values = observation(subject={"identifier": {"system": "urn:n", "value": "7"}})
    assert of(values.identifiers, "subject") == [("urn:n", "7")]
    assert of(values.references, "subject") == []


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ({"reference": "Patient/1"}, True),
        ({"reference": "Group/1"}, False),
        ({"reference": "urn:uuid:1"}, True),
        ({"reference": "urn:uuid:1", "type": "Group"}, False),
        ({"reference": "http://x.org/fhir/Patient/1/_history/2"}, True),
    ],
)
def test_references_to_one_type(reference: dict[str, str], found: bool) -> None:
    """`MedicationAdministration.performer.actor` stays whole; AuditEvent.patient asks for Patients."""
    values = extract({"resourceType": "AuditEvent", "agent": [{"who": reference}]})
    assert bool(of(values.references, "patient")) is found


def test_conditions_on_the_way() -> None:
    values = extract(
        {
            "resourceType": "Library",
            "relatedArtifact": [
                {"type": "depends-on", "resource": "http://x/1"},
                {"type": "successor", "resource": "http://x/2|1.0"},
            ],
        }
    )
    assert of(values.references, "depends-on") == [("http://x/1",)]
    assert of(values.references, "successor") == [("http://x/2|1.0",)]


def test_the_first_entry_of_a_document() -> None:
    first = {"resource": {"resourceType": "Composition", "id": "c"}}
    values = extract({"resourceType": "Bundle", "type": "document", "entry": [first, first]})
    assert of(values.references, "composition") == [("Composition/c",)]
    assert of(values.references, "message") == []


def test_extension_values() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/observation-geneticsDnaVariant"
    values = observation(
        extension=[{"url": "http://other", "valueString": "no"}, {"url": url, "valueString": "yes"}]
    )
    assert of(values.strings, "dna-variant") == [("yes",)]


def test_composites_pair_values_of_one_element() -> None:
    def component(code: str, value: float) -> dict[str, Any]:
        return {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value}}

    values = observation(component=[component("a", 1), component("b", 2), {"code": {"text": "no value"}}])
    pairs = [
        (first.tokens[0][2], second.quantities[0][1])
        for param, first, second in values.composites
        if param == "component-code-value-quantity"
    ]
    assert pairs == [("a", 1.0), ("b", 2.0)]


def test_composites_of_the_resource_are_left_to_their_parts() -> None:
    values = observation(valueQuantity={"value": 1})
    assert values.composites == []


def test_a_composite_reads_from_the_resource_where_it_says_so() -> None:
    values = extract(
        {
            "resourceType": "MolecularSequence",
            "referenceSeq": {"chromosome": {"coding": [{"code": "7"}]}},
            "variant": [{"start": 10, "end": 20}],
        }
    )
    found = [row for row in values.composites if row[0] == "chromosome-variant-coordinate"]
    assert [(a.tokens[0][2], b.numbers[0][1], c.numbers[0][1]) for _, a, b, c in found] == [("7", 10.0, 20.0)]


def test_aliases() -> None:
    assert alias("Observation", "patient") == (("subject", "Patient"),)
    assert alias("Observation", "combo-code") == (("code", ""), ("component-code", ""))
    assert alias("Observation", "code") == (("code", ""),)
    assert alias("AllergyIntolerance", "patient") == (("patient", ""),)
    assert alias("Bundle", "message") == (("message", ""),)
    with pytest.raises(KeyError):
        alias("Observation", "nothing")


def test_every_parameter_leads_to_one_that_is_extracted() -> None:
    for resource_type in sorted(RESOURCE_TYPES):
        for code, parameter in search_parameters(resource_type).items():
            for source in alias(resource_type, code):
                assert alias(resource_type, source.code) == ((source.code, ""),)
                assert search_parameters(resource_type)[source.code].type == parameter.type


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Patient", "name": "Anna"},
        {"resourceType": "Patient", "name": [1]},
        {"resourceType": "Patient", "birthDate": "31.12.1980"},
        {"resourceType": "Observation", "code": []},
    ],
)
def test_content_of_another_shape_is_a_value_error(resource: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"shape|FHIR date"):
        extract(resource)


def test_unknown_types_are_key_errors() -> None:
    with pytest.raises(KeyError):
        extract({"resourceType": "Patience"})
