"""FHIRPath: expressions compiled once to Python closures.

The whole language of FHIRPath N1 (2.0) with the later functions that R4 tools use, and the
functions that FHIR R4 adds. `compile` is for plain use; `compile_typed` gives a reusable
Expression with variables, reference resolution, terminology and static checks.

Sources: http://hl7.org/fhirpath/N1, https://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import (
    FhirPathError,
    FhirPathExecutionError,
    FhirPathLimitError,
    FhirPathSemanticError,
    FhirPathSyntaxError,
)
from .expression import Expression, compile_typed
from .nodes import Element
from .scope import Helpers, Profiles, Resolver, Terminology

__all__ = [
    "Element",
    "Expression",
    "FhirPathError",
    "FhirPathExecutionError",
    "FhirPathLimitError",
    "FhirPathSemanticError",
    "FhirPathSyntaxError",
    "Helpers",
    "Profiles",
    "Resolver",
    "Terminology",
    "compile",
    "compile_typed",
]


def compile(expression: str) -> Callable[[dict[str, Any]], list[Any]]:
    """A function from a resource to the list of results: dicts, str, bool, int, Decimal.

    Dates and times come as ISO text, quantities as dicts with value and unit; a primitive of
    the resource comes as it stands in the resource. Raises FhirPathSyntaxError or
    FhirPathSemanticError here, FhirPathExecutionError from the function.
    """
    return compile_typed(expression).values
