"""Issues and OperationOutcome (FHIR R4, OperationOutcome)."""

from collections.abc import Iterable
from typing import Any

import msgspec


class Issue(msgspec.Struct, frozen=True):
    """One finding about a resource."""

    severity: str  # "fatal", "error", "warning" or "information"
    code: str  # IssueType: "structure", "required", "value", "invariant", "code-invalid", ...
    path: str  # FHIRPath of the place, "Patient.name[0].given"; "" when there is none
    message: str  # plain English: what was found and how to mend it
    rule: str = ""  # the rule that failed: "ele-1", "unknown-element", "cardinality", ...
    known_as: str = ""  # the code that a profile gives to the error, for machines: "XDSUnknownPatientId"

    @property
    def failed(self) -> bool:
        """Whether the resource must be refused for it."""
        return self.severity in ("fatal", "error")


def failed(issues: Iterable[Issue]) -> bool:
    """Whether any issue is an error."""
    return any(issue.failed for issue in issues)


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The OperationOutcome resource that reports `issues`; "no problem found" when there are none."""
    entries = [_entry(issue) for issue in issues]
    if not entries:
        entries = [
            {"severity": "information", "code": "informational", "details": {"text": "No problem found."}}
        ]
    return {"resourceType": "OperationOutcome", "issue": entries}


def _entry(issue: Issue) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "severity": issue.severity,
        "code": issue.code,
        "details": {"text": issue.message},
    }
    if issue.known_as:
        entry["details"] = {"coding": [{"code": issue.known_as}], "text": issue.message}
    if issue.rule:
        entry["diagnostics"] = f"Rule {issue.rule}"
    if issue.path:
        entry["expression"] = [issue.path]
    return entry
