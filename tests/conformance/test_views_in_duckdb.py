"""The SQL on FHIR suite as DuckDB queries: the rows of Python, or a stated refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ardenne.apps.conformance.sql_on_fhir import differing
from ardenne.standards.fhir.views.duckdb_sql import NotInSql, sql

pytestmark = pytest.mark.corpus


def test_views_run_in_duckdb_as_in_python(corpus: Path) -> None:
    refused: list[str] = []
    ran = 0
    for path in sorted((corpus / "conformance/sql-on-fhir").glob("*.json")):
        suite = json.loads(path.read_bytes())
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE resources (resource JSON)")
            for resource in suite["resources"]:
                connection.execute("INSERT INTO resources VALUES (?)", [json.dumps(resource)])
            for test in suite["tests"]:
                if "expect" not in test:
                    continue
                try:
                    query = sql(test["view"])
                except NotInSql as reason:
                    refused.append(str(reason))
                    continue
                assert differing(test["expect"], rows_of(connection, query)) == "", (path.name, test["title"])
                ran += 1
    assert ran == 94
    assert refused == ["%rowIndex within repeat is not translated to SQL"]


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
