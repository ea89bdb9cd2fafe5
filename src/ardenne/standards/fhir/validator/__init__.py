"""Validation of resources against the definitions of R4: every problem, with its place and how to mend it.

Structure: unknown elements, cardinality, JSON types, primitive values, required codes, choices, empty
objects and arrays, `_name` companions, references, contained resources. Invariants: the FHIRPath
constraints of the types. Profiles, extensions and terminology: `ardenne.standards.fhir.profiles`.
"""

from typing import Any

from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.fhir.path import Helpers
from ardenne.standards.fhir.validator.invariants import check_invariants
from ardenne.standards.fhir.validator.report import LIMIT, Report, TooManyIssues
from ardenne.standards.fhir.validator.shape import sound
from ardenne.standards.fhir.validator.structure import check_resource

__all__ = ["validate"]

_NO_HELPERS = Helpers()


def validate(
    resource: dict[str, Any], invariants: bool = False, helpers: Helpers | None = None
) -> list[Issue]:
    """All errors of a resource, [] when it is right. `resource` is as parsed from FHIR JSON.

    `invariants` adds the FHIRPath constraints of R4 with severity error (about three times the cost);
    `helpers` lends them reference resolution and terminology. After 500 problems the rest is left out and
    the last issue says so.
    """
    report = Report()
    try:
        check_resource(resource, (), report)
        if invariants:
            check_invariants(sound(resource) if report else resource, report, helpers or _NO_HELPERS)
    except TooManyIssues:
        message = f"There are more than {LIMIT} problems; the rest was not looked for. Mend these first."
        report.append(Issue("information", "too-costly", "", message, "too-many"))
    return list(report)
