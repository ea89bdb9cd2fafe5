"""Functions that SQL on FHIR v2 adds for ViewDefinitions: keys that join resources."""

from __future__ import annotations

from ..errors import FhirPathExecutionError
from ..nodes import Collection, Element
from ..scope import Scope
from ..syntax import TypeSpecifier
from . import strings
from .registry import function


@function("getResourceKey")
def resource_key(items: Collection) -> Collection:
    """The id by which rows of the resource are joined."""
    found = [item.value for item in items if type(item) is Element and isinstance(item.value, dict)]
    return [value["id"] for value in found if "id" in value]


@function("getReferenceKey", "type", required=0, scoped=True)
def reference_key(scope: Scope, items: Collection, kind: TypeSpecifier | None = None) -> Collection:
    """The key of the resource that a Reference points to; empty for other types than `kind`."""
    out: Collection = []
    for item in items:
        if type(item) is not Element or item.type.name != "Reference" or not isinstance(item.value, dict):
            raise FhirPathExecutionError("getReferenceKey() takes a Reference")
        parts = str(item.value.get("reference", "")).partition("/_history/")[0].split("/")
        if len(parts) >= 2 and parts[-1] and (kind is None or parts[-2] == kind.name):
            out.append(parts[-1])
    return out


def join(items: Collection, separator: str | None = None) -> Collection:
    """As FHIRPath has it, but '' where there is nothing to join."""
    return strings.join(items, separator) or [""]
