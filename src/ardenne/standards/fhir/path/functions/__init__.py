"""The functions of FHIRPath, one module a chapter of the specification.

Importing the package declares them all; `registry.find` looks one up.
"""

from . import (
    aggregates,
    boundaries,
    clock,
    combining,
    conversion,
    existence,
    fhir,
    filtering,
    math,
    quantities,
    strings,
    subsetting,
    tree,
    utility,
    views,
)
from .registry import FUNCTIONS, find, function

__all__ = [
    "FUNCTIONS",
    "aggregates",
    "boundaries",
    "clock",
    "combining",
    "conversion",
    "existence",
    "fhir",
    "filtering",
    "find",
    "function",
    "math",
    "quantities",
    "strings",
    "subsetting",
    "tree",
    "utility",
    "views",
]
