"""Whether a value set has a concept, whichever version of it."""

from __future__ import annotations

from ardenne.standards.fhir.terminology.compose import Definition, Include
from ardenne.standards.fhir.terminology.concepts import Concept
from ardenne.standards.fhir.terminology.messages import refusal
from ardenne.standards.fhir.terminology.scope import Scope
from ardenne.standards.fhir.terminology.system import Filter, System, UnknownFilter


def holds(scope: Scope, definition: Definition, system: System, concept: Concept) -> bool:
    """Whether the value set has the concept. Raises TerminologyError."""
    if concept.inactive and not definition.inactive:
        return False
    if not any(part_holds(scope, part, system, concept) for part in definition.includes):
        return False
    return not is_excluded(scope, definition, system, concept)


def is_excluded(scope: Scope, definition: Definition, system: System, concept: Concept) -> bool:
    """Whether an exclude of the value set has the concept."""
    return any(part_holds(scope, part, system, concept) for part in definition.excludes)


def part_holds(scope: Scope, part: Include, system: System, concept: Concept) -> bool:
    """Whether an include or exclude has the concept."""
    if part.system and not _from_system(scope, part, system, concept):
        return False
    return not part.missing and all(holds(scope, each, system, concept) for each in part.imports)


def _from_system(scope: Scope, part: Include, system: System, concept: Concept) -> bool:
    if part.system != system.url:
        return False
    own = system
    if part.version and part.version != system.version:
        chosen = scope.choose(part.system, part.version, system.version).system
        if chosen is None:
            return False
        own = chosen
    if part.concepts is not None:
        return concept.code in part.concepts
    found = concept if own is system else own.find(concept.code)
    return found is not None and passes(own, found, part.filters)


def passes(system: System, concept: Concept, filters: tuple[Filter, ...]) -> bool:
    """Whether a concept passes the filters of an include. Raises TerminologyError."""
    if not filters:
        return True
    try:
        return system.passes(concept, filters)
    except UnknownFilter as error:
        raise not_understood(system.url, filters, error) from None


def not_understood(url: str, filters: tuple[Filter, ...], error: UnknownFilter) -> Exception:
    """The refusal of a filter."""
    first = filters[0]
    return refusal("filter-unknown", url, first.property, first.operator, first.value[:200], error)
