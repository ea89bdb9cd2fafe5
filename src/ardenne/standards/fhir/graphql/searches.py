"""Arguments of a search as FHIR search parameters (FHIR R4, GraphQL: Searching resources)."""

from __future__ import annotations

from typing import Any, Final

from ardenne.standards.fhir import definitions

from .errors import GraphQLError
from .syntax import Field

_GENERAL: Final = frozenset(
    (
        "_count",
        "_offset",
        "_sort",
        "_filter",
        "_total",
        "_text",
        "_content",
        "_list",
        "_id",
        "_has",
        "_lastUpdated",
    )
)


def parameter_code(field: Field, resource_type: str, name: str) -> str:
    """The search parameter behind an argument: clinical_status is clinical-status.

    Raises GraphQLError when the type has none.
    """
    known = definitions.search_parameters(resource_type)
    if name in known or name in _GENERAL:
        return name
    found = next((code for code in known if code.replace("-", "_") == name), "")
    if not found:
        raise GraphQLError(f"{resource_type} has no search parameter {name}.", *field.at)
    return found


def parameters_of(field: Field, resource_type: str, arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """(parameter, value) for every argument; the values of an array are alternatives."""
    found: list[tuple[str, str]] = []
    for name, value in arguments.items():
        if value is None:
            continue
        code = "_id" if name == "id" else parameter_code(field, resource_type, name)
        values = value if isinstance(value, list) else [value]
        if any(isinstance(one, (dict, list)) for one in values):
            raise GraphQLError(f"The argument {name} takes a value or an array of values.", *field.at)
        found.append((code, ",".join(_text(one, code) for one in values)))
    return found


def _text(value: Any, code: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if code in ("_filter", "_sort") else text.replace(",", "\\,")


def reference_parameter(
    field: Field, resource_type: str, name: Any, resource: dict[str, Any]
) -> tuple[str, str]:
    """The search for resources that point to `resource` by the parameter `name`."""
    if not isinstance(name, str):
        raise GraphQLError("_reference names a search parameter, e.g. patient.", *field.at)
    code = parameter_code(field, resource_type, name)
    parameter = definitions.search_parameters(resource_type).get(code)
    if parameter is None or parameter.type != "reference":
        raise GraphQLError(f"{resource_type} has no reference parameter {name}.", *field.at)
    if "id" not in resource:
        raise GraphQLError(f"{field.name} needs a resource with an id.", *field.at)
    return code, f"{resource.get('resourceType')}/{resource['id']}"
