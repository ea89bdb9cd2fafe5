"""ViewDefinitions: rows as SQL on FHIR v2 describes them, in Python and in DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from ardenne.standards.fhir.path import FhirPathExecutionError
from ardenne.standards.fhir.views import ViewDefinitionError, rows, write
from ardenne.standards.fhir.views.duckdb_sql import NotInSql, sql

PATIENTS: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "p1",
        "gender": "female",
        "birthDate": "1978-03-12",
        "name": [
            {"use": "official", "family": "Weber", "given": ["Ada", "Jo"]},
            {"use": "nickname", "given": ["Addie"]},
        ],
        "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "a@b"}],
        "managingOrganization": {"reference": "Organization/o1"},
    },
    {
        "resourceType": "Patient",
        "id": "p2",
        "deceasedBoolean": True,
        "contact": [{"telecom": [{"value": "9"}]}],
    },
    {"resourceType": "Observation", "id": "other"},
]


def view(*select: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"resource": "Patient", "select": list(select), **parts}


def columns(**paths: str) -> dict[str, Any]:
    return {"column": [{"name": name, "path": path} for name, path in paths.items()]}


def in_python(definition: dict[str, Any]) -> list[dict[str, Any]]:
    return list(rows(definition, PATIENTS))


def in_duckdb(definition: dict[str, Any]) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE resources (resource JSON)")
        for resource in PATIENTS:
            connection.execute("INSERT INTO resources VALUES (?)", [orjson.dumps(resource).decode()])
        found = connection.execute(sql(definition))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


both = pytest.mark.parametrize("run", [in_python, in_duckdb])
Run = Callable[[dict[str, Any]], list[dict[str, Any]]]


def ordered(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: orjson.dumps(row, default=str))


@both
def test_a_column_is_one_value_or_null(run: Run) -> None:
    definition = view(
        columns(id="id", family="name.where(use = 'official').family", given="name.given.first()")
    )
    assert ordered(run(definition)) == [
        {"id": "p1", "family": "Weber", "given": "Ada"},
        {"id": "p2", "family": None, "given": None},
    ]


@both
def test_for_each_makes_a_row_of_each_element(run: Run) -> None:
    definition = view(
        columns(id="id"), {"forEach": "name.given", **columns(given="$this", place="%rowIndex")}
    )
    assert ordered(run(definition)) == [
        {"id": "p1", "given": "Ada", "place": _same(run, 0)},
        {"id": "p1", "given": "Addie", "place": _same(run, 2)},
        {"id": "p1", "given": "Jo", "place": _same(run, 1)},
    ]


def _same(run: Run, number: int) -> Any:
    """Columns without type are text in DuckDB."""
    return number if run is in_python else str(number)


@both
def test_for_each_or_null_keeps_the_resource(run: Run) -> None:
    nested = {
        "forEachOrNull": "name",
        **columns(use="use"),
        "select": [{"forEach": "given", **columns(g="$this")}],
    }
    assert {"id": "p2", "use": None, "g": None} in run(view(columns(id="id"), nested))
    assert len(run(view(columns(id="id"), nested))) == 4


@both
def test_union_joins_rows_of_several_paths(run: Run) -> None:
    union = [
        {"forEach": "telecom", **columns(value="value")},
        {"forEach": "contact.telecom", **columns(value="value")},
    ]
    found = run(view({**columns(id="id"), "unionAll": union}))
    assert ordered(found) == [
        {"id": "p1", "value": "1"},
        {"id": "p1", "value": "a@b"},
        {"id": "p2", "value": "9"},
    ]


@both
def test_conditions_and_constants(run: Run) -> None:
    definition = view(
        columns(id="id"),
        constant=[{"name": "dead", "valueBoolean": True}, {"name": "born", "valueDate": "1978-03-12"}],
        where=[{"path": "deceased.ofType(boolean) = %dead or birthDate = %born"}],
    )
    assert ordered(run(definition)) == [{"id": "p1"}, {"id": "p2"}]
    definition["where"].append({"path": "name.exists(use = 'nickname')"})
    assert run(definition) == [{"id": "p1"}]


@both
def test_keys_join_resources(run: Run) -> None:
    definition = view(
        columns(
            key="getResourceKey()",
            organization="managingOrganization.getReferenceKey(Organization)",
            wrong="managingOrganization.getReferenceKey(Patient)",
        )
    )
    assert {"key": "p1", "organization": "o1", "wrong": None} in run(definition)


@both
def test_collections_become_lists(run: Run) -> None:
    definition = view({"column": [{"name": "given", "path": "name.given", "collection": True}]})
    assert ordered(run(definition)) == [{"given": ["Ada", "Jo", "Addie"]}, {"given": []}]


def test_repeat_walks_down_parents_first() -> None:
    response = {
        "resourceType": "QuestionnaireResponse",
        "item": [{"linkId": "1", "item": [{"linkId": "1.1", "answer": [{"item": [{"linkId": "1.1.1"}]}]}]}],
    }
    definition = {
        "resource": "QuestionnaireResponse",
        "select": [{"repeat": ["item", "answer.item"], **columns(link="linkId", place="%rowIndex")}],
    }
    found = list(rows(definition, [response]))
    assert found == [
        {"link": "1", "place": 0},
        {"link": "1.1", "place": 1},
        {"link": "1.1.1", "place": 2},
    ]
    with pytest.raises(NotInSql, match="%rowIndex within repeat"):
        sql(definition)


def test_repeat_in_duckdb_has_a_bottom() -> None:
    deep: dict[str, Any] = {"linkId": "bottom"}
    for level in range(12):
        deep = {"linkId": str(level), "item": [deep]}
    response = {"resourceType": "QuestionnaireResponse", "item": [deep]}
    definition = {
        "resource": "QuestionnaireResponse",
        "select": [{"repeat": ["item"], **columns(link="linkId")}],
    }
    assert len(list(rows(definition, [response]))) == 13
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE resources (resource JSON)")
        connection.execute("INSERT INTO resources VALUES (?)", [orjson.dumps(response).decode()])
        with pytest.raises(duckdb.Error, match="run the view in Python"):
            connection.execute(sql(definition)).fetchall()


def test_several_values_in_a_plain_column_are_refused() -> None:
    with pytest.raises(
        FhirPathExecutionError, match="given finds 3 values in one row; set collection to true"
    ):
        in_python(view(columns(given="name.given")))


@pytest.mark.parametrize(
    ("definition", "path", "message"),
    [
        ({}, "resource", "is missing"),
        (view(), "select", "is missing"),
        ({"resource": "Person1", "select": [columns(id="id")]}, "resource", "no resource type of R4"),
        (view({"forEach": "@@"}), "select[0].forEach", "no date or time follows the @"),
        (view({"forEach": 1, **columns(a="id")}), "select[0].forEach", "is no text"),
        (view(columns(a="name.familly")), "select[0].column[0].path", "has no element familly"),
        (view({"column": [{"name": "1a", "path": "id"}]}), "select[0].column[0].name", "no column name"),
        (view({"column": [{"name": "a"}]}), "select[0].column[0].path", "is missing"),
        (view(columns(a="id"), columns(a="id")), "select", "defined twice"),
        (
            view({"forEach": "name", "forEachOrNull": "name", **columns(a="use")}),
            "select[0]",
            "only one of them",
        ),
        (view({"repeat": "item", **columns(a="use")}), "select[0].repeat", "array of paths"),
        (view({"unionAll": [columns(a="id"), columns(b="id")]}), "select[0].unionAll[1]", "a were expected"),
        (view(columns(a="id"), where=[{"path": "name.family"}]), "where[0].path", "must be Boolean"),
        (view(columns(a="%nothing")), "select[0].column[0].path", "%nothing is not defined"),
        (view(columns(a="id"), constant=[{"name": "c"}]), "constant[0]", "exactly one value[x]"),
        ({"resource": "Patient", "select": ["x"]}, "select", "array of objects"),
    ],
)
def test_mistakes_are_reported_with_their_place(definition: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(ViewDefinitionError) as caught:
        in_python(definition)
    assert any(m.path == path and message in m.message for m in caught.value.mistakes), caught.value.mistakes


def test_endless_nesting_is_refused() -> None:
    deep: dict[str, Any] = columns(a="id")
    for _ in range(50):
        deep = {"select": [deep]}
    with pytest.raises(ViewDefinitionError, match="levels deep"):
        in_python(view(deep))


def test_parquet_and_csv(tmp_path: Path) -> None:
    definition = view(
        {
            "column": [
                {"name": "id", "path": "id", "type": "id"},
                {"name": "dead", "path": "deceased.ofType(boolean)", "type": "boolean"},
                {"name": "names", "path": "name.count()", "type": "integer"},
                {"name": "given", "path": "name.given", "type": "string", "collection": True},
            ]
        }
    )
    assert write(definition, PATIENTS, tmp_path / "p.parquet", "parquet") == 2
    assert write(definition, PATIENTS, tmp_path / "p.csv", "csv") == 2
    found = duckdb.execute(f"SELECT * FROM '{tmp_path}/p.parquet' ORDER BY id").fetchall()
    assert found == [("p1", None, 2, ["Ada", "Jo", "Addie"]), ("p2", True, 0, [])]
    assert (tmp_path / "p.csv").read_text().splitlines()[1] == 'p1,,2,"[""Ada"",""Jo"",""Addie""]"'
    with pytest.raises(ValueError, match="use parquet or csv"):
        write(definition, PATIENTS, tmp_path / "x", "xlsx")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["name.family.startsWith('a')", "value.unit", "name.given.distinct()"])
def test_what_is_not_in_sql_says_so(path: str) -> None:
    with pytest.raises(NotInSql):
        sql(
            {"resource": "Observation", "select": [columns(a=path)]}
            if "value" in path
            else view(columns(a=path))
        )
