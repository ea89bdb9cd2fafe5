"""The suites by name. A further suite is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import fhirpath, patch, sql_on_fhir, terminology, validator
from .suite import Suite

SUITES: Final[Mapping[str, Suite]] = {
    "fhirpath": fhirpath.run,
    "patch": patch.run,
    "sql-on-fhir": sql_on_fhir.run,
    "terminology": terminology.run,
    "validator": validator.run,
}
