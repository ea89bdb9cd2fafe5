"""FHIR XML to the dict of FHIR JSON, as far as inputs of suites need it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lxml import etree

from ardenne.standards.fhir import definitions

_FHIR = "{http://hl7.org/fhir}"
_DIV = "{http://www.w3.org/1999/xhtml}div"


def resource_of_xml(data: bytes) -> dict[str, Any]:
    """The resource in an XML document. Raises ValueError for what is no FHIR XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    return resource_of_element(root)


def resource_of_element(node: etree._Element) -> dict[str, Any]:
    """The resource that the element is."""
    name = etree.QName(node).localname
    return {"resourceType": name, **_content(node, name)}


def _content(node: etree._Element, type_name: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for attribute in ("id", "url"):
        if attribute in node.attrib:
            out[attribute] = node.get(attribute)
    for child in node:
        if not isinstance(child.tag, str):
            continue
        _add(out, child, type_name)
    return out


def _add(out: dict[str, Any], child: etree._Element, type_name: str) -> None:
    key = etree.QName(child).localname
    if child.tag == _DIV:
        out["div"] = etree.tostring(child, encoding="unicode", with_tail=False)
        return
    kind, repeats = _kind(type_name, key)
    extra: dict[str, Any] = {}
    if kind in ("Resource", "DomainResource"):
        value: Any = resource_of_element(child[0])
    elif kind in definitions.PRIMITIVE_TYPES:
        value = _primitive(child.get("value"), kind)
        extra = _content(child, kind)
    else:
        value = _content(child, kind)
    _put(out, key, value, extra, repeats)


def _put(out: dict[str, Any], key: str, value: Any, extra: dict[str, Any], repeats: bool) -> None:
    if not repeats:
        if value is not None:
            out[key] = value
        if extra:
            out["_" + key] = extra
        return
    values = out.setdefault(key, [])
    values.append(value)
    if extra or "_" + key in out:
        extras = out.setdefault("_" + key, [])
        extras.extend([None] * (len(values) - 1 - len(extras)))
        extras.append(extra or None)


def _kind(type_name: str, key: str) -> tuple[str, bool]:
    """The type of a child and whether it repeats; unknown elements count as single texts."""
    try:
        elements = definitions.structure(type_name).elements
    except KeyError:
        return "string", False
    element = elements.get(key)
    if element is not None:
        types = definitions.content_types(element)
        return types[0] if types else "string", element.repeats
    for candidate in elements.values():
        stem = candidate.name[:-3]
        if candidate.choice and key.startswith(stem):
            for kind in candidate.types:
                if key == stem + kind[0].upper() + kind[1:]:
                    return kind, False
    return "string", False


def _primitive(text: str | None, kind: str) -> Any:
    if text is None:
        return None
    match kind:
        case "boolean":
            return {"true": True, "false": False}.get(text, text)
        case "integer" | "unsignedInt" | "positiveInt":
            return int(text) if text.lstrip("+-").isdigit() else text
        case "decimal":
            return Decimal(text)
    return text
