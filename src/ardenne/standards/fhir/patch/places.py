"""Where in a resource the elements of a FHIRPath selection stand, so that they can be changed.

FHIRPath Patch allows paths that select elements by name, index and filter (FHIR R4, fhirpatch).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.path import Expression, FhirPathError, compile_typed
from ardenne.standards.fhir.path.compiler import Compiler
from ardenne.standards.fhir.path.nodes import Collection, Element, TypeInfo, root_element, type_info
from ardenne.standards.fhir.path.nodes import type_of_resource as resource_type
from ardenne.standards.fhir.path.scope import NO_HELPERS, Environment, Scope
from ardenne.standards.fhir.path.syntax import Call, Chain, Expr, Indexer, Name, Special

from .errors import Refused

_SELECTING: Final = frozenset(("where", "first", "last", "single", "tail", "skip", "take", "ofType", "as"))


class Place(NamedTuple):
    """One element: `owner[key]`, or `owner[key][at]` in a list. The root has no owner."""

    owner: dict[str, Any] | None
    key: str
    at: int | None
    element: Element


def find(path: str, resource: dict[str, Any]) -> list[Place]:
    """The places that `path` selects in `resource`, in order.

    Raises Refused for a path that does not parse, does not fit the type, or computes instead of
    selecting.
    """
    try:
        expression = compile_typed(path)
        expression.check(str(resource.get("resourceType", "")))
        return _find(expression.tree, resource)
    except FhirPathError as error:
        raise Refused(str(error), malformed=True) from None


def _find(tree: Expr, resource: dict[str, Any]) -> list[Place]:
    root = root_element(resource)
    if not isinstance(root, Element):
        raise Refused("the resource is no JSON object", malformed=True)
    path = [tree.first, *tree.steps] if isinstance(tree, Chain) else [tree]
    last = max((place for place, node in enumerate(path) if isinstance(node, Name)), default=-1)
    if last < 0 or not all(_selects(node) for node in path[last + 1 :]):
        raise Refused("the path must select elements by name, index or where()", malformed=True)
    if last == 0 and root.type.is_a(_name(path[0])):
        return [Place(None, "", None, root)]
    owners = _run([root], path[:last]) if last else [root]
    places = [place for owner in owners for place in _children(owner, _name(path[last]))]
    by_identity = {id(place.element): place for place in places}
    found = _run([place.element for place in places], path[last + 1 :], root)
    return [by_identity[id(element)] for element in found]


def _selects(node: Expr) -> bool:
    return isinstance(node, Indexer) or (isinstance(node, Call) and node.name in _SELECTING)


def _name(node: Expr) -> str:
    return node.name if isinstance(node, Name) else ""


def _run(items: Collection, steps: list[Expr], root: Element | None = None) -> Collection:
    if not steps:
        return items
    if isinstance(steps[0], Name):
        tree: Expr = Chain(0, steps[0], tuple(steps[1:])) if len(steps) > 1 else steps[0]
    else:
        tree = Chain(0, Special(0, "this"), tuple(steps))
    expression = Expression("", tree, Compiler())
    holder = root or items[0]
    return expression.evaluate(items, Scope(Environment(holder, holder, holder, NO_HELPERS, {}, None), {}))


def _children(owner: Any, name: str) -> list[Place]:
    """The places of an element below `owner`, whatever type a choice has."""
    if type(owner) is not Element or not isinstance(owner.value, dict):
        return []
    places = []
    for key, kind in keys(owner.type, name):
        value, extra = owner.value.get(key), owner.value.get("_" + key)
        if isinstance(value, list) or isinstance(extra, list):
            values = value if isinstance(value, list) else []
            extras = extra if isinstance(extra, list) else []
            for index in range(max(len(values), len(extras))):
                one = values[index] if index < len(values) else None
                sibling = extras[index] if index < len(extras) else None
                places.append(Place(owner.value, key, index, _element(one, sibling, kind)))
        elif value is not None or extra is not None:
            places.append(Place(owner.value, key, None, _element(value, extra, kind)))
    return places


def _element(value: Any, extra: Any, kind: str) -> Element:
    info: TypeInfo = type_info(kind)
    if isinstance(value, dict) and kind in ("Resource", "DomainResource"):
        info = resource_type(value)
    return Element(value, info, extra)


def keys(owner: TypeInfo, name: str) -> list[tuple[str, str]]:
    """The JSON properties that the element `name` may have, each with its type."""
    found = definitions.child(owner.name, name)
    if found is None:
        return []
    element, types = found
    if not element.choice:
        return [(name, types[0])]
    return [(name + kind[0].upper() + kind[1:], kind) for kind in types]
