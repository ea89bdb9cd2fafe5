"""Write a CDA R2 document from values: header, then narrative with coded entries (level 3), or a file (level 1).

Meant for our own documents and for tests: `entries(read(write(header, sections)))` gives the facts
back. The narrative is made from the facts, so that both always say the same.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from lxml import etree

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import parties
from ardenne.standards.cda.elements import CDA
from ardenne.standards.cda.facts import Entry
from ardenne.standards.cda.write_entries import XSI, entry, row_of
from ardenne.standards.timestamps import Timestamp

_TYPE_ID = {"root": "2.16.840.1.113883.1.3", "extension": "POCD_HD000040"}
_CONFIDENTIALITY = "2.16.840.1.113883.5.25"
_GENDER = "2.16.840.1.113883.5.1"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the body. `confidentiality` is N, R or V."""

    identifier: dt.Identifier
    code: dt.Code
    title: str
    time: Timestamp
    patient: parties.Patient
    author: parties.Party
    custodian: parties.Organization
    language: str = "en"
    confidentiality: str = "N"
    set_identifier: dt.Identifier | None = None
    version: int = 1
    replaces: dt.Identifier | None = None


class WrittenSection(msgspec.Struct, frozen=True, kw_only=True):
    """One section: paragraphs, then a table of the facts with the given heads (what, when, detail)."""

    code: dt.Code
    title: str
    facts: tuple[Entry, ...] = ()
    paragraphs: tuple[str, ...] = ()
    heads: tuple[str, str, str] = ("What", "When", "Detail")


def write(header: Header, sections: tuple[WrittenSection, ...]) -> bytes:
    """A document of level 3 as UTF-8 XML."""
    root = _header(header)
    body = _add(_add(root, "component"), "structuredBody")
    for number, section in enumerate(sections, 1):
        _section(_add(_add(body, "component"), "section"), section, number)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def write_file(header: Header, media_type: str, data: bytes) -> bytes:
    """A document of level 1 as UTF-8 XML: the header around one file (CDA R2, 4.3.1.1)."""
    root = _header(header)
    body = _add(_add(root, "component"), "nonXMLBody")
    content = base64.b64encode(data).decode("ascii")
    _add(body, "text", {"mediaType": media_type, "representation": "B64"}, content)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _header(header: Header) -> etree._Element:
    """The root element with everything above the body."""
    namespaces: Any = {None: CDA, "xsi": XSI}
    root = etree.Element(f"{{{CDA}}}ClinicalDocument", nsmap=namespaces)
    _add(root, "typeId", _TYPE_ID)
    _identifier(root, "id", header.identifier)
    code(root, "code", header.code)
    _add(root, "title", text=header.title)
    _add(root, "effectiveTime", {"value": header.time.text})
    _add(root, "confidentialityCode", {"code": header.confidentiality, "codeSystem": _CONFIDENTIALITY})
    _add(root, "languageCode", {"code": header.language})
    if header.set_identifier:
        _identifier(root, "setId", header.set_identifier)
        _add(root, "versionNumber", {"value": str(header.version)})
    _patient(_add(_add(root, "recordTarget"), "patientRole"), header.patient)
    _author(_add(root, "author"), header.author, header.time)
    keeper = _add(_add(_add(root, "custodian"), "assignedCustodian"), "representedCustodianOrganization")
    _organization(keeper, header.custodian)
    if header.replaces:
        related = _add(root, "relatedDocument", {"typeCode": "RPLC"})
        _identifier(_add(related, "parentDocument"), "id", header.replaces)
    return root


def _add(
    parent: etree._Element, name: str, attributes: dict[str, str] | None = None, text: str = ""
) -> etree._Element:
    found = etree.SubElement(parent, f"{{{CDA}}}{name}", attributes or {})
    if text:
        found.text = text
    return found


def code(parent: etree._Element, name: str, value: dt.Code) -> etree._Element:
    """A CD element with its translations."""
    named = {"code": value.code, "codeSystem": value.system, "displayName": value.display}
    found = _add(parent, name, {key: part for key, part in named.items() if part} or {"nullFlavor": "OTH"})
    if value.text:
        _add(found, "originalText", text=value.text)
    for translation in value.translations:
        code(found, "translation", translation)
    return found


