"""Rules about references: what they lead to (FHIR R4, References; Bundle, 2.36.4)."""

from ardenne.standards.fhir import definitions
from ardenne.standards.fhir.profiles.resolution import restful
from ardenne.standards.fhir.profiles.state import State, text_of
from ardenne.standards.fhir.profiles.walk import Visit
from ardenne.standards.fhir.validator.report import shown


def check_reference(visit: Visit, state: State) -> None:
    """A literal reference: found, unambiguous, and of the type that it says."""
    literal = text_of(visit.value.get("reference")) if type(visit.value) is dict else ""
    if not literal or literal[0] == "#":
        return
    matches = state.resolution.matches(literal, visit.resource)
    if len(matches) > 1:
        message = f"{shown(literal)} means {len(matches)} entries of the Bundle. Name the version or make it unique."
        state.add(visit, "structure", message, "reference-ambiguous")
        return
    target = state.resolution.find(literal, visit.resource)
    if target is None:
        if state.options.references_exist and not literal.startswith("urn:"):
            message = (
                f"{shown(literal)} leads to nothing that is known here. Correct it or send what it means."
            )
            state.add(visit, "not-found", message, "reference-missing")
        return
    kind = str(target.get("resourceType", ""))
    said = restful(literal)
    if said is not None and said["type"] in definitions.RESOURCE_TYPES and said["type"] != kind:
        message = f"{shown(literal)} leads to a {kind}. Correct the type in the reference."
        state.add(visit, "structure", message, "reference-type")
        return
    allowed = visit.element.targets if visit.element is not None else ()
    if allowed and "Resource" not in allowed and kind not in allowed:
        message = f"{shown(literal)} leads to a {kind}. Point to one of: {', '.join(allowed)}."
        state.add(visit, "structure", message, "reference-target")


def check_canonical_target(visit: Visit, state: State) -> None:
    """A canonical of something that is known here leads to a resource of an allowed type."""
    url = text_of(visit.value).partition("|")[0].partition("#")[0]
    allowed = visit.element.targets if visit.element is not None else ()
    if not url or not allowed or "Resource" in allowed:
        return
    kind = definitions.published_type(url)
    if not kind and state.context.resolve is not None:
        found = state.context.resolve(url)
        kind = str(found.get("resourceType", "")) if found else ""
    if kind and kind not in allowed:
        message = f"{shown(url)} is a {kind}. Name one of: {', '.join(allowed)}."
        state.add(visit, "structure", message, "canonical-target")
