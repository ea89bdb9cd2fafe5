"""What of a type is an attribute in XML (FHIR R4, XML)."""

from ardenne.standards.fhir.definitions import Property

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"


def is_attribute(prop: Property) -> bool:
    """The id of an element and the url of an extension are attributes; the id of a resource is an element."""
    return (prop.name == "id" and prop.type == "string") or prop.element.path == "Extension.url"
