"""Checks of single properties: closures that know the type, the name and the binding of their element."""

import re
from collections.abc import Callable
from typing import Any

from ardenne.standards.fhir.definitions import (
    RESOURCE_TYPES,
    Element,
    required_code_order,
    required_codes,
    required_concepts,
)
from ardenne.standards.fhir.validator.primitives import CHECKS
from ardenne.standards.fhir.validator.report import Json, Place, Report, shown, suggestion

Check = Callable[[Any, Place, Report], None]
"""Check of a value at its own place."""
PropertyCheck = Callable[[Any, Place, Report, Json], None]
"""Check of a property: content, place of the object it belongs to, report, that object."""

_CURRENCIES = "http://hl7.org/fhir/ValueSet/currencies"  # ISO 4217, not listed in R4
_is_currency = re.compile(r"[A-Z]{3}").fullmatch


def single_check(check: Check, step: str) -> PropertyCheck:
    """An element that occurs at most once."""

    def single(content: Any, place: Place, report: Report, owner: Json) -> None:
        if type(content) is list:
            message = f"Found an array, but '{_name(step)}' occurs at most once. Write its value without [ ]."
            report.add("structure", (place, step), message, "json-type")
        else:
            check(content, (place, step), report)

    return single


def array_check(check: Check, step: str, element: Element) -> PropertyCheck:
    """An element that may repeat."""
    most = element.max

    def array(content: Any, place: Place, report: Report, owner: Json) -> None:
        if type(content) is not list or not content:
            _no_array(content, place, step, report)
            return
        if most is not None and len(content) > most:
            _too_many(content, most, place, step, report)
        for index, item in enumerate(content):
            check(item, (place, step, index), report)

    return array


def primitive_check(type_name: str, element: Element, step: str, key: str) -> PropertyCheck:
    """A primitive element that occurs at most once."""
    problem = CHECKS[type_name]
    codes = _codes(type_name, element)

    if codes is not None:

        def code(content: Any, place: Place, report: Report, owner: Json) -> None:
            if type(content) is not str or content not in codes:
                _wrong_code(content, element, (place, step), report)

        return code

    if element.binding == _CURRENCIES:
        problem = _currency

    def single(content: Any, place: Place, report: Report, owner: Json) -> None:
        reason = problem(content)
        if reason:
            _wrong_value(content, type_name, reason, (place, step), report)

    return single


def primitive_array_check(type_name: str, element: Element, step: str, key: str) -> PropertyCheck:
    """A primitive element that may repeat: nulls stand for values that only have an id or extensions."""
    problem = CHECKS[type_name]
    codes = _codes(type_name, element)
    companion = "_" + key

    def array(content: Any, place: Place, report: Report, owner: Json) -> None:
        if type(content) is not list or not content:
            _no_array(content, place, step, report)
            return
        if element.max is not None and len(content) > element.max:
            _too_many(content, element.max, place, step, report)
        for index, item in enumerate(content):
            if item is None:
                if not _has_item(owner.get(companion), index):
                    _unpaired_null(key, (place, step, index), report)
            elif codes is not None:
                if type(item) is not str or item not in codes:
                    _wrong_code(item, element, (place, step, index), report)
            else:
                reason = problem(item)
                if reason:
                    _wrong_value(item, type_name, reason, (place, step, index), report)

    return array


def companion_check(check: Check, step: str) -> PropertyCheck:
    """`_birthDate` of `birthDate`: id and extensions; without a value, the id alone is not enough (ele-1)."""
    inner = single_check(check, step)
    key = _json_name(step)

    def companion(content: Any, place: Place, report: Report, owner: Json) -> None:
        inner(content, place, report, owner)
        if key not in owner and type(content) is dict and content.keys() == {"id"}:
            _only_an_id((place, step), report)

    return companion


def _only_an_id(place: Place, report: Report) -> None:
    message = "There is neither a value nor an extension, only an id. Fill it or leave it out."
    report.add("invariant", place, message, "ele-1")


def companion_array_check(check: Check, step: str) -> PropertyCheck:
    """`_given` of `given`: ids and extensions by position, null where there are none."""
    key = _name(step)

    def array(content: Any, place: Place, report: Report, owner: Json) -> None:
        if type(content) is not list or not content:
            _no_array(content, place, step, report)
            return
        for index, item in enumerate(content):
            if item is not None:
                check(item, (place, step, index), report)
                if type(item) is dict and item.keys() == {"id"} and not _has_item(owner.get(key), index):
                    _only_an_id((place, step, index), report)
            elif not _has_item(owner.get(key), index):
                _unpaired_null(key, (place, step, index), report)

    return array


