"""Rules about values of single types, beyond what definitions can express."""

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, is_subtype
from ardenne.standards.fhir.profiles.extensions import check_extension
from ardenne.standards.fhir.profiles.rules import (
    bundles,
    conformance,
    questionnaires,
    references,
    terminology,
    texts,
    values,
)
from ardenne.standards.fhir.profiles.state import Rule

_ANY_RESOURCE: tuple[Rule, ...] = (values.check_element_ids, conformance.check_canonical_resource)

_OF_RESOURCE: dict[str, tuple[Rule, ...]] = {
    "Bundle": (bundles.check_links, bundles.check_entries, bundles.check_search_set, bundles.check_document),
    "CapabilityStatement": (conformance.check_capabilities,),
    "CodeSystem": (terminology.check_code_system,),
    "Questionnaire": (questionnaires.check_conditions,),
    "SearchParameter": (conformance.check_search_parameter,),
    "StructureDefinition": (conformance.check_structure_definition,),
    "ValueSet.compose.include": (terminology.check_include,),
    "ValueSet.compose.include.filter": (terminology.check_filter,),
}

RULES: dict[str, tuple[Rule, ...]] = {
    **_OF_RESOURCE,
    "Coding": (values.check_coding_system, values.check_code_in_system),
    "Extension": (check_extension,),
    "Identifier": (values.check_identifier,),
    "Reference": (references.check_reference,),
    "canonical": (values.check_uri, values.check_canonical, references.check_canonical_target),
    "markdown": (texts.check_markdown,),
    "oid": (values.check_uri,),
    "string": (texts.check_text,),
    "uri": (values.check_uri,),
    "url": (values.check_uri,),
    "uuid": (values.check_uri,),
    "xhtml": (texts.check_links,),
}
"""Type name -> rules, applied to every value of the type."""

RULES |= {
    name: (*_ANY_RESOURCE, *_OF_RESOURCE.get(name, ()))
    for name in sorted(RESOURCE_TYPES)
    if is_subtype(name, "Resource")
}
