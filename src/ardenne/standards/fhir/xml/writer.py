"""The JSON form of a resource to FHIR XML."""

import re
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from lxml import etree

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, Property, properties
from ardenne.standards.fhir.xml.names import FHIR, is_attribute
from ardenne.standards.fhir.xml.narrative import stands_alone
from ardenne.standards.refusal import Refused
from ardenne.standards.xml import hardened

Json = dict[str, Any]

# A narrative is written as this processing instruction, which no content can contain, and then replaced
# by its text word for word.
_DEFAULT: Any = {None: FHIR}  # the stubs of lxml do not know the default namespace
_PLACE = "narrative"
_find_place = re.compile(rf"<\?{_PLACE} ([0-9]+)\?>")


def dump(resource: Json, pretty: bool = False) -> bytes:
    """A structurally valid resource as UTF-8 XML, elements in the order of the definition.

    Decimals are written with the digits that they have: give those of `json.parse_exact` to keep them all.
    Raises ValueError when the resource is not valid (validate first: its report is better).
    """
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in RESOURCE_TYPES:
        raise ValueError(f"{kind!r} is no resource type of R4")
    root = etree.Element(f"{{{FHIR}}}{kind}", nsmap=_DEFAULT)
    writer = _Writer()
    try:
        writer.fill(root, resource, kind)
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{kind} is not of its type's shape: {error}") from None
    text = etree.tostring(root, encoding="unicode", pretty_print=pretty)
    text = _find_place.sub(lambda found: writer.narratives[int(found[1])], text)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


class _Writer:
    """Writes one document and keeps its narratives apart."""

    def __init__(self) -> None:
        self.narratives: list[str] = []

    def fill(self, node: etree._Element, content: Json, type_name: str) -> None:
        """The properties of an object as attributes and children of its element."""
        known = properties(type_name)
        unknown = [key for key in content if key.removeprefix("_") not in known and key != "resourceType"]
        if unknown:
            raise ValueError(f"{type_name} has no element {unknown[0]!r}")
        for prop in known.values():
            value, companion = content.get(prop.name), content.get("_" + prop.name)
            if value is None and companion is None:
                continue
            if is_attribute(prop):
                node.set(prop.name, _text(value))
            elif prop.repeats:
                for item, beside in zip_longest(value or (), companion or ()):
                    self.child(node, prop, item, beside)
            else:
                self.child(node, prop, value, companion)

    def child(self, node: etree._Element, prop: Property, value: Any, companion: Json | None) -> None:
        """One element below its parent."""
        if prop.type == "xhtml":
            self.narrative(node, value)
            return
        child = etree.SubElement(node, f"{{{FHIR}}}{prop.name}")
        if prop.primitive:
            if companion is not None:
                self.fill(child, companion, "Element")
            if value is not None:
                child.set("value", _text(value))
        elif prop.type == "Resource":
            kind = value.get("resourceType")
            if not isinstance(kind, str) or kind not in RESOURCE_TYPES:
                raise ValueError(f"{kind!r} is no resource type of R4")
            self.fill(etree.SubElement(child, f"{{{FHIR}}}{kind}"), value, kind)
        else:
            self.fill(child, value, prop.type)

    def narrative(self, node: etree._Element, text: str) -> None:
        """A narrative, word for word when it means the same inside the document."""
        try:
            div = hardened.parse(text.encode())
        except Refused as refused:
            raise ValueError(f"the narrative is no XHTML: {refused}") from None
        if stands_alone(text):
            node.append(etree.ProcessingInstruction(_PLACE, str(len(self.narratives))))
            self.narratives.append(text)
        else:
            node.append(div)


def _text(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no primitive value")
