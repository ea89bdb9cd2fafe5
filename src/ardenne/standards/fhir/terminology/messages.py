"""What terminology operations say: findings with the codes and texts of the FHIR terminology ecosystem.

Source of codes: http://hl7.org/fhir/tools/CodeSystem/tx-issue-type and the message identifiers that
terminology servers share, so that clients can recognise a finding whatever its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

Json = dict[str, Any]

ISSUE_TYPES: Final = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type"
MESSAGE_ID: Final = "http://hl7.org/fhir/StructureDefinition/operationoutcome-message-id"


class Kind(NamedTuple):
    """One thing that can be said. `spoken`: whether it is repeated in the parameter `message`."""

    severity: str
    code: str
    detail: str
    text: str
    spoken: bool = True


# Identifiers with a hyphen are our own: they are not sent as message identifiers.
KINDS: Final[dict[str, Kind]] = {
    "None_of_the_provided_codes_are_in_the_value_set_one": Kind(
        "error", "code-invalid", "not-in-vs", "The provided code '{0}' was not found in the value set '{1}'"
    ),
    "TX_GENERAL_CC_ERROR_MESSAGE": Kind(
        "error", "code-invalid", "not-in-vs", "No valid coding was found for the value set '{0}'"
    ),
    "Unknown_Code_in_Version": Kind(
        "error", "code-invalid", "invalid-code", "Unknown code '{0}' in the CodeSystem '{1}' version '{2}'"
    ),
    "Unknown_Code_in": Kind(
        "error", "code-invalid", "invalid-code", "Unknown code '{0}' in the CodeSystem '{1}'"
    ),
    "UNKNOWN_CODE_IN_FRAGMENT": Kind(
        "warning", "code-invalid", "invalid-code",
        "Unknown Code '{0}' in the CodeSystem '{1}' version '{2}' - note that the code system is labeled as a "
        "fragment, so the code may be valid in some other fragment", False,
    ),
    "UNKNOWN_CODESYSTEM": Kind(
        "error", "not-found", "not-found",
        "A definition for CodeSystem '{0}' could not be found, so the code cannot be validated",
    ),
    "UNKNOWN_CODESYSTEM_VERSION": Kind(
        "error", "not-found", "not-found",
        "A definition for CodeSystem '{0}' version '{1}' could not be found, so the code cannot be validated. "
        "Valid versions: {2}",
    ),
    "UNKNOWN_CODESYSTEM_VERSION_NONE": Kind(
        "error", "not-found", "not-found",
        "A definition for CodeSystem '{0}' version '{1}' could not be found, so the code cannot be validated. "
        "No versions of this code system are known",
    ),
    "UNKNOWN_CODESYSTEM_EXP": Kind(
        "error", "not-found", "not-found",
        "A definition for CodeSystem '{0}' could not be found, so the value set cannot be expanded",
    ),
    "UNKNOWN_CODESYSTEM_VERSION_EXP": Kind(
        "error", "not-found", "not-found",
        "A definition for CodeSystem '{0}' version '{1}' could not be found, so the value set cannot be "
        "expanded. Valid versions: {2}",
    ),
    "UNKNOWN_CODESYSTEM_VERSION_EXP_NONE": Kind(
        "error", "not-found", "not-found",
        "A definition for CodeSystem '{0}' version '{1}' could not be found, so the value set cannot be "
        "expanded. No versions of this code system are known",
    ),
    "no-content": Kind(
        "error", "not-found", "not-found",
        "The concepts of CodeSystem '{0}' are not known here: its definition has no content (content = {1})",
    ),
    "Unable_to_resolve_value_Set_": Kind(
        "error", "not-found", "not-found", "A definition for the value Set '{0}' could not be found"
    ),
    "VALUESET_SUPPLEMENT_MISSING": Kind(
        "error", "not-found", "not-found", "Required supplement not found: {0}"
    ),
    "VALUESET_CIRCULAR_REFERENCE": Kind(
        "error", "processing", "vs-invalid", "Cyclic reference detected when reading {0} via [{1}]"
    ),
    "VALUESET_TOO_COSTLY": Kind(
        "error", "too-costly", "",
        "The value set '{0}' has more than {1} codes: ask for a page (offset, count) or narrow it (filter)",
    ),
    "UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE": Kind(
        "error", "invalid", "vs-invalid", "The system {0} filter with property = {1}, op = {2} has no value"
    ),
    "filter-unknown": Kind(
        "error", "not-supported", "vs-invalid",
        "The filter '{1} {2} {3}' on the system {0} is not understood: {4}",
    ),
    "include-empty": Kind(
        "error", "invalid", "vs-invalid", "An include or exclude of '{0}' has neither a system nor a value set"
    ),
    "no-definition": Kind(
        "error", "invalid", "vs-invalid", "The value set '{0}' has neither a definition (compose) nor an expansion"
    ),
    "VALUESET_VALUE_MISMATCH": Kind(
        "error", "invalid", "vs-invalid",
        "The code system '{0}' version '{1}' in the ValueSet include is different to the one in the value ('{2}')",
    ),
    "VALUESET_VALUE_MISMATCH_DEFAULT": Kind(
        "warning", "invalid", "vs-invalid",
        "The code system '{0}' version '{1}' for the versionless include in the ValueSet include is different "
        "to the one in the value ('{2}')", False,
    ),
    "VALUESET_VALUE_MISMATCH_CHANGED": Kind(
        "error", "invalid", "vs-invalid",
        "The code system '{0}' version '{1}' resulting from the version '{3}' in the ValueSet include is "
        "different to the one in the value ('{2}')",
    ),
    "VALUESET_VERSION_CHECK": Kind(
        "error", "exception", "version-error",
        "The version '{0}' is not allowed for system '{1}': required to be '{2}' by a version-check parameter",
    ),
    "Display_Name_for__should_be_one_of__instead_of": Kind(
        "error", "invalid", "invalid-display",
        "Wrong Display Name '{0}' for {1}. Valid display is {2} (for the language(s) '{3}')",
    ),
    "Display_Name_WS_for__should_be_one_of__instead_of": Kind(
        "error", "invalid", "invalid-display",
        "Wrong whitespace in Display Name '{0}' for {1}. Valid display is {2} (for the language(s) '{3}')",
    ),
    "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR": Kind(
        "error", "invalid", "invalid-display",
        "Wrong Display Name '{0}' for {1}. There are no valid display names found for language(s) '{3}'. "
        "Default display is '{2}'",
    ),
    "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK": Kind(
        "information", "invalid", "invalid-display",
        "There are no valid display names found for the code {1} for language(s) '{3}'. The display is '{0}' "
        "which is a valid display for the default language",
    ),
    "INACTIVE_DISPLAY_FOUND": Kind(
        "warning", "invalid", "display-comment",
        "'{0}' is no longer considered a correct display for code '{1}' (status = {2}). "
        "The correct display is one of {3}.", False,
    ),
    "INVALID_DISPLAY_NAME": Kind(
        "error", "processing", "invalid-display", "Invalid displayLanguage: '{0}'"
    ),
    "INACTIVE_CONCEPT_FOUND": Kind(
        "warning", "business-rule", "code-comment",
        "The concept '{0}' has a status of {1} and its use should be reviewed",
    ),
    "DEPRECATED_CONCEPT_FOUND": Kind(
        "warning", "business-rule", "code-comment",
        "The concept '{0}' is deprecated and its use should be reviewed",
    ),
    "CONCEPT_DEPRECATED_IN_VALUESET": Kind(
        "warning", "business-rule", "code-comment",
        "The presence of the concept '{0}' in the system '{1}' in the value set {2} is marked with a status of "
        "{3} and its use should be reviewed", False,
    ),
    "STATUS_CODE_WARNING_CODE": Kind(
        "error", "business-rule", "code-rule", "The concept '{0}' is valid but is not active"
    ),
    "ABSTRACT_CODE_NOT_ALLOWED": Kind(
        "error", "business-rule", "code-rule", "Code '{0}#{1}' is abstract, and not allowed in this context"
    ),
    "CODE_CASE_DIFFERENCE": Kind(
        "information", "business-rule", "code-rule",
        "The code '{0}' differs from the correct code '{1}' by case. Although the code system '{2}' is case "
        "insensitive, implementers are strongly encouraged to use the correct case anyway", False,
    ),
    "Coding_has_no_system__cannot_validate": Kind(
        "warning", "invalid", "invalid-data",
        "Coding has no system. A code with no system has no defined meaning, and it cannot be validated. "
        "A system should be provided",
    ),
    "Terminology_TX_System_Relative": Kind(
        "error", "invalid", "invalid-data", "Coding.system must be an absolute reference, not a local reference"
    ),
    "Terminology_TX_System_ValueSet2": Kind(
        "error", "invalid", "invalid-data", "The Coding references a value set, not a code system ('{0}')"
    ),
    "CODESYSTEM_CS_NO_SUPPLEMENT": Kind(
        "error", "invalid", "invalid-data",
        "CodeSystem {0} is a supplement, so can't be used as a value in Coding.system",
    ),
    "UNABLE_TO_INFER_CODESYSTEM": Kind(
        "error", "not-found", "cannot-infer",
        "The System URI could not be determined for the code '{0}' in the ValueSet '{1}': it is in none of [{2}]",
    ),
    "Unable_to_resolve_system__value_set_has_multiple_matches": Kind(
        "error", "not-found", "cannot-infer",
        "The System URI could not be determined for the code '{0}' in the ValueSet '{1}': value set expansion "
        "has multiple matches: [{2}]",
    ),
    "no-code": Kind(
        "error", "invalid", "",
        "Unable to find code to validate (looked for coding | codeableConcept | code+system | code+inferSystem "
        "in parameters",
    ),
    "parameter-missing": Kind("error", "required", "", "{0}"),
    "parameter-wrong": Kind("error", "value", "", "{0}"),
    "map-unknown": Kind(
        "error", "not-found", "not-found", "A definition for the concept map '{0}' could not be found"
    ),
    "too-deep": Kind("error", "too-costly", "", "The {0} is nested deeper than {1} levels"),
    "MSG_DEPRECATED": Kind("information", "business-rule", "status-check", "Reference to deprecated {0} {1}", False),
    "MSG_WITHDRAWN": Kind("information", "business-rule", "status-check", "Reference to withdrawn {0} {1}", False),
    "MSG_RETIRED": Kind("information", "business-rule", "status-check", "Reference to retired {0} {1}", False),
    "MSG_EXPERIMENTAL": Kind(
        "information", "business-rule", "status-check", "Reference to experimental {0} {1}", False
    ),
    "MSG_DRAFT": Kind("information", "business-rule", "status-check", "Reference to draft {0} {1}", False),
}  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """Something that was found out, ready to be told."""

    identifier: str
    text: str
    place: str = ""
    """where in what was asked: "Coding.code", "code", "CodeableConcept.coding[0].system"..."""
    severity: str = ""
    detail: str = ""

    @property
    def kind(self) -> Kind:
        return KINDS[self.identifier]

    @property
    def failed(self) -> bool:
        """Whether it makes the answer "no"."""
        return (self.severity or self.kind.severity) == "error"

    @property
    def spoken(self) -> bool:
        return self.kind.spoken and self.detail != "this-code-not-in-vs"

    def issue(self) -> Json:
        """The OperationOutcome.issue that tells it."""
        detail = self.detail or self.kind.detail
        told: Json = {"text": self.text}
        if detail:
            told = {"coding": [{"system": ISSUE_TYPES, "code": detail}], "text": self.text}
        entry: Json = {}
        if "-" not in self.identifier:
            entry["extension"] = [{"url": MESSAGE_ID, "valueString": self.identifier}]
        entry["severity"] = self.severity or self.kind.severity
        entry["code"] = self.kind.code
        entry["details"] = told
        if self.place:
            entry["location"] = [self.place]
            entry["expression"] = [self.place]
        return entry


def finding(
    identifier: str, *words: object, place: str = "", severity: str = "", detail: str = ""
) -> Finding:
    """The finding of this kind, its text filled with `words`."""
    return Finding(identifier, KINDS[identifier].text.format(*words), place, severity, detail)


class TerminologyError(Exception):
    """The operation cannot be carried out; the findings say why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(each.text for each in findings))
        self.findings = findings

    @property
    def is_missing(self) -> bool:
        """Whether something that was asked for is not known here."""
        return any(each.kind.code == "not-found" for each in self.findings)


def refusal(identifier: str, *words: object, place: str = "") -> TerminologyError:
    """The error with one finding."""
    return TerminologyError(finding(identifier, *words, place=place))


def outcome(findings: Iterable[Finding]) -> Json:
    """The OperationOutcome that tells findings."""
    return {"resourceType": "OperationOutcome", "issue": [each.issue() for each in findings]}


def choices(names: list[str]) -> str:
    """Names in a row: "a", "a or b", "a, b or c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}" if names else ""
