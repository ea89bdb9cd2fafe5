"""SQL on FHIR v2: ViewDefinitions that turn resources into flat rows.

One reading of the definition (`definition`), two ways to run it: Python closures (`closures`)
and DuckDB (`duckdb_sql`); `output` writes Parquet and CSV.

Source: https://sql-on-fhir.org (v2), ViewDefinition.
"""

from .closures import rows
from .definition import View, ViewDefinitionError, read
from .output import write

__all__ = ["View", "ViewDefinitionError", "read", "rows", "write"]
