"""OperationOutcome of issues."""

from ardenne.standards.fhir.outcome import Issue, failed, operation_outcome


def test_every_part_of_an_issue_is_reported() -> None:
    issue = Issue("error", "required", "Patient.link[0]", "'other' is missing. Add it.", "cardinality")
    assert operation_outcome([issue]) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "required",
                "details": {"text": "'other' is missing. Add it."},
                "diagnostics": "Rule cardinality",
                "expression": ["Patient.link[0]"],
            }
        ],
    }


def test_an_outcome_is_never_empty() -> None:
    assert operation_outcome([])["issue"][0]["severity"] == "information"


def test_only_errors_fail() -> None:
    assert not failed([Issue("warning", "value", "", ""), Issue("information", "value", "", "")])
    assert failed([Issue("warning", "value", "", ""), Issue("fatal", "structure", "", "")])
