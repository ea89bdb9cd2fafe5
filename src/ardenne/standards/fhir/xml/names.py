"""How the elements of a type are called in XML, and what they are in JSON (FHIR R4, XML; JSON)."""

from functools import cache
from typing import NamedTuple

from ardenne.standards.fhir.definitions import PRIMITIVE_TYPES, RESOURCE_TYPES, content_types, structure

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"


class Property(NamedTuple):
    """One element (one type of a choice): `name` is both the XML element and the JSON property."""

    name: str
    type: str
    position: int  # of the element in its type, for the order that XML asks for
    repeats: bool
    attribute: bool  # id of an element and url of an extension are attributes

    @property
    def primitive(self) -> bool:
        """Whether the value stands in the attribute `value`."""
        return self.type in PRIMITIVE_TYPES and self.type != "xhtml"


@cache
def properties(type_name: str) -> dict[str, Property]:
    """All properties of a type by name, in the order of the definition."""
    found = {}
    for position, element in enumerate(structure(type_name).elements.values()):
        attribute = element.name == "id" and type_name not in RESOURCE_TYPES
        attribute = attribute or (type_name == "Extension" and element.name == "url")
        for kind in content_types(element):
            name = element.name
            if element.choice:
                name = name.removesuffix("[x]") + kind[0].upper() + kind[1:]
            found[name] = Property(name, kind, position, element.repeats, attribute)
    return found
