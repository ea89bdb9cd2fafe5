"""Value types of the definitions."""

from collections.abc import Mapping

import msgspec


class Constraint(msgspec.Struct, frozen=True):
    """An invariant of an element; `expression` is FHIRPath, relative to the element."""

    key: str
    severity: str  # "error" or "warning"
    human: str
    expression: str


class Element(msgspec.Struct, frozen=True):
    """One element of a type, as in the snapshot of its StructureDefinition."""

    path: str  # "Observation.value[x]"
    name: str  # "value[x]"; "" for the root of a type
    min: int
    max: int | None  # None: any number
    types: tuple[str, ...]  # FHIR type names; "BackboneElement" or "Element" for nested content
    targets: tuple[str, ...]  # types that a Reference or canonical may point to; "Resource" for any
    content: str  # path whose content is reused here, or ""
    summary: bool
    modifier: bool
    binding: str  # URL of the value set without version, or ""
    strength: str  # "required", "extensible", "preferred", "example" or ""
    constraints: tuple[Constraint, ...]
    profiles: tuple[str, ...] = ()  # URLs of profiles of the type, e.g. SimpleQuantity

    @property
    def repeats(self) -> bool:
        """Whether JSON shows it as an array."""
        return self.max is None or self.max > 1

    @property
    def choice(self) -> bool:
        """Whether the JSON property carries the type in its name (`valueQuantity`)."""
        return self.name.endswith("[x]")


class Structure(msgspec.Struct, frozen=True):
    """A type ("Patient", "HumanName", "code") or nested content of one ("Observation.component")."""

    name: str
    kind: str  # "resource", "complex-type", "primitive-type" or "backbone"
    base: str  # "" for Element and Resource
    abstract: bool
    root: Element
    elements: dict[str, Element]  # by name, in the order of the definition


class SearchParameter(msgspec.Struct, frozen=True):
    """A search parameter as it applies to one base type."""

    url: str
    code: str
    type: str  # number, date, string, token, reference, composite, quantity, uri, special
    expression: str  # FHIRPath, only the parts for the base type; "" when the parameter is no path
    targets: tuple[str, ...]
    components: tuple[tuple[str, str], ...]  # (URL of the parameter, expression) of a composite
    modifiers: tuple[str, ...]
    comparators: tuple[str, ...]


Compartment = Mapping[str, tuple[str, ...]]
