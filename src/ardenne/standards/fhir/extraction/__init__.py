"""What a resource offers to search: values of all R4 search parameters in one pass."""

from typing import Any

from ardenne.standards.fhir.extraction.aliases import Source, alias
from ardenne.standards.fhir.extraction.compiler import component_parameters, extractor, is_nested
from ardenne.standards.fhir.extraction.custom import Custom, CustomParameterError, extract_custom
from ardenne.standards.fhir.extraction.custom import read as read_custom
from ardenne.standards.fhir.extraction.owners import main_date, owner, owner_params
from ardenne.standards.fhir.extraction.values import Values

__all__ = [
    "Custom",
    "CustomParameterError",
    "Source",
    "Values",
    "alias",
    "component_parameters",
    "extract",
    "extract_custom",
    "is_nested",
    "main_date",
    "owner",
    "owner_params",
    "read_custom",
]


def extract(resource: dict[str, Any]) -> Values:
    """The searchable values of a structurally valid resource (see `validator`).

    Raises KeyError for an unknown resource type and ValueError when the content has not the shape of its
    type (validate first: its report is better).
    """
    kind = resource["resourceType"]
    try:
        return extractor(kind)(resource, Values(), resource)
    except (AttributeError, TypeError, IndexError) as error:
        raise ValueError(f"{kind}/{resource.get('id', '')} is not of its type's shape: {error}") from None
