"""Read a CDA R2 document into values.

`read` demands what is needed to file a document for the right person: id, type code, creation
time and exactly one patient who has an identifier or a name. Everything else is taken as it
comes; what is there but wrong is listed in `ClinicalDocument.notes`.
"""

from __future__ import annotations

import msgspec
from lxml import etree

from ardenne.standards.cda import datatypes as dt
from ardenne.standards.cda import elements as el
from ardenne.standards.cda import parties, statements
from ardenne.standards.refusal import Refusal, Refused, excerpt
from ardenne.standards.timestamps import Timestamp
from ardenne.standards.xml import hardened
from ardenne.standards.xml.hardened import Limits, line_of


class Section(msgspec.Struct, frozen=True):
    """A section of the body; `narrative` is its text element, for the renderer."""

    path: str
    code: dt.Code | None
    title: str
    templates: tuple[str, ...]
    identifiers: tuple[dt.Identifier, ...]
    language: str
    null: str
    about_another: bool
    narrative: etree._Element | None
    entries: tuple[statements.Statement, ...]
    sections: tuple[Section, ...]


class Parent(msgspec.Struct, frozen=True):
    """A related document: RPLC (this one replaces it), APND (adds to it) or XFRM (was made from it)."""

    type: str
    identifiers: tuple[dt.Identifier, ...]
    set_identifier: dt.Identifier | None
    version: str


class Encounter(msgspec.Struct, frozen=True):
    identifiers: tuple[dt.Identifier, ...]
    code: dt.Code | None
    time: dt.Interval | None
    facility: parties.Organization | None


class ServiceEvent(msgspec.Struct, frozen=True):
    type: str
    code: dt.Code | None
    time: dt.Interval | None
    performers: tuple[parties.Party, ...]


class ClinicalDocument(msgspec.Struct, frozen=True):
    """A document with header and body. `attachment` is the body of a level-1 document."""

    identifier: dt.Identifier
    set_identifier: dt.Identifier | None
    version: str
    code: dt.Code
    title: str
    time: Timestamp
    confidentiality: dt.Code | None
    language: str
    realms: tuple[str, ...]
    templates: tuple[str, ...]
    patient: parties.Patient
    authors: tuple[parties.Party, ...]
    custodian: parties.Organization | None
    legal_authenticator: parties.Party | None
    encounter: Encounter | None
    events: tuple[ServiceEvent, ...]
    parents: tuple[Parent, ...]
    sections: tuple[Section, ...]
    attachment: dt.Attachment | None
    notes: tuple[Refusal, ...]


def read(data: bytes, limits: Limits = Limits()) -> ClinicalDocument:  # noqa: B008 (frozen)
    """Read a document; raises Refused when it cannot be parsed or could not be filed safely."""
    return interpret(hardened.parse(data, limits))


def interpret(root: etree._Element) -> ClinicalDocument:
    """Read a document that is parsed already (it must come from the hardened parser)."""
    _check_root(root)
    reading = el.Reading(root)
    identifier = _document_identifier(root)
    code = _document_code(root, reading)
    time = _document_time(root)
    patient = _patient(root, reading)
    body = el.child(root, "component", "structuredBody")
    return ClinicalDocument(
        identifier=identifier,
        set_identifier=next(iter(el.identifiers(root, "setId")), None),
        version=el.attribute(el.child(root, "versionNumber"), "value"),
        code=code,
        title=_text(root, "title"),
        time=time,
        confidentiality=el.code(el.child(root, "confidentialityCode"), reading),
        language=el.attribute(el.child(root, "languageCode"), "code"),
        realms=tuple(el.attribute(realm, "code") for realm in el.children(root, "realmCode")),
        templates=tuple(el.attribute(found, "root") for found in el.children(root, "templateId")),
        patient=patient,
        authors=parties.authors(root, reading),
        custodian=parties.organization(
            el.child(root, "custodian", "assignedCustodian", "representedCustodianOrganization")
        ),
        legal_authenticator=parties.party(
            el.child(root, "legalAuthenticator", "assignedEntity"),
            reading,
            el.child(root, "legalAuthenticator", "time"),
        ),
        encounter=_encounter(el.child(root, "componentOf", "encompassingEncounter"), reading),
        events=tuple(_event(found, reading) for found in el.children(root, "documentationOf")),
        parents=tuple(_parent(found) for found in el.children(root, "relatedDocument")),
        sections=_sections(body, reading, ""),
        attachment=_level_one(el.child(root, "component", "nonXMLBody"), reading),
        notes=tuple(reading.notes),
    )


def _text(element: etree._Element, name: str) -> str:
    found = el.child(element, name)
    return "" if found is None else el.squeeze(el.content(found))


def _check_root(root: etree._Element) -> None:
    if root.tag == f"{{{el.CDA}}}ClinicalDocument":
        return
    name = el.local(root)
    if name in ("component", "section", "entry", "structuredBody"):
        raise Refused(
            rule="cda-fragment",
            found=f"the file is a piece of a document: its root element is <{excerpt(name)}>",
            mend="Send the whole ClinicalDocument with its header: a piece names no patient",
            where=f"/{excerpt(name)}",
            line=line_of(root),
        )
    namespace = excerpt(root.nsmap.get(root.prefix) or "")
    raise Refused(
        rule="cda-root",
        found=f"the root element is <{excerpt(name)}> of namespace “{namespace}”",
        mend=f'A CDA document begins with <ClinicalDocument xmlns="{el.CDA}">',
        where=f"/{excerpt(name)}",
        line=line_of(root),
    )


