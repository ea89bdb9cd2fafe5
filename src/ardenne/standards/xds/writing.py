"""Metadata values into ebRIM 3.0, in the order that its schema asks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from lxml import etree

from ardenne.standards.xds import names
from ardenne.standards.xds.errors import RegistryError
from ardenne.standards.xds.values import Association, Author, Coded, Metadata

NAMESPACES = {"rim": names.RIM, "rs": names.RS, "query": names.QUERY, "xds": names.XDSB, "lcm": names.LCM}
_RIM = f"{{{names.RIM}}}"
_RS = f"{{{names.RS}}}"


def element(tag: str, **attributes: str) -> etree._Element:
    """Return an element with the usual prefixes."""
    return etree.Element(tag, attributes, nsmap=NAMESPACES)


def registry_object(parent: etree._Element, found: Metadata) -> None:
    """Append a document entry, submission set or folder."""
    is_document = found.kind is names.DOCUMENT
    node = etree.SubElement(parent, f"{_RIM}{'ExtrinsicObject' if is_document else 'RegistryPackage'}")
    node.set("id", found.id)
    node.set("lid", found.logical_id or found.id)
    node.set("objectType", found.object_type if is_document else names.PACKAGE_TYPE)
    node.set("status", found.status)
    if found.home:
        node.set("home", found.home)
    if is_document:
        node.set("mimeType", found.mime_type)
    _slots(node, found.slots)
    _words(node, "Name", found.title)
    _words(node, "Description", found.comments)
    etree.SubElement(node, f"{_RIM}VersionInfo").set("versionName", found.version or "1")
    for author in found.authors:
        _author(node, found, author)
    for name, codes in found.codes.items():
        for code in codes:
            _coded(node, found.id, found.kind.codes.get(name, name), code)
    if found.kind.node:
        mark = _classification(node, found.id)
        mark.set("classificationNode", found.kind.node)
    for name, value in found.identifiers.items():
        one = etree.SubElement(node, f"{_RIM}ExternalIdentifier")
        one.set("id", _new())
        one.set("registryObject", found.id)
        one.set("identificationScheme", found.kind.identifiers.get(name, name))
        one.set("value", value)
        _words(one, "Name", f"{found.kind.name}.{name}")


def association(parent: etree._Element, found: Association, home: str = "") -> None:
    """Append an association."""
    node = etree.SubElement(parent, f"{_RIM}Association")
    node.set("id", found.id)
    node.set("lid", found.id)
    node.set("objectType", names.ASSOCIATION_TYPE)
    node.set("status", found.status)
    node.set("associationType", found.type)
    node.set("sourceObject", found.source)
    node.set("targetObject", found.target)
    if home:
        node.set("home", home)
    _slots(node, found.slots)
    etree.SubElement(node, f"{_RIM}VersionInfo").set("versionName", "1")
    for code in found.documentation:
        _coded(node, found.id, "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3", code)


def reference(parent: etree._Element, object_id: str, home: str = "") -> None:
    """Append an ObjectRef."""
    node = etree.SubElement(parent, f"{_RIM}ObjectRef", {"id": object_id})
    if home:
        node.set("home", home)


def errors(parent: etree._Element, found: Iterable[RegistryError], where: str) -> None:
    """Append the RegistryErrorList of errors and warnings. ``where`` names this actor (location)."""
    listed = list(found)
    if not listed:
        return
    node = etree.SubElement(parent, f"{_RS}RegistryErrorList")
    worst = "Warning" if all(one.warning for one in listed) else "Error"
    node.set("highestSeverity", f"{names.SEVERITY}{worst}")
    for one in listed:
        error = etree.SubElement(node, f"{_RS}RegistryError")
        error.set("errorCode", one.code)
        error.set("codeContext", one.context)
        error.set("severity", f"{names.SEVERITY}{'Warning' if one.warning else 'Error'}")
        error.set("location", f"{where} {one.location}".strip())


def registry_response(status: str, found: Iterable[RegistryError] = (), where: str = "") -> etree._Element:
    """Return a rs:RegistryResponse."""
    node = element(f"{_RS}RegistryResponse", status=status)
    errors(node, found, where)
    return node


def _slots(parent: etree._Element, slots: Mapping[str, tuple[str, ...]]) -> None:
    for name, values in slots.items():
        slot = etree.SubElement(parent, f"{_RIM}Slot", {"name": name})
        listed = etree.SubElement(slot, f"{_RIM}ValueList")
        for value in values:
            etree.SubElement(listed, f"{_RIM}Value").text = value


def _words(parent: etree._Element, name: str, text: str) -> None:
    if text:
        node = etree.SubElement(parent, f"{_RIM}{name}")
        etree.SubElement(node, f"{_RIM}LocalizedString", {"charset": "UTF-8", "value": text})


def _classification(parent: etree._Element, classified: str) -> etree._Element:
    node = etree.SubElement(parent, f"{_RIM}Classification")
    node.set("id", _new())
    node.set("classifiedObject", classified)
    return node


def _author(parent: etree._Element, found: Metadata, author: Author) -> None:
    node = _classification(parent, found.id)
    node.set("classificationScheme", found.kind.author)
    node.set("nodeRepresentation", "")
    _slots(node, author.slots)


def _coded(parent: etree._Element, classified: str, scheme: str, code: Coded) -> None:
    node = _classification(parent, classified)
    node.set("classificationScheme", scheme)
    node.set("nodeRepresentation", code.code)
    _slots(node, {names.CODING_SCHEME: (code.scheme,)})
    _words(node, "Name", code.display)


def _new() -> str:
    """Return a new id: a UUID of version 4 (RFC 9562, 5.4); an answer holds thousands of them."""
    text = os.urandom(16).hex()
    return f"urn:uuid:{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
