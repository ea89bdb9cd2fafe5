"""Validation of resources against the definitions of R4: every problem, with its place and how to mend it.

Structure: unknown elements, cardinality, JSON types, primitive values, required codes, choices, empty
objects and arrays, `_name` companions, references, contained resources.
"""

from typing import Any

from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.fhir.validator.report import LIMIT, Report, TooManyIssues
from ardenne.standards.fhir.validator.structure import check_resource

__all__ = ["validate"]


def validate(resource: dict[str, Any]) -> list[Issue]:
    """All problems of a resource, [] when it is right. `resource` is as parsed from FHIR JSON.

    After 500 problems the rest is left out and the last issue says so.
    """
    report = Report()
    try:
        check_resource(resource, (), report)
    except TooManyIssues:
        message = f"There are more than {LIMIT} problems; the rest was not looked for. Mend these first."
        report.append(Issue("information", "too-costly", "", message, "too-many"))
    return list(report)