def _missing(root: etree._Element, where: str, found: str, mend: str) -> Refused:
    element = el.child(root, *where.split("/")[2:])
    return Refused(
        rule="cda-header",
        found=found,
        mend=mend,
        where=where,
        line=line_of(root if element is None else element),
    )


def _document_identifier(root: etree._Element) -> dt.Identifier:
    found = el.identifiers(root)
    if not found:
        raise _missing(
            root,
            "/ClinicalDocument/id",
            "the document has no usable id",
            'Give it a unique one that never changes: <id root="OID or UUID" extension="…"/>',
        )
    return found[0]


def _document_code(root: etree._Element, reading: el.Reading) -> dt.Code:
    found = el.code(el.child(root, "code"), reading)
    if found is None or not (found.code or found.wording):
        raise _missing(
            root,
            "/ClinicalDocument/code",
            "the document says not what kind of document it is",
            'Give its type, if possible of LOINC: <code code="…" codeSystem="2.16.840.1.113883.6.1"/>',
        )
    return found


def _document_time(root: etree._Element) -> Timestamp:
    element = el.child(root, "effectiveTime")
    aside = el.Reading(root)
    found = el.moment(element, aside)
    if found is not None:
        return found
    if aside.notes:
        raise Refused(
            rule="cda-header",
            found=aside.notes[0].found,
            mend=aside.notes[0].mend,
            where="/ClinicalDocument/effectiveTime",
            line=aside.notes[0].line,
        )
    raise _missing(
        root,
        "/ClinicalDocument/effectiveTime",
        "the document does not say when it was made",
        'Add its creation time: <effectiveTime value="20240131141500+0100"/>',
    )


def _patient(root: etree._Element, reading: el.Reading) -> parties.Patient:
    targets = el.children(root, "recordTarget")
    where = "/ClinicalDocument/recordTarget/patientRole"
    role = el.child(targets[0], "patientRole") if len(targets) == 1 else None
    if len(targets) > 1:
        raise _missing(
            root,
            where,
            f"the document is about {len(targets)} patients",
            "Send one document for each: filing it for one would show her the data of the other",
        )
    if role is None:
        raise _missing(root, where, "the document names no patient", "Add recordTarget/patientRole")
    found = parties.patient(role, reading)
    if not found.identifiers and not found.names:
        raise _missing(
            root,
            where,
            "the patient has neither a usable identifier nor a name",
            'Add <id root="OID of the numbering" extension="number"/> and the name',
        )
    return found


def _sections(parent: etree._Element | None, reading: el.Reading, path: str) -> tuple[Section, ...]:
    found = []
    for number, component in enumerate(el.children(parent, "component"), 1):
        for section in el.children(component, "section"):
            found.append(_section(section, reading, f"{path}.s{number}" if path else f"s{number}"))
    return tuple(found)


def _section(section: etree._Element, reading: el.Reading, path: str) -> Section:
    return Section(
        path=path,
        code=el.code(el.child(section, "code"), reading),
        title=_text(section, "title"),
        templates=tuple(el.attribute(found, "root") for found in el.children(section, "templateId")),
        identifiers=el.identifiers(section),
        language=el.attribute(el.child(section, "languageCode"), "code"),
        null=el.attribute(section, "nullFlavor"),
        about_another=el.child(section, "subject") is not None,
        narrative=el.child(section, "text"),
        entries=statements.of_entries(section, reading, path),
        sections=_sections(section, reading, path),
    )


def _parent(related: etree._Element) -> Parent:
    parent = el.child(related, "parentDocument")
    return Parent(
        type=el.attribute(related, "typeCode"),
        identifiers=el.identifiers(parent),
        set_identifier=next(iter(el.identifiers(parent, "setId")), None),
        version=el.attribute(el.child(parent, "versionNumber"), "value"),
    )


def _encounter(found: etree._Element | None, reading: el.Reading) -> Encounter | None:
    if found is None:
        return None
    facility = el.child(found, "location", "healthCareFacility")
    return Encounter(
        identifiers=el.identifiers(found),
        code=el.code(el.child(found, "code"), reading),
        time=el.interval(el.child(found, "effectiveTime"), reading),
        facility=parties.organization(el.child(facility, "serviceProviderOrganization"))
        or parties.organization(el.child(facility, "location")),
    )


def _event(documentation: etree._Element, reading: el.Reading) -> ServiceEvent:
    event = el.child(documentation, "serviceEvent")
    performers = (
        parties.party(el.child(one, "assignedEntity"), reading, el.child(one, "time"))
        for one in el.children(event, "performer")
    )
    return ServiceEvent(
        type=el.attribute(event, "classCode"),
        code=el.code(el.child(event, "code"), reading),
        time=el.interval(el.child(event, "effectiveTime"), reading),
        performers=tuple(one for one in performers if one and (one.wording or one.identifiers)),
    )


def _level_one(body: etree._Element | None, reading: el.Reading) -> dt.Attachment | None:
    text = el.child(body, "text")
    if text is None:
        return None
    found = el.attachment(text)
    if found is None:
        elsewhere = excerpt(el.attribute(el.child(text, "reference"), "value"))
        reading.note(
            text,
            rule="cda-body",
            found=f"the content is not in the document but at “{elsewhere}”" if elsewhere else "no content",
            mend='Put the file itself into the body: <text mediaType="…" representation="B64">',
        )
    return found