def _identifier(parent: etree._Element, name: str, value: dt.Identifier) -> None:
    named = {"root": value.root, "extension": value.extension, "assigningAuthorityName": value.authority}
    _add(parent, name, {key: part for key, part in named.items() if part})


def _name(parent: etree._Element, value: dt.Name) -> None:
    found = _add(parent, "name", {"use": " ".join(value.use)} if value.use else None, value.text)
    for tag, parts in (("prefix", value.prefix), ("given", value.given), ("family", value.family)):
        for part in parts:
            _add(found, tag, text=part)
    for part in value.birth_family:
        _add(found, "family", {"qualifier": "BR"}, part)
    for part in value.suffix:
        _add(found, "suffix", text=part)


def _addresses(parent: etree._Element, addresses: tuple[dt.Address, ...]) -> None:
    for address in addresses:
        found = _add(parent, "addr", {"use": " ".join(address.use)} if address.use else None, address.text)
        for line in address.lines:
            _add(found, "streetAddressLine", text=line)
        named = (
            ("postalCode", address.postal_code),
            ("city", address.city),
            ("state", address.state),
            ("country", address.country),
        )
        for tag, part in named:
            if part:
                _add(found, tag, text=part)


def _telecoms(parent: etree._Element, telecoms: tuple[dt.Telecom, ...]) -> None:
    for telecom in telecoms:
        _add(
            parent,
            "telecom",
            {"value": telecom.value} | ({"use": " ".join(telecom.use)} if telecom.use else {}),
        )


def _patient(role: etree._Element, value: parties.Patient) -> None:
    for number in value.identifiers:
        _identifier(role, "id", number)
    _addresses(role, value.addresses)
    _telecoms(role, value.telecoms)
    person = _add(role, "patient")
    for name in value.names:
        _name(person, name)
    if value.gender:
        _add(person, "administrativeGenderCode", {"code": value.gender.code, "codeSystem": _GENDER})
    if value.birth_time:
        _add(person, "birthTime", {"value": value.birth_time.text})
    for language in value.languages:
        _add(_add(person, "languageCommunication"), "languageCode", {"code": language})


def _organization(parent: etree._Element, value: parties.Organization) -> None:
    for number in value.identifiers:
        _identifier(parent, "id", number)
    _add(parent, "name", text=value.name)
    _telecoms(parent, value.telecoms)
    _addresses(parent, value.addresses)


def _author(parent: etree._Element, value: parties.Party, time: Timestamp) -> None:
    _add(parent, "time", {"value": (value.time or time).text})
    role = _add(parent, "assignedAuthor")
    for number in value.identifiers:
        _identifier(role, "id", number)
    _addresses(role, value.addresses)
    _telecoms(role, value.telecoms)
    if value.names:
        person = _add(role, "assignedPerson")
        for name in value.names:
            _name(person, name)
    elif value.device:
        _add(_add(role, "assignedAuthoringDevice"), "softwareName", text=value.device)
    if value.organization:
        _organization(_add(role, "representedOrganization"), value.organization)


def _section(parent: etree._Element, section: WrittenSection, number: int) -> None:
    code(parent, "code", section.code)
    _add(parent, "title", text=section.title)
    text = _add(parent, "text")
    for paragraph in section.paragraphs:
        _add(text, "paragraph", text=paragraph)
    if section.facts:
        table = _add(text, "table")
        row = _add(_add(table, "thead"), "tr")
        for head in section.heads:
            _add(row, "th", text=head)
        body = _add(table, "tbody")
        for index, fact in enumerate(section.facts, 1):
            row = _add(body, "tr", {"ID": f"s{number}r{index}"})
            for cell in row_of(fact):
                _add(row, "td", text=cell)
    for index, fact in enumerate(section.facts, 1):
        entry(_add(parent, "entry"), fact, f"#s{number}r{index}")
