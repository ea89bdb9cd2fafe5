"""Checks of objects, compiled from the definitions: one function per type, made when first needed."""

from collections.abc import Callable
from typing import Any

from ardenne.standards.fhir.definitions import (
    PRIMITIVE_TYPES,
    RESOURCE_TYPES,
    Element,
    content_types,
    is_subtype,
    structure,
)
from ardenne.standards.fhir.validator.contained import (
    check_contained,
    check_local_references,
    note_local_reference,
)
from ardenne.standards.fhir.validator.report import Json, Place, Report, shown, suggestion
from ardenne.standards.fhir.validator.values import (
    Check,
    PropertyCheck,
    array_check,
    coded_check,
    companion_array_check,
    companion_check,
    primitive_array_check,
    primitive_check,
    reference_check,
    single_check,
)

_CHECKS: dict[str, Check] = {}


def type_check(name: str) -> Check:
    """The check for a complex type, nested content ("Observation.component") or resource type."""
    if name == "Resource":
        return check_resource
    if name not in _CHECKS:
        properties: dict[str, PropertyCheck] = {}
        rules = _Rules(name)
        _CHECKS[name] = _object_check(name, properties, rules)  # first, because types contain each other
        _fill(name, properties, rules)
    return _CHECKS[name]


def check_resource(value: Any, place: Place, report: Report) -> None:
    """Any resource, by its resourceType."""
    if type(value) is not dict:
        report.add("structure", place, f"Expected a resource object, found {shown(value)}.", "json-type")
        return
    kind = value.get("resourceType")
    if kind is None:
        message = "The resource does not say what it is. Add the property 'resourceType'."
        report.add("structure", place, message, "resource-type")
    elif type(kind) is not str or kind not in RESOURCE_TYPES:
        message = f"{shown(kind)} is no resource type of R4.{suggestion(str(kind), sorted(RESOURCE_TYPES))}"
        report.add("structure", place, message, "resource-type")
    else:
        type_check(kind)(value, place or ((), kind), report)
        if report.local and ".contained" not in place:
            check_local_references(value, report)


class _Rules:
    """What an object must have besides right properties; filled while its type is compiled."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name
        self.required: list[tuple[str, str]] = []  # name, "_name" or the name again
        self.required_choices: list[tuple[str, frozenset[str]]] = []
        self.choices: dict[str, str] = {}  # JSON property (and its companion) -> property of its value
        self.groups: dict[str, str] = {}  # JSON property of the value -> element name

    def missing(self, value: Json, place: Place, report: Report) -> None:
        for name, companion in self.required:
            if name not in value and companion not in value:
                message = f"The element '{name}' is missing but required. Add it."
                report.add("required", place, message, "cardinality")
        for name, keys in self.required_choices:
            if keys.isdisjoint(value):
                allowed = ", ".join(sorted(key for key in keys if key[0] != "_")[:6])
                message = f"The element '{name}' is missing but required. Add one of {allowed}."
                report.add("required", place, message, "cardinality")

    def doubled(self, value: Json, place: Place, report: Report) -> None:
        """Two types given for one choice."""
        seen: dict[str, str] = {}
        for key in value:
            chosen = self.choices.get(key)
            if chosen is None:
                continue
            first = seen.setdefault(self.groups[chosen], chosen)
            if first != chosen:
                message = (
                    f"'{first}' and '{chosen}' are given, but only one type is allowed. Keep one of them."
                )
                report.add("structure", place, message, "choice")


def _object_check(name: str, properties: dict[str, PropertyCheck], rules: _Rules) -> Check:
    find = properties.get
    is_resource = name in RESOURCE_TYPES
    needs_content = not is_resource and name != "Element"  # beside a value, an id alone is enough
    extra = _EXTRA.get(name)

    def check(value: Any, place: Place, report: Report) -> None:
        if type(value) is not dict:
            report.add("structure", place, f"Expected an object {{...}}, found {shown(value)}.", "json-type")
            return
        for key, content in value.items():
            found = find(key)
            if found is None:
                if not is_resource or key != "resourceType":
                    _unknown(name, key, properties, place, report)
            else:
                found(content, place, report, value)
        if rules.required or rules.required_choices:
            rules.missing(value, place, report)
        if rules.choices and not rules.choices.keys().isdisjoint(value):
            rules.doubled(value, place, report)
        if not value or (needs_content and len(value) == 1 and "id" in value):
            _empty(value, place, report)
        if extra is not None:
            extra(value, place, report)

    return check


def _empty(value: Json, place: Place, report: Report) -> None:
    """ele-1: an element has a value or content; an id alone is neither."""
    found = "has nothing but an id" if value else "is empty"
    report.add("invariant", place, f"The object {found}. Fill it or leave it out.", "ele-1")


def _unknown(name: str, key: str, known: dict[str, PropertyCheck], place: Place, report: Report) -> None:
    names = sorted(known)
    message = f"{name} has no element '{key[:80]}'.{suggestion(key, names) or ' Remove it.'}"
    report.add("structure", place, message, "unknown-element")


def _fill(name: str, properties: dict[str, PropertyCheck], rules: _Rules) -> None:
    for element in structure(name).elements.values():
        for type_name in content_types(element):
            _add_property(element, type_name, properties, rules)
        _require(element, rules)


def _add_property(
    element: Element, type_name: str, properties: dict[str, PropertyCheck], rules: _Rules
) -> None:
    key, step = element.name, f".{element.name}"
    if element.choice:
        base = element.name.removesuffix("[x]")
        key, step = base + type_name[0].upper() + type_name[1:], f".{base}.ofType({type_name})"
        rules.groups[key] = base
        rules.choices[key] = rules.choices["_" + key] = key
    if type_name in PRIMITIVE_TYPES:
        make = primitive_array_check if element.repeats else primitive_check
        properties[key] = make(type_name, element, step, key)
        companion = companion_array_check if element.repeats else companion_check
        properties["_" + key] = companion(type_check("Element"), step)
        return
    check = type_check(type_name)
    if type_name == "Reference":
        check = reference_check(check, element.targets)
    elif element.strength == "required":
        check = coded_check(check, type_name, element.binding)
    properties[key] = array_check(check, step, element) if element.repeats else single_check(check, step)


def _require(element: Element, rules: _Rules) -> None:
    if element.min == 0:
        return
    if element.choice:
        base = element.name.removesuffix("[x]")
        keys = frozenset(key for key, chosen in rules.choices.items() if rules.groups[chosen] == base)
        rules.required_choices.append((base, keys))
    else:
        rules.required.append((element.name, "_" + element.name))


def _extension(value: Json, place: Place, report: Report) -> None:
    """ext-1: a value or further extensions, never both, never neither."""
    has_value = any(key.startswith(("value", "_value")) for key in value)
    if has_value == ("extension" in value):
        found = "both a value and extensions" if has_value else "neither a value nor extensions"
        report.add("invariant", place, f"The extension has {found}. Keep exactly one of them.", "ext-1")


_EXTRA: dict[str, Callable[[Json, Place, Report], None]] = {
    "Extension": _extension,
    "Reference": note_local_reference,
}
_EXTRA |= {name: check_contained for name in RESOURCE_TYPES if is_subtype(name, "DomainResource")}
