"""Functions that FHIR R4 adds to FHIRPath (R4, FHIRPath: Additional functions)."""

from __future__ import annotations

from typing import Any

from ardenne.standards.fhir import definitions

from ..equality import system
from ..errors import FhirPathExecutionError
from ..nodes import Collection, Element, Item, root_element
from ..scope import Environment, Scope
from ..xhtml import is_valid_narrative
from .registry import function

_PROFILE_OF_TYPE = "http://hl7.org/fhir/StructureDefinition/"


@function("extension", "text")
def extension(items: Collection, url: str | None) -> Collection:
    """The extensions of that URL."""
    out: Collection = []
    for item in items:
        if type(item) is Element:
            found: Collection = []
            read = item.type.readers["extension"]
            if read is not None:
                read(item, found)
            out.extend(one for one in found if one.value.get("url") == url)
    return out


@function("hasExtension", "text", result="truth")
def has_extension(items: Collection, url: str | None) -> bool:
    """Whether there is an extension of that URL."""
    return bool(extension(items, url))


@function("hasValue", result="truth")
def has_value(items: Collection) -> bool:
    """Whether the item is a single primitive with a value, not only extensions."""
    if len(items) != 1:
        return False
    item = items[0]
    if type(item) is not Element:
        return True
    return item.type.primitive and item.value is not None


@function("getValue")
def get_value(items: Collection) -> Collection:
    """The System value of a single primitive."""
    return [system(items[0])] if has_value(items) else []


@function("resolve", scoped=True)
def resolve(scope: Scope, items: Collection) -> Collection:
    """What references, canonicals and URIs point to; what cannot be found is left out."""
    out: Collection = []
    for item in items:
        reference = _reference(item)
        if reference:
            found = _find(scope.environment, reference)
            if found is not None:
                out.append(root_element(found))
    return out


def _reference(item: Item) -> str:
    value = item.value if type(item) is Element else item
    if isinstance(value, dict):
        value = value.get("reference")
    return value if isinstance(value, str) else ""


def _find(environment: Environment, reference: str) -> dict[str, Any] | None:
    for holder in (environment.resource, environment.root_resource):
        if type(holder) is Element and type(holder.value) is dict:
            found = _inside(holder.value, reference)
            if found is not None:
                return found
    resolver = environment.helpers.resolver
    return None if resolver is None or reference.startswith("#") else resolver(reference)


def _inside(resource: dict[str, Any], reference: str) -> dict[str, Any] | None:
    """A contained resource, or an entry of a bundle by its full URL."""
    if reference == "#":
        return resource
    if reference.startswith("#"):
        return next((c for c in resource.get("contained", ()) if c.get("id") == reference[1:]), None)
    if resource.get("resourceType") != "Bundle":
        return None
    for entry in resource.get("entry", ()):
        target, url = entry.get("resource"), str(entry.get("fullUrl", ""))
        if target and (url == reference or (url.endswith("/" + reference) and ":" not in reference)):
            return dict(target)
    return None


@function("memberOf", "text", result="truth", scoped=True)
def member_of(scope: Scope, items: Collection, value_set: str | None) -> bool | None:
    """Whether a code, Coding or CodeableConcept is in the value set; empty when not known."""
    terminology = scope.environment.helpers.terminology
    if len(items) != 1 or value_set is None:
        return None
    if terminology is None:
        raise FhirPathExecutionError("memberOf() needs a terminology service, and none is at hand here")
    answers = [terminology.member_of(s, c, value_set) for s, c in _codings(items[0])]
    if True in answers:
        return True
    return False if answers and None not in answers else None


def _codings(item: Item) -> list[tuple[str, str]]:
    value = item.value if type(item) is Element else item
    if isinstance(value, str):
        return [("", value)]
    if not isinstance(value, dict):
        return []
    codings = value.get("coding", [value] if "code" in value else [])
    return [(str(c.get("system", "")), str(c["code"])) for c in codings if "code" in c]


@function("subsumes", "collection", result="truth", scoped=True)
def subsumes(scope: Scope, items: Collection, other: Collection) -> bool | None:
    """Whether the input code is the other or an ancestor of it, in one code system."""
    terminology = scope.environment.helpers.terminology
    if len(items) != 1 or len(other) != 1:
        return None
    if terminology is None:
        raise FhirPathExecutionError("subsumes() needs a terminology service, and none is at hand here")
    answers = [
        terminology.subsumes(system_left, left, right)
        for system_left, left in _codings(items[0])
        for system_right, right in _codings(other[0])
        if system_left == system_right
    ]
    if True in answers:
        return True
    return False if answers and None not in answers else None


@function("subsumedBy", "collection", result="truth", scoped=True)
def subsumed_by(scope: Scope, items: Collection, other: Collection) -> bool | None:
    """Whether the other code is the input or an ancestor of it."""
    return subsumes(scope, other, items)


@function("conformsTo", "text", result="truth", scoped=True)
def conforms_to(scope: Scope, items: Collection, profile: str | None) -> bool | None:
    """Whether a resource conforms to a profile. Raises FhirPathExecutionError for an unknown one."""
    if len(items) != 1 or profile is None:
        return None
    item = items[0]
    url = profile.partition("|")[0]
    name = url.removeprefix(_PROFILE_OF_TYPE)
    if name in definitions.RESOURCE_TYPES | definitions.COMPLEX_TYPES | {"Resource", "DomainResource"}:
        return type(item) is Element and item.type.is_a(name)
    check = scope.environment.helpers.profiles
    verdict = check(item.value, profile) if check is not None and type(item) is Element else None
    if verdict is None:
        raise FhirPathExecutionError(f"the profile {profile} is not known here; load it first")
    return verdict


@function("htmlChecks", result="truth")
def html_checks(items: Collection) -> bool | None:
    """Whether a narrative has only the XHTML that FHIR allows (R4, Narrative: txt-1, txt-2)."""
    if len(items) != 1:
        return None
    value = system(items[0])
    return is_valid_narrative(value) if isinstance(value, str) else False


@function("elementDefinition")
def element_definition(items: Collection) -> Collection:
    """Not kept for elements at run time: always empty."""
    return []


@function("checkModifiers", "text", repeating=True)
def check_modifiers(items: Collection, *known: str | None) -> Collection:
    """The items. Raises FhirPathExecutionError for a modifier extension that is not among the known."""
    for item in items:
        value = item.value if type(item) is Element else None
        for extension_ in value.get("modifierExtension", ()) if isinstance(value, dict) else ():
            if extension_.get("url") not in known:
                raise FhirPathExecutionError(
                    f"the modifier extension {extension_.get('url')} is not understood"
                )
    return items
