"""The HL7 validator suite (`manifest.json` of fhir-test-cases): one case, judged by this validator.

Pure: the caller reads the files. A case passes when both say the same about it: errors, or none.
"""

from typing import Any

from ardenne.standards.fhir import json, xml
from ardenne.standards.fhir.json import FhirSyntaxError
from ardenne.standards.fhir.outcome import Issue, failed
from ardenne.standards.fhir.profiles.context import Context, Options
from ardenne.standards.fhir.profiles.validation import validate_profile

Json = dict[str, Any]


def expected(case: Json, outcome: Json | None) -> bool | None:
    """Whether the reference validator found errors: by the case itself or by its OperationOutcome; None when
    neither says."""
    stated = case.get("java")
    if isinstance(stated, dict):
        return bool(stated.get("errorCount", 0))
    if outcome is None:
        return None
    return any(issue.get("severity") in ("error", "fatal") for issue in outcome.get("issue", []))


def found(case: Json, data: bytes) -> bool:
    """Whether this validator finds errors in the content of the case's file."""
    return failed(issues(case, data))


def issues(case: Json, data: bytes) -> list[Issue]:
    """Everything that this validator says about the content of the case's file."""
    context = Context(options=options(case))
    name = str(case["file"])
    try:
        resources, said = _read(case, name, data)
    except FhirSyntaxError as error:
        return [error.issue]
    for resource in resources:
        said.extend(validate_profile(resource, (), context))
    return said


def _read(case: Json, name: str, data: bytes) -> tuple[list[Json], list[Issue]]:
    if name.endswith(".xml"):
        resource, problems = xml.read(data)
        return [resource], problems
    if name.endswith(".ndjson"):
        return [json.parse_exact(line) for line in data.splitlines() if line.strip()], []
    if case.get("allow-comments"):
        data = json.without_comments(data)
    return [json.parse_exact(data)], []


def options(case: Json) -> Options:
    """The strictness that a case asks for."""
    return Options(
        unknown_extensions="error",
        wrong_display="error",
        html_in_text=not case.get("security-checks"),
        html_in_markdown=not case.get("noHtmlInMarkdown"),
        example_urls=case.get("examples") is not False,
        experimental=not case.get("no-experimental-content"),
        publication=bool(case.get("for-publication")),
        references_exist="EXISTS" in str(case.get("validateReference", "")),
        contained=case.get("validateContains") != "IGNORE",
    )
