"""Terminology: code systems, value sets and concept maps, and the operations on them (FHIR R4).

Pure: definitions come from a `Source`. Operations take Parameters resources and give resources; where a
question cannot be answered they raise `TerminologyError`, whose findings become an OperationOutcome.
Properties in expansions are shown as in R5; `release4.as_r4` turns them into what R4 can hold.
"""

from ardenne.standards.fhir.terminology.batch import validate_many
from ardenne.standards.fhir.terminology.checker import TerminologyCodes
from ardenne.standards.fhir.terminology.concepts import Concept, Designation
from ardenne.standards.fhir.terminology.expansion import expand
from ardenne.standards.fhir.terminology.listed import ListedSystem
from ardenne.standards.fhir.terminology.lookup import lookup, subsumes
from ardenne.standards.fhir.terminology.messages import Finding, TerminologyError, outcome
from ardenne.standards.fhir.terminology.release4 import as_r4
from ardenne.standards.fhir.terminology.source import Layers, Published, Resources, Source
from ardenne.standards.fhir.terminology.system import Filter, System, UnknownFilter
from ardenne.standards.fhir.terminology.system_validation import validate_in_system
from ardenne.standards.fhir.terminology.translation import translate
from ardenne.standards.fhir.terminology.validation import validate

__all__ = [
    "Concept",
    "Designation",
    "Filter",
    "Finding",
    "Layers",
    "ListedSystem",
    "Published",
    "Resources",
    "Source",
    "System",
    "TerminologyCodes",
    "TerminologyError",
    "UnknownFilter",
    "as_r4",
    "expand",
    "lookup",
    "outcome",
    "subsumes",
    "translate",
    "validate",
    "validate_in_system",
    "validate_many",
]
