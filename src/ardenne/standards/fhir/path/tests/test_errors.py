"""What is refused, and what the refusal tells."""

from __future__ import annotations

import pytest

from ardenne.standards.fhir.path import (
    FhirPathError,
    FhirPathExecutionError,
    FhirPathLimitError,
    FhirPathSemanticError,
    FhirPathSyntaxError,
    compile,
    compile_typed,
)

PATIENT = {"resourceType": "Patient", "name": [{"given": ["a", "b"]}, {"given": ["c"]}], "active": True}


@pytest.mark.parametrize(
    ("expression", "line", "column"),
    [
        ("2 + 2 /", 1, 8),
        ("2 + 2 /* not finished", 1, 7),
        ("name.where(use = 'a'", 1, 21),
        ("name.\n where(", 2, 8),
        ("@@", 1, 1),
        ('name = "a"', 1, 8),
        ("@2015-13-01", 1, 1),
        ("$that", 1, 1),
        ("", 1, 1),
        ("a b", 1, 3),
        ("'open", 1, 1),
    ],
)
def test_syntax_errors_say_where(expression: str, line: int, column: int) -> None:
    with pytest.raises(FhirPathSyntaxError) as caught:
        compile(expression)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"line {line}, column {column}" in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("name.exist()", "did you mean exists()?"),
        ("name.first(1)", "first() takes 0 arguments, not 1"),
        ("value is quantity", "did you mean Quantity?"),
        ("gender.as(string1)", "there is no type string1"),
    ],
)
def test_unknown_functions_and_types_are_refused_at_once(expression: str, hint: str) -> None:
    with pytest.raises(
        FhirPathSemanticError, match=hint.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")
    ):
        compile(expression)


@pytest.mark.parametrize(
    ("expression", "type_name", "hint"),
    [
        ("name.given1", "Patient", "Patient|HumanName has no element given1"),
        ("Encounter.name", "Patient", "stands where Patient is"),
        ("Observation.valueQuantity.unit", "Observation", r"write value.ofType\(Quantity\)"),
        ("(Observation.value as Period).unit", "Observation", "Period has no element unit"),
        ("name.Family", "Patient", "did you mean family?"),
        ("Appointment.identifier.endsWith('x')", "Appointment", "takes a String, not Identifier"),
    ],
)
def test_static_checks(expression: str, type_name: str, hint: str) -> None:
    with pytest.raises(FhirPathSemanticError, match=hint):
        compile_typed(expression).check(type_name)


@pytest.mark.parametrize(
    "expression",
    [
        "Bundle.entry.resource.name.given",
        "Patient.name.select(given | family)",
        "Patient.contact.where(relationship.coding.code = 'C').name.family",
        "name.descendants().value.ofType(string)",
        "Patient.extension('x').value.ofType(Coding).code",
    ],
)
def test_static_checks_are_silent_about_what_may_be_meant(expression: str) -> None:
    compile_typed(expression).check("Bundle" if expression.startswith("Bundle") else "Patient")


@pytest.mark.parametrize(
    "expression",
    [
        "-1.convertsToInteger()",
        "(1 | 2).not()",
        "name.single()",
        "name.given.length()",
        "name.as(HumanName)",
        "1 < 'a'",
        "'a' - 'b'",
        "(1 | 2) & 'b'",
        "@1974-12-25 - 1 'cm'",
        "@1974-12-25 + 1 'a'",
        "(true | 'foo').allTrue()",
        "%unknown",
        "defineVariable('a').defineVariable('a')",
        "defineVariable('resource', 1)",
        "defineVariable('a', 1).active | defineVariable('b', 2).select(%a)",
        "1.round(-1)",
        "$total",
        "('a' | 'b').iif(true, 1)",
        "conformsTo('http://trash')",
        "'a'.matches('(')",
        "'a'.matches('a', 'x')",
        "memberOf('http://hl7.org/fhir/ValueSet/x')",
    ],
)
def test_what_the_data_do_not_allow(expression: str) -> None:
    with pytest.raises(FhirPathExecutionError):
        compile(expression)(PATIENT)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "+".join(["1"] * 5000),
        "-" * 5000 + "1",
        "name" + ".where(true" * 3000 + ")" * 3000,
        "[" * 100_000,
        "'" + "a" * 200_000 + "'",
    ],
    ids=["brackets", "operators", "signs", "arguments", "indexers", "length"],
)
def test_endless_nesting_is_refused_when_parsed(expression: str) -> None:
    with pytest.raises(FhirPathSyntaxError):
        compile(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "name.given" + ".select(%resource.descendants())" * 12,
        "'a'.repeatAll($this & 'a')",
        "1.repeat($this + 1)",
        "'ab'" + ".replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')" * 12,
        "('a' & 'a')" + ".select($this & $this)" * 40,
        "('" + "a" * 40 + "!').replaceMatches('(a+)+$', 'b')",
        "('" + "a" * 40 + "!').matches('(?=(a+)+$)(a|aa)+$')",
    ],
)
def test_endless_work_is_refused_harmlessly(expression: str) -> None:
    with pytest.raises(FhirPathLimitError):
        compile(expression)(PATIENT)


def test_every_error_is_a_fhirpath_error() -> None:
    assert issubclass(FhirPathSyntaxError, FhirPathError)
    assert issubclass(FhirPathLimitError, FhirPathExecutionError)
