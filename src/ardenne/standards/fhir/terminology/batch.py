"""Many validations in one request ($batch-validate-code)."""

from __future__ import annotations

from typing import Final

from ardenne.standards.fhir.terminology.concepts import Json
from ardenne.standards.fhir.terminology.messages import TerminologyError, outcome, refusal
from ardenne.standards.fhir.terminology.parameters import Inputs, answer
from ardenne.standards.fhir.terminology.source import Source
from ardenne.standards.fhir.terminology.system_validation import validate_in_system
from ardenne.standards.fhir.terminology.validation import validate

MOST: Final = 1000


def validate_many(source: Source, parameters: Json, *, header: str = "", in_systems: bool = False) -> Json:
    """One `validation` for each that was asked; a question that cannot be answered gets an OperationOutcome.

    Parameters beside the questions hold for each that does not say otherwise. `in_systems`: against code
    systems, not value sets.
    """
    inputs = Inputs(parameters, header)
    questions = inputs.resources("validation")
    if len(questions) > MOST:
        raise refusal("parameter-wrong", f"more than {MOST} questions in one batch")
    shared = [entry for entry in inputs.entries if entry["name"] != "validation"]
    operation = validate_in_system if in_systems else validate
    entries: list[Json | None] = []
    for question in questions:
        own = Inputs(question).entries
        names = {entry["name"] for entry in own}
        whole = answer(*own, *(entry for entry in shared if entry["name"] not in names))
        try:
            result = operation(source, whole, header=header)
        except TerminologyError as error:
            result = outcome(error.findings)
        entries.append({"name": "validation", "resource": result})
    return answer(*entries)
