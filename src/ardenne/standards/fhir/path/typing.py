"""Type specifiers: `is`, `as`, `ofType()`, `type()` (FHIRPath N1, Types; FHIR R4, FHIRPath)."""

from __future__ import annotations

from typing import Any, Final

from ardenne.standards.fhir import definitions

from .equality import type_name
from .errors import FhirPathExecutionError, FhirPathSemanticError
from .nodes import UNKNOWN, Collection, Element, Item
from .syntax import Chain, Expr, Name, TypeSpecifier

SYSTEM_TYPES: Final = frozenset(
    ("Any", "Boolean", "Integer", "Long", "Decimal", "String", "Date", "DateTime", "Time", "Quantity")
)
_ABSTRACT: Final = frozenset(("Resource", "DomainResource", "Element", "BackboneElement"))


def is_fhir_type(name: str) -> bool:
    """Whether R4 defines a type of that name."""
    return (
        name in definitions.RESOURCE_TYPES
        or name in definitions.COMPLEX_TYPES
        or name in definitions.PRIMITIVE_TYPES
        or name in _ABSTRACT
    )


def resolved(kind: TypeSpecifier) -> TypeSpecifier:
    """The specifier itself. Raises FhirPathSemanticError when no model has such a type."""
    known = {
        "": is_fhir_type(kind.name) or kind.name in SYSTEM_TYPES,
        "FHIR": is_fhir_type(kind.name),
        "System": True,
    }.get(kind.namespace, False)
    if not known:
        similar = next((n for n in _all_names() if n.lower() == kind.name.lower()), "")
        hint = f"; did you mean {similar}?" if similar else ""
        raise FhirPathSemanticError(f"there is no type {kind}{hint}")
    return kind


def _all_names() -> list[str]:
    names = definitions.RESOURCE_TYPES | definitions.COMPLEX_TYPES | definitions.PRIMITIVE_TYPES
    return sorted(names | SYSTEM_TYPES)


def specifier(node: Expr) -> TypeSpecifier:
    """The type that an argument names: `Quantity`, `FHIR.Patient`."""
    match node:
        case Name(name=name):
            return resolved(TypeSpecifier("", name))
        case Chain(first=Name(name=namespace), steps=(Name(name=name),)):
            return resolved(TypeSpecifier(namespace, name))
    raise FhirPathSemanticError("the argument should be the name of a type, e.g. Quantity or FHIR.Patient")


def _has_type(item: Item, kind: TypeSpecifier) -> bool:
    if type(item) is Element:
        return kind.namespace != "System" and item.type.is_a(kind.name)
    if kind.namespace == "FHIR":
        return False
    return kind.name in (type_name(item), "Any")


def _is_exactly(item: Item, kind: TypeSpecifier) -> bool:
    """For `as` and ofType(): a code is not taken as a string, though it is one by inheritance."""
    if type(item) is Element and item.type.primitive:
        return kind.namespace != "System" and item.type.name == kind.name
    return _has_type(item, kind)


def is_type(items: Collection, kind: TypeSpecifier) -> bool | None:
    """`is`: None for no item. Raises FhirPathExecutionError for several."""
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathExecutionError(f"`is` is asked of one item, not of {len(items)}; use all($this is ...)")
    return _has_type(items[0], kind)


def as_type(items: Collection, kind: TypeSpecifier, lenient: bool = False) -> Collection:
    """`as`: the item when it has the type. Raises FhirPathExecutionError for several items,
    unless `lenient`."""
    if len(items) > 1 and not lenient:
        raise FhirPathExecutionError(f"`as` takes one item, not {len(items)}; use ofType({kind})")
    return of_type(items, kind)


def of_type(items: Collection, kind: TypeSpecifier) -> Collection:
    """The items that have the type."""
    return [item for item in items if _is_exactly(item, kind)]


def type_of(item: Item) -> Element:
    """`type()`: an object with namespace and name."""
    if type(item) is Element:
        names: dict[str, Any] = {"namespace": "FHIR", "name": _reported(item)}
    else:
        names = {"namespace": "System", "name": type_name(item)}
    return Element(names, UNKNOWN, None)


def _reported(item: Element) -> str:
    return "BackboneElement" if item.type.kind == "backbone" else item.type.name