def reference_check(check: Check, targets: tuple[str, ...]) -> Check:
    """A Reference whose literal must point to one of the allowed types, as far as that is visible."""
    allowed = frozenset(targets)
    if not allowed or "Resource" in allowed:
        return check

    def reference(value: Any, place: Place, report: Report) -> None:
        check(value, place, report)
        if type(value) is dict:
            literal = value.get("reference")
            if type(literal) is str:
                parts = literal.partition("/_history/")[0].rsplit("/", 2)
                if len(parts) > 1 and parts[-2] not in allowed and parts[-2] in RESOURCE_TYPES:
                    _wrong_target(literal, allowed, place, report)

    return reference


def coded_check(check: Check, type_name: str, value_set: str) -> Check:
    """A CodeableConcept or Coding whose binding is required: a coding must be of the value set."""
    concepts = required_concepts(value_set)
    if concepts is None or type_name not in ("CodeableConcept", "Coding"):
        return check

    def coded(value: Any, place: Place, report: Report) -> None:
        check(value, place, report)
        if type(value) is not dict:
            return
        codings = value.get("coding") if type_name == "CodeableConcept" else [value]
        codings = codings if type(codings) is list else []
        pairs = [(c.get("system"), c.get("code")) for c in codings if type(c) is dict]
        if not any(_hashable(pair) and pair in concepts for pair in pairs):
            listed = ", ".join(required_code_order(value_set)[:12])
            message = f"None of its codes is of the required value set {value_set}. Use one of: {listed}."
            report.add("code-invalid", place, message, "binding")

    return coded


def _hashable(pair: tuple[object, object]) -> bool:
    return isinstance(pair[0], str) and isinstance(pair[1], str)


def _codes(type_name: str, element: Element) -> frozenset[str] | None:
    if type_name != "code" or element.strength != "required":
        return None
    return required_codes(element.binding)


def _currency(value: object) -> str:
    if type(value) is str and _is_currency(value):
        return ""
    return "write the three letters of ISO 4217, for example EUR"


def _has_item(companion: Any, index: int) -> bool:
    """Whether the other array has something there; a companion of wrong shape is a problem of its own."""
    if companion is None:
        return False
    if type(companion) is not list or not companion:
        return True
    return index < len(companion) and companion[index] is not None


def _json_name(step: str) -> str:
    """The JSON property of a step: "valueString" of ".value.ofType(string)"."""
    base, _, kind = step[1:].partition(".ofType(")
    return base + kind[:1].upper() + kind[1:-1]


def _name(step: str) -> str:
    return step[1:].partition(".")[0]


def _wrong_value(content: Any, type_name: str, reason: str, place: Place, report: Report) -> None:
    if type(content) is list:
        message = f"Found an array, but the element occurs at most once. Write one {type_name} without [ ]."
        report.add("structure", place, message, "json-type")
        return
    message = f"{shown(content)[:1].upper()}{shown(content)[1:]} is no valid {type_name}: {reason}."
    report.add("value", place, message, f"type-{type_name}")


def _wrong_code(content: Any, element: Element, place: Place, report: Report) -> None:
    if type(content) is not str:
        _wrong_value(content, "code", "write it as a JSON string", place, report)
        return
    order = required_code_order(element.binding)
    listed = ", ".join(order[:12]) + (f" ({len(order) - 12} more)" if len(order) > 12 else "")
    hint = suggestion(content, list(order)) or f" Use one of: {listed}."
    message = f"{shown(content)} is not in the required value set {element.binding}.{hint}"
    report.add("code-invalid", place, message, "binding")


def _no_array(content: Any, place: Place, step: str, report: Report) -> None:
    if content == []:
        message = "The array is empty. Fill it or leave it out."
        report.add("invariant", (place, step), message, "ele-1")
    else:
        message = f"Expected an array, found {shown(content)}. Put the value in [ ]."
        report.add("structure", (place, step), message, "json-type")


def _too_many(content: list[Any], most: int, place: Place, step: str, report: Report) -> None:
    message = f"Found {len(content)} values, at most {most} are allowed. Remove the others."
    report.add("structure", (place, step), message, "cardinality")


def _unpaired_null(key: str, place: Place, report: Report) -> None:
    message = f"null is only allowed where '{key}' or '_{key}' has something at the same position. Remove it."
    report.add("structure", place, message, "null-alignment")


def _wrong_target(literal: str, allowed: frozenset[str], place: Place, report: Report) -> None:
    listed = ", ".join(sorted(allowed))
    message = f"{shown(literal)} points to a type that is not allowed here. Point to one of: {listed}."
    report.add("structure", place, message, "reference-target")
