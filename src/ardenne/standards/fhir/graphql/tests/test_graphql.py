"""GraphQL over FHIR: the examples of R4 graphql.html, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from ardenne.standards.fhir.graphql import GraphQLError, Match, Page, execute

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "example",
    "active": True,
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "t", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
    "identifier": [{"system": "urn:oid:1.2.36.146.595.217.0.1", "value": "12345"}],
    "name": [
        {"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
        {"use": "usual", "given": ["Jim"]},
        {"use": "maiden", "family": "Windsor", "given": ["Peter", "James"]},
    ],
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "subject": {"reference": "Patient/example"},
    "performer": [{"reference": "#c"}],
    "contained": [{"resourceType": "Practitioner", "id": "c", "active": False}],
    "valueQuantity": {"value": 185, "unit": "lbs"},
}


class Store:
    """Two patients; searches answer them all and are written down."""

    def __init__(self) -> None:
        self.searches: list[tuple[str, list[tuple[str, str]], bool]] = []
        self.reads = 0

    async def read(self, resource_type: str, id: str) -> dict[str, Any] | None:
        return PATIENT if (resource_type, id) == ("Patient", "example") else None

    async def resolve(self, reference: str) -> dict[str, Any] | None:
        self.reads += 1
        return PATIENT if reference == "Patient/example" else None

    async def search(self, resource_type: str, parameters: Sequence[tuple[str, str]], whole: bool) -> Page:
        self.searches.append((resource_type, list(parameters), whole))
        matches = [Match(PATIENT, score=0.5), Match({"resourceType": "Patient", "id": "xds", "active": True})]
        return Page(matches, total=2, page_size=50, next="" if whole else "token:50")

    async def page(self, cursor: str) -> Page:
        if cursor != "token:50":
            raise KeyError(cursor)
        return Page([], total=2, offset=50, page_size=50, previous="token:0")


def ask(
    query: str, resource: dict[str, Any] | None = PATIENT, store: Store | None = None, **options: Any
) -> Any:
    return asyncio.run(execute(query, store or Store(), resource, **options))["data"]


NAMES = [
    {"given": ["Peter", "James"], "family": "Chalmers"},
    {"given": ["Jim"]},
    {"given": ["Peter", "James"], "family": "Windsor"},
]
IDENTIFIER = {"system": "urn:oid:1.2.36.146.595.217.0.1", "value": "12345"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "{ identifier { system value } active name { text given family } }",
            {"identifier": [IDENTIFIER], "active": True, "name": NAMES},
        ),
        ('{ name(fhirpath: "family.exists()") { given family } }', {"name": [NAMES[0], NAMES[2]]}),
        ("{ name(use: usual) { given } }", {"name": [{"given": ["Jim"]}]}),
        ("{ name(_offset: 1, _count: 1) { given } }", {"name": [{"given": ["Jim"]}]}),
        ("{ name @first { family } }", {"name": [{"family": "Chalmers"}]}),
        ("{ n: name(use: maiden) { f: family } }", {"n": [{"f": "Windsor"}]}),
        (
            "{ birthDate _birthDate { extension { valueDateTime } } }",
            {
                "birthDate": "1974-12-25",
                "_birthDate": {"extension": [{"valueDateTime": "1974-12-25T14:35:45-05:00"}]},
            },
        ),
        (
            "{ identifier @flatten { system value } active name @flatten { text given family } }",
            {
                "system": [IDENTIFIER["system"]],
                "value": ["12345"],
                "active": True,
                "given": ["Peter", "James", "Jim", "Peter", "James"],
                "family": ["Chalmers", "Windsor"],
            },
        ),
        (
            "{ name @flatten { given @first family } }",
            {"given": ["Peter", "Jim", "Peter"], "family": ["Chalmers", "Windsor"]},
        ),
        (
            "{ identifier @flatten { system @singleton } name @flatten @first { given family @singleton } }",
            {"system": IDENTIFIER["system"], "given": ["Peter", "James"], "family": "Chalmers"},
        ),
        (
            '{ name @flatten @slice(path: "use") { given family @singleton } }',
            {
                "given.official": ["Peter", "James"],
                "family.official": "Chalmers",
                "given.usual": ["Jim"],
                "given.maiden": ["Peter", "James"],
                "family.maiden": "Windsor",
            },
        ),
        (
            '{ name @flatten @slice(path: "$index") { given @first @singleton } }',
            {"given.0": "Peter", "given.1": "Jim", "given.2": "Peter"},
        ),
        (
            "{ name(use: usual) { use } name(use: usual) { given } }",
            {"name": [{"use": "usual", "given": ["Jim"]}]},
        ),
        (
            "{ __typename resourceType id }",
            {"__typename": "Patient", "resourceType": "Patient", "id": "example"},
        ),
        ("query { ...part } fragment part on Patient { active }", {"active": True}),
        ("{ ... on Patient { active } ... on Group { id } }", {"active": True}),
    ],
)
def test_queries_on_a_resource(query: str, expected: dict[str, Any]) -> None:
    assert ask(query) == expected


def test_conditions_and_variables() -> None:
    query = """query q($names: Boolean = false, $use: code!) {
      active @skip(if: $names)
      name(use: $use) @include(if: $names) { given }  # a comment
    }"""
    assert ask(query, variables={"use": "usual"}) == {"active": True}
    assert ask(query, variables={"use": "usual", "names": True}) == {"name": [{"given": ["Jim"]}]}
    with pytest.raises(GraphQLError, match=r"\$use of type code! is missing"):
        ask(query)


def test_one_of_several_operations_is_named() -> None:
    query = "query a { id } query b { active }"
    assert ask(query, operation="b") == {"active": True}
    with pytest.raises(GraphQLError, match="Name one of the operations"):
        ask(query)


def test_references_are_followed() -> None:
    store = Store()
    query = """{ subject { reference resource(type: Patient) { active } p: resource { ... on Patient { birthDate } } }
                 performer { resource { id } } valueQuantity { value unit } }"""
    assert ask(query, OBSERVATION, store) == {
        "subject": {
            "reference": "Patient/example",
            "resource": {"active": True},
            "p": {"birthDate": "1974-12-25"},
        },
        "performer": [{"resource": {"id": "c"}}],
        "valueQuantity": {"value": 185, "unit": "lbs"},
    }
    assert store.reads == 1


def test_a_reference_of_another_type_is_left_out() -> None:
    assert ask("{ subject { resource(type: Group) { name } } }", OBSERVATION) == {"subject": {}}


def test_unresolved_references_are_errors_unless_optional() -> None:
    lost = {**OBSERVATION, "subject": {"reference": "Patient/lost"}}
    assert ask("{ subject { resource(optional: true) { id } } }", lost) == {"subject": {}}
    with pytest.raises(GraphQLError, match="Patient/lost cannot be resolved") as caught:
        ask("{ subject { resource { id } } }", lost)
    assert caught.value.code == "not-found"


def test_reading_and_searching_on_the_system() -> None:
    store = Store()
    assert ask("{ Patient(id: example) { id active } }", None, store) == {
        "Patient": {"id": "example", "active": True}
    }
    rows = [{"id": "example", "active": True}, {"id": "xds", "active": True}]
    assert ask('{ PatientList(name: "p,q", gender: [male, other]) { id active } }', None, store) == {
        "PatientList": rows
    }
    assert store.searches == [("Patient", [("name", "p\\,q"), ("gender", "male,other")], True)]
    assert ask('{ PatientList(fhirpath: "name.exists()") { id } }', None) == {
        "PatientList": [{"id": "example"}]
    }
    ask("{ ConditionList(clinical_status: active) { id } }", None, store)
    assert store.searches[-1][1] == [("clinical-status", "active")]


def test_connections_page_with_cursors() -> None:
    query = """{ PatientConnection(name: p) { count offset pagesize first next
                 edges { mode score resource { id } } } }"""
    assert ask(query, None) == {
        "PatientConnection": {
            "count": 2,
            "offset": 0,
            "pagesize": 50,
            "next": "token:50",
            "edges": [
                {"mode": "match", "score": 0.5, "resource": {"id": "example"}},
                {"mode": "match", "resource": {"id": "xds"}},
            ],
        }
    }
    following = '{ PatientConnection(_cursor: "token:50") { offset previous } }'
    assert ask(following, None) == {"PatientConnection": {"offset": 50, "previous": "token:0"}}
    with pytest.raises(GraphQLError, match="not known any more"):
        ask('{ PatientConnection(_cursor: "old") { offset } }', None)


def test_reverse_references() -> None:
    store = Store()
    ask("{ id ConditionList(_reference: patient, clinical_status: active) { id } }", PATIENT, store)
    assert store.searches == [
        ("Condition", [("patient", "Patient/example"), ("clinical-status", "active")], True)
    ]


DOUBLING = (
    "{ ...f0 }"
    + "".join(f" fragment f{n} on Patient {{ ...f{n + 1} ...f{n + 1} }}" for n in range(28))
    + " fragment f28 on Patient { id }"
)


@pytest.mark.parametrize(
    ("query", "resource", "message"),
    [
        ("{ nmae { given } }", PATIENT, "Patient has no field nmae"),
        ("{ value { unit } }", OBSERVATION, "it has a type, e.g. valueQuantity"),
        ("{ name }", PATIENT, "select fields of it"),
        ("{ active { x } }", PATIENT, "is a boolean and has no fields"),
        ("{ birthDate(x: 1) }", PATIENT, "takes no arguments"),
        ("{ name(nothing: 1) { given } }", PATIENT, "takes fhirpath, _count, _offset or a field"),
        ("{ id @magic }", PATIENT, "@magic is not known"),
        ("{ id @include }", PATIENT, "@include takes if"),
        ("{ ...nothing }", PATIENT, "There is no fragment nothing"),
        (
            "{ ...a } fragment a on Patient { ...b } fragment b on Patient { ...a }",
            PATIENT,
            "contains itself",
        ),
        ("{ name @flatten { family @singleton } }", PATIENT, "several values but is @singleton"),
        ("{ name(use: usual) { given } name(use: maiden) { given } }", PATIENT, "use an alias"),
        ('{ name(fhirpath: "(") { given } }', PATIENT, "unexpected"),
        ("{ id(", PATIENT, "found the end of the query"),
        ("{ }", PATIENT, "names at least one field"),
        ("", PATIENT, "The query is empty"),
        ("{ name { given }", PATIENT, "the end of the query"),
        ("{ id ? }", PATIENT, "has no meaning here"),
        ("mutation { id }", PATIENT, "Only queries are answered"),
        ("{ name }", None, "is no query"),
        ("{ Patient { id } }", None, "read by its id"),
        ("{ PatientList(nothing: 1) { id } }", None, "no search parameter nothing"),
        ('{ PatientList(_include: "x") { id } }', None, "_include has no meaning"),
        ("{ Patient(id: lost) { id } }", None, "does not exist or may not be seen"),
        ("{ PatientConnection { edges { node { id } } } }", None, "edges has mode, score and resource"),
        ("{ ConditionList { id } }", PATIENT, "needs _reference"),
        ("{ ConditionList(_reference: code) { id } }", PATIENT, "no reference parameter code"),
        ("{ name(use: $x) { given } }", PATIENT, r"\$x is not declared"),
        ("{ name " * 40, PATIENT, "levels deep"),
        ("{ id @skip(if: 1) }", PATIENT, "needs a Boolean"),
        ("{" + "name { given } " * 6000 + "}", PATIENT, "more than 5000 fields"),
        (DOUBLING, PATIENT, "more than 5000 fields"),
        (DOUBLING, None, "more than 5000 fields"),
    ],
)
def test_refusals_say_what_is_wrong(query: str, resource: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(GraphQLError, match=message):
        ask(query, resource)


def test_errors_have_the_shape_of_graphql() -> None:
    with pytest.raises(GraphQLError) as caught:
        ask("{ id\n  nmae }")
    answer = caught.value.answer()
    assert answer["data"] is None
    assert answer["errors"][0]["locations"] == [{"line": 2, "column": 3}]
    outcome = answer["errors"][0]["extensions"]["resource"]
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["details"]["text"] == answer["errors"][0]["message"]
