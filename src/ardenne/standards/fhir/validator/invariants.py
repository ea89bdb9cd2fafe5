"""Invariants: the FHIRPath constraints of R4 types, evaluated where their elements occur.

Left out, because other checks do them faster: ele-1, ext-1, ref-1, dom-2 to dom-5, txt-1, txt-2.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, Constraint, properties, structure
from ardenne.standards.fhir.path import Expression, FhirPathError, Helpers, compile_typed
from ardenne.standards.fhir.validator.contained import check_unused
from ardenne.standards.fhir.validator.report import Json, Place, Report

CHECKED_ELSEWHERE = frozenset(
    {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "txt-1", "txt-2", "ref-1"}
)


class Invariant(NamedTuple):
    """A constraint and its compiled expression."""

    constraint: Constraint
    expression: Expression


class Scene(NamedTuple):
    """What expressions may refer to: the resource at hand, the outermost one, helpers and severities."""

    resource: Json
    root: Json
    helpers: Helpers
    warnings: bool = False
    undecided_fails: bool = False


_COMPARES = re.compile(r"[<>]").search

# Expressions that R4 published with mistakes, as the technical corrections of later releases have them.
_CORRECTED = {
    "enableWhen.count() > 2 implies enableBehavior.exists()": (
        "enableWhen.count() > 1 implies enableBehavior.exists()"
    ),
    "isModifier implies isModifierReason.exists()": (
        "(isModifier.exists() and isModifier) implies isModifierReason.exists()"
    ),
}


@cache
def invariant(constraint: Constraint) -> Invariant | None:
    """A constraint made ready; None when it has no expression, or one that is no FHIRPath."""
    if constraint.key in CHECKED_ELSEWHERE or not constraint.expression:
        return None
    text = _CORRECTED.get(constraint.expression, constraint.expression)
    try:
        return Invariant(constraint, compile_typed(text, lenient_as=True))
    except FhirPathError:
        return None


@cache
def _of_type(type_name: str) -> tuple[Invariant, ...]:
    return _ready(structure(type_name).root.constraints)


@cache
def _of_element(type_name: str, name: str) -> tuple[Invariant, ...]:
    """Constraints of a property beyond those of its type."""
    prop = properties(type_name)[name]
    own = _of_type(prop.type) if prop.type != "Resource" else ()
    keys = {known.constraint.key for known in own}
    return tuple(found for found in _ready(prop.element.constraints) if found.constraint.key not in keys)


def _ready(constraints: tuple[Constraint, ...]) -> tuple[Invariant, ...]:
    return tuple(found for found in map(invariant, constraints) if found is not None)


def check_invariants(
    resource: Json, report: Report, helpers: Helpers, warnings: bool = False, undecided_fails: bool = False
) -> None:
    """Evaluate all invariants of a structurally readable resource and of those within it.

    `undecided_fails`: a comparison that cannot be decided (a day with an hour of it) counts as failed.
    """
    kind = resource.get("resourceType")
    if type(kind) is str and kind in RESOURCE_TYPES:
        scene = Scene(resource, resource, helpers, warnings, undecided_fails)
        _object(resource, kind, ((), kind), scene, report)


def _object(value: Json, type_name: str, place: Place, scene: Scene, report: Report) -> None:
    for found in _of_type(type_name):
        evaluate(found, value, type_name, place, scene, report)
    if "contained" in value and value is scene.resource:
        check_unused(value, place, report)
    known = properties(type_name)
    for key, content in value.items():
        prop = known.get(key)
        if prop is None:
            continue
        own = _of_element(type_name, key)
        for item, where in _items(content, place, prop.step):
            for found in own:
                evaluate(found, item, prop.type, where, scene, report)
            if type(item) is dict:
                _inner(item, prop.type, where, scene, report)


def _inner(item: Json, type_name: str, place: Place, scene: Scene, report: Report) -> None:
    if type_name != "Resource":
        _object(item, type_name, place, scene, report)
        return
    kind = item.get("resourceType")
    if type(kind) is not str or kind not in RESOURCE_TYPES:
        return
    # Of a contained resource, the outermost one stays %rootResource; an entry of a Bundle stands alone.
    contained = ".contained" in place
    _object(item, kind, place, scene._replace(resource=item, root=scene.root if contained else item), report)


def _items(content: Any, place: Place, step: str) -> Iterator[tuple[Any, Place]]:
    if type(content) is list:
        for index, item in enumerate(content):
            if item is not None:
                yield item, (place, step, index)
    elif content is not None:
        yield content, (place, step)


def evaluate(
    found: Invariant, value: Any, type_name: str, place: Place, scene: Scene, report: Report
) -> None:
    """Note the constraint as failed unless its expression is true or says nothing."""
    constraint = found.constraint
    if constraint.severity != "error" and not scene.warnings:
        return
    try:
        holds = found.expression.test(
            value, type_name, resource=scene.resource, root_resource=scene.root, helpers=scene.helpers
        )
    except FhirPathError as error:
        if scene.warnings:
            message = f"The rule {constraint.key} ('{constraint.human}') could not be evaluated: {error}."
            report.add("invariant", place, message, constraint.key, "information")
        return
    if holds is False or (holds is None and scene.undecided_fails and _COMPARES(constraint.expression)):
        severity = "error" if constraint.severity == "error" else "warning"
        message = f"{constraint.human.rstrip('.')} ({constraint.key}: {constraint.expression})."
        report.add("invariant", place, message, constraint.key, severity)
