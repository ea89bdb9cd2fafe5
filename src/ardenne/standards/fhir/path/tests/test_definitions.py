"""Every expression that R4 itself publishes compiles and passes the static checks."""

from __future__ import annotations

import pytest

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path import FhirPathSemanticError, compile_typed

ERRATA = {"cid-0", "item-subject"}
"""Published with an error: ChargeItemDefinition has no name; the parameter belongs to an extension."""


def test_errata_are_still_found() -> None:
    with pytest.raises(FhirPathSemanticError, match="has no element name"):
        compile_typed("name.matches('[A-Z]')").check("ChargeItemDefinition")


@pytest.mark.parametrize("type_name", sorted(definitions.RESOURCE_TYPES))
def test_invariants_and_search_parameters(type_name: str) -> None:
    for element in definitions.all_elements(type_name):
        types = definitions.content_types(element) if element.name else (type_name,)
        for constraint in element.constraints:
            expression = compile_typed(constraint.expression, lenient_as=True)
            if len(types) == 1 and constraint.key not in ERRATA:
                expression.check(types[0])
    for parameter in definitions.search_parameters(type_name).values():
        if parameter.expression and parameter.code not in ERRATA:
            compile_typed(parameter.expression, lenient_as=True).check(type_name)
