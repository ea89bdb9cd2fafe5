"""Rules about conformance resources (FHIR R4, SearchParameter, CapabilityStatement, StructureDefinition)."""

from typing import Any

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.definitions import RESOURCE_TYPES, is_subtype
from ardenne.standards.fhir.path import FhirPathError, compile_typed
from ardenne.standards.fhir.profiles.rules.values import is_absolute
from ardenne.standards.fhir.profiles.snapshot import SnapshotError, snapshot
from ardenne.standards.fhir.profiles.state import State, text_of
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import shown

_COMMITTEE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-wg"
_CANONICAL = frozenset(
    name
    for name in RESOURCE_TYPES
    if {"url", "status", "version"} <= definitions.structure(name).elements.keys()
)


def check_canonical_resource(visit: Visit, state: State) -> None:
    """The url of a canonical resource is absolute; what HL7 publishes names its committee."""
    if visit.type not in _CANONICAL:
        return
    url = text_of(visit.value.get("url"))
    if url and not is_absolute(url):
        message = f"The url {shown(url)} is not absolute. Write the whole URL."
        state.report.add("value", (visit.place, ".url"), message, "canonical")
    if not state.options.experimental and visit.value.get("experimental") is True:
        message = "Experimental content is not allowed here."
        state.add(visit, "business-rule", message, "experimental")
    if state.options.publication and url.startswith("http://hl7.org/fhir/"):
        extensions = visit.value.get("extension")
        named = {
            e.get("url") for e in (extensions if isinstance(extensions, list) else ()) if isinstance(e, dict)
        }
        if _COMMITTEE not in named:
            message = f"What HL7 publishes names the owning committee. Add the extension {_COMMITTEE}."
            state.add(visit, "business-rule", message, "publication")


def check_search_parameter(visit: Visit, state: State) -> None:
    """Components of composites, the expression on each base, and what it is derived from."""
    resource = visit.value
    components = resource.get("component")
    if resource.get("type") == "composite" and len(components if isinstance(components, list) else ()) < 2:
        message = "A composite search parameter has two or more components. Add them."
        state.add(visit, "business-rule", message, "search-components")
    bases = resource.get("base")
    named = [base for base in (bases if isinstance(bases, list) else ()) if isinstance(base, str)]
    expression = text_of(resource.get("expression"))
    if expression and named:
        _check_expression(expression, named, visit, state)
    parent = definitions.search_parameter(text_of(resource.get("derivedFrom")))
    for base in named if parent is not None else ():
        if (
            parent is not None
            and base not in parent.get("base", [])
            and "Resource" not in parent.get("base", [])
        ):
            message = f"{base} is no base of {parent['url']}, which this is derived from."
            state.add(visit, "business-rule", message, "search-base")


def _check_expression(expression: str, bases: list[str], visit: Visit, state: State) -> None:
    try:
        compiled = compile_typed(expression, lenient_as=True)
    except FhirPathError as error:
        state.report.add(
            "value", (visit.place, ".expression"), f"The expression is no FHIRPath: {error}.", "expression"
        )
        return
    problems = []
    for base in bases:
        try:
            compiled.check(base if base in RESOURCE_TYPES else "")
            return
        except FhirPathError as error:
            problems.append(str(error))
    message = f"The expression fits none of the bases {', '.join(bases)}: {problems[0]}."
    state.report.add("value", (visit.place, ".expression"), message, "expression")


def check_capabilities(visit: Visit, state: State) -> None:
    """Search parameters that name a definition have its type."""
    for rest_index, rest in enumerate(_objects(visit.value.get("rest"))):
        for index, resource in enumerate(_objects(rest.get("resource"))):
            for number, parameter in enumerate(_objects(resource.get("searchParam"))):
                known = definitions.search_parameter(text_of(parameter.get("definition")).partition("|")[0])
                if known is not None and parameter.get("type") != known["type"]:
                    place = (((visit.place, ".rest", rest_index), ".resource", index), ".searchParam", number)
                    message = (
                        f"{known['url']} is of type {known['type']}, not {shown(parameter.get('type'))}."
                    )
                    state.report.add("business-rule", place, message, "search-type")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def check_structure_definition(visit: Visit, state: State) -> None:
    """The differential fits its base, and profiles of types are for these types."""
    resource = visit.value
    if resource.get("derivation") == "constraint" and "differential" in resource:
        without = {key: value for key, value in resource.items() if key != "snapshot"}
        try:
            snapshot(without, state.context.structure)
        except SnapshotError as error:
            message = f"No snapshot can be made: {error}."
            state.add(visit, "processing", message, "snapshot")
        except (KeyError, TypeError, AttributeError, IndexError):
            state.add(
                visit, "processing", "No snapshot can be made: the differential is incomplete.", "snapshot"
            )
    differential = resource.get("differential")
    elements = differential.get("element") if isinstance(differential, dict) else None
    for index, element in enumerate(_objects(elements)):
        for number, entry in enumerate(_objects(element.get("type"))):
            _check_type(entry, index, number, visit, state)


def _check_type(entry: dict[str, Any], index: int, number: int, visit: Visit, state: State) -> None:
    profiles = entry.get("profile")
    for url in profiles if isinstance(profiles, list) else ():
        definition = state.context.structure(url) if isinstance(url, str) else None
        code = text_of(entry.get("code"))
        if definition is None or not code:
            continue
        profiled = text_of(definition.get("type"))
        specialisation = definition.get("derivation") == "specialization"
        abstract = code in ("Resource", "DomainResource")
        if (specialisation and profiled != code and not abstract) or not is_subtype(profiled, code):
            place = (((visit.place, ".differential"), ".element", index), ".type", number)
            message = f"The profile {url} is for {profiled}, but the type of the element is {code}."
            state.report.add("business-rule", place, message, "type-profile")
