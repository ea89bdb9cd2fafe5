"""Answers and metadata as elements of XML; what metadata look like as ebRIM says ``texts``."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from ardenne.standards.xds import names, texts
from ardenne.standards.xds.errors import RegistryError
from ardenne.standards.xds.texts import NAMESPACES
from ardenne.standards.xds.values import Metadata

_ANY = "any"
_RS = f"{{{names.RS}}}"


def element(tag: str, **attributes: str) -> etree._Element:
    """Return an element with the usual prefixes."""
    return etree.Element(tag, attributes, nsmap=NAMESPACES)


def registry_object(parent: etree._Element, found: Metadata) -> None:
    """Append a document entry, submission set or folder."""
    opening = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
    parent.append(etree.fromstring(f"<{_ANY} {opening}>{texts.registry_object(found)}</{_ANY}>")[0])


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
