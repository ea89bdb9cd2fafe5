"""FHIR R4 (4.0.1): what the specification defines, as values.

Source: the package `hl7.fhir.r4.core` 4.0.1 of HL7 (CC0), compiled by `python -m tools.definitions`;
see `data/README.md`. Everything is read lazily: importing costs milliseconds.
"""

from ardenne.standards.fhir.definitions.codes import (
    implied_system,
    required_code_order,
    required_codes,
    required_concepts,
)
from ardenne.standards.fhir.definitions.model import (
    Compartment,
    Constraint,
    Element,
    SearchParameter,
    Structure,
)
from ardenne.standards.fhir.definitions.properties import Property, properties
from ardenne.standards.fhir.definitions.raw import (
    code_system,
    concept_map,
    concept_maps,
    operation_definition,
    published_type,
    search_parameter,
    structure_definition,
    urls,
    value_set,
)
from ardenne.standards.fhir.definitions.searches import compartment, search_parameters
from ardenne.standards.fhir.definitions.structures import (
    COMPLEX_TYPES,
    PRIMITIVE_TYPES,
    RESOURCE_TYPES,
    all_elements,
    child,
    content_types,
    is_subtype,
    structure,
)

__all__ = [
    "COMPLEX_TYPES",
    "PRIMITIVE_TYPES",
    "RESOURCE_TYPES",
    "Compartment",
    "Constraint",
    "Element",
    "Property",
    "SearchParameter",
    "Structure",
    "all_elements",
    "child",
    "code_system",
    "compartment",
    "concept_map",
    "concept_maps",
    "content_types",
    "implied_system",
    "is_subtype",
    "operation_definition",
    "properties",
    "published_type",
    "required_code_order",
    "required_codes",
    "required_concepts",
    "search_parameter",
    "search_parameters",
    "structure",
    "structure_definition",
    "urls",
    "value_set",
]
