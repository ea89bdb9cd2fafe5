"""Elements as JSON properties: choices spelt out ("valueQuantity")."""

from functools import cache
from typing import NamedTuple

from ardenne.standards.fhir.definitions.model import Element
from ardenne.standards.fhir.definitions.structures import PRIMITIVE_TYPES, content_types, structure


class Property(NamedTuple):
    """One element with one of its types. `name` is the JSON property and the XML element."""

    name: str
    type: str  # type name, or path of nested content
    element: Element
    position: int  # of the element in its type

    @property
    def repeats(self) -> bool:
        """Whether JSON shows it as an array."""
        return self.element.repeats

    @property
    def primitive(self) -> bool:
        """Whether the value is no object; then `_name` may hold its id and extensions."""
        return self.type in PRIMITIVE_TYPES

    @property
    def step(self) -> str:
        """How FHIRPath reaches it: ".value.ofType(Quantity)" for valueQuantity."""
        if self.element.choice:
            return f".{self.element.name.removesuffix('[x]')}.ofType({self.type})"
        return f".{self.name}"


@cache
def properties(type_name: str) -> dict[str, Property]:
    """The properties of a type by their JSON name, in the order of the definition.

    Raises KeyError when R4 has no such type.
    """
    found = {}
    for position, element in enumerate(structure(type_name).elements.values()):
        for kind in content_types(element):
            name = element.name
            if element.choice:
                name = name.removesuffix("[x]") + kind[0].upper() + kind[1:]
            found[name] = Property(name, kind, element, position)
    return found
