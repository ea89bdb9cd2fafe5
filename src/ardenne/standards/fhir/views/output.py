"""Rows to files: Parquet and CSV, by DuckDB."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from .closures import compiled, run
from .definition import Column

Format = Literal["parquet", "csv"]

_TYPES: Final = {
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "positiveInt": "INTEGER",
    "unsignedInt": "INTEGER",
    "integer64": "BIGINT",
    "decimal": "DECIMAL(38, 10)",
}
"""FHIR type of a column to its type in the file; everything else is text. Dates stay text
because FHIR dates may be partial."""

_BATCH: Final = 10_000
"""Rows that are held in memory at once."""


def write(view: dict[str, Any], resources: Iterable[dict[str, Any]], path: Path | str, format: Format) -> int:
    """Write the rows of a view to `path` and give their number.

    Columns with `collection` are lists in Parquet and JSON text in CSV; complex values are JSON
    text. Raises ViewDefinitionError, FhirPathExecutionError, and ValueError for another format.
    """
    if format not in ("parquet", "csv"):
        raise ValueError(f"the format {format!r} is not known; use parquet or csv")
    # loading DuckDB costs more than all the rest of the package: only who writes files pays for it
    import duckdb

    ready = compiled(view)
    types = {column.name: _sql_type(column, format) for column in ready.columns}
    shape = orjson.dumps([types]).decode()
    with duckdb.connect(":memory:") as connection:
        fields = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        connection.execute(f"CREATE TABLE view_rows ({fields})")
        total = 0
        found = run(ready, resources)
        while batch := list(islice(found, _BATCH)):
            cells = [{c.name: _cell(row[c.name], c, format) for c in ready.columns} for row in batch]
            connection.execute(
                "INSERT INTO view_rows SELECT unnest(r) FROM (SELECT unnest(from_json($1::JSON, $2)) AS r)",
                [orjson.dumps(cells, default=str).decode(), shape],
            )
            total += len(batch)
        target = str(path).replace("'", "''")
        options = "FORMAT parquet, COMPRESSION zstd" if format == "parquet" else "FORMAT csv, HEADER"
        connection.execute(f"COPY view_rows TO '{target}' ({options})")
    return total


def _sql_type(column: Column, format: Format) -> str:
    base = _TYPES.get(column.type, "VARCHAR")
    if not column.collection:
        return base
    return f"{base}[]" if format == "parquet" else "VARCHAR"


def _cell(value: Any, column: Column, format: Format) -> Any:
    if isinstance(value, dict):
        return orjson.dumps(value, default=str).decode()
    if isinstance(value, list):
        if format == "csv":
            return orjson.dumps(value, default=str).decode()
        return [_cell(one, column, format) for one in value]
    if value is not None and column.type not in _TYPES and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
