"""The transmission wrapper: who sends which interaction to whom, and what became of it (MCCI_MT000100UV01, 200, 300)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lxml import etree

from ardenne.standards.cda import elements as el
from ardenne.standards.refusal import Refused, excerpt

V3 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ACKNOWLEDGEMENT = "MCCI_IN000002UV01"
_NAMESPACES: Any = {None: V3, "xsi": XSI}
_INTERACTIONS = "2.16.840.1.113883.1.6"
_ERRORS = "2.16.840.1.113883.12.357"
"""HL7 table 0357: kinds of message errors."""


class Id(NamedTuple):
    """II: the OID of who assigns, and what was assigned."""

    root: str = ""
    extension: str = ""


class Party(NamedTuple):
    """A system that sends or receives, and the organisation that it works for."""

    device: Id = Id()
    organisation: Id = Id()


class Head(NamedTuple):
    """What stands around the content of a message. ``created`` as written."""

    interaction: str
    id: Id
    created: str
    processing: str
    sender: Party
    receiver: Party


class Detail(NamedTuple):
    """What is wrong: text, the place as a path, and the code of HL7 table 0357."""

    text: str
    place: str = ""
    code: str = "204"


class Acknowledged(NamedTuple):
    """What became of a message. ``code``: AA, AE, AR for applications; CA, CE, CR for the transmission."""

    code: str
    details: Sequence[Detail] = ()


def element(name: str) -> etree._Element:
    """Return a new element of HL7 v3."""
    return etree.Element(f"{{{V3}}}{name}", nsmap=_NAMESPACES)


def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """Add an element with its attributes, leaving out the empty ones, and return it."""
    child = etree.SubElement(parent, f"{{{V3}}}{name}")
    for key, value in attributes.items():
        if value:
            child.set(key, value)
    if text:
        child.text = text
    return child


def id_of(found: etree._Element | None) -> Id:
    """Return an II; empty when it is not there or says nothing."""
    if found is None or el.attribute(found, "nullFlavor"):
        return Id()
    return Id(el.attribute(found, "root"), el.attribute(found, "extension"))


def head(root: etree._Element) -> Head:
    """Return what stands around a message. Raises Refused when it cannot be answered: no HL7 v3, no id."""
    if not str(root.tag).startswith(f"{{{V3}}}"):
        raise Refused(
            rule="v3-namespace",
            found=f"the body holds {excerpt(str(root.tag), 80)}, not an HL7 v3 message",
            mend=f"Send the interaction in the namespace {V3}",
        )
    own = id_of(el.child(root, "id"))
    if not own.root:
        raise Refused(
            rule="v3-id", found="the message has no id", mend="Give it one: an answer names it", where="/id"
        )
    return Head(
        el.local(root),
        own,
        el.attribute(el.child(root, "creationTime"), "value"),
        el.attribute(el.child(root, "processingCode"), "code") or "P",
        _party(root, "sender"),
        _party(root, "receiver"),
    )


def _party(root: etree._Element, name: str) -> Party:
    device = el.child(root, name, "device")
    organisation = el.child(device, "asAgent", "representedOrganization", "id")
    return Party(id_of(el.child(device, "id")), id_of(organisation))


def request(interaction: str, own: Party, receiver: Party) -> etree._Element:
    """Return the wrapper of a message of our own that wants to be acknowledged; the content is still to be added."""
    root = element(interaction)
    root.set("ITSVersion", "XML_1.0")
    add(root, "id", root=str(uuid.uuid4()))
    add(root, "creationTime", value=datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000"))
    add(root, "interactionId", root=_INTERACTIONS, extension=interaction)
    add(root, "processingCode", code="P")
    add(root, "processingModeCode", code="T")
    add(root, "acceptAckCode", code="AL")
    _write_party(root, "receiver", "RCV", receiver)
    _write_party(root, "sender", "SND", own)
    return root


def acknowledged(root: etree._Element) -> str:
    """Return the code of an acknowledgement (CA, AA, CE …); empty when a message is none."""
    return el.attribute(el.child(root, "acknowledgement", "typeCode"), "code")


def answer(interaction: str, asked: Head, own: Party, done: Acknowledged) -> etree._Element:
    """Return the wrapper of the answer to a message; the content is still to be added."""
    root = element(interaction)
    root.set("ITSVersion", "XML_1.0")
    add(root, "id", root=str(uuid.uuid4()))
    add(root, "creationTime", value=datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000"))
    add(root, "interactionId", root=_INTERACTIONS, extension=interaction)
    add(root, "processingCode", code=asked.processing)
    add(root, "processingModeCode", code="T")
    add(root, "acceptAckCode", code="NE")
    _write_party(root, "receiver", "RCV", asked.sender)
    _write_party(root, "sender", "SND", own)
    told = add(root, "acknowledgement")
    add(told, "typeCode", code=done.code)
    add(add(told, "targetMessage"), "id", **asked.id._asdict())
    for detail in done.details:
        node = add(told, "acknowledgementDetail", typeCode="E")
        add(node, "code", code=detail.code, codeSystem=_ERRORS)
        add(node, "text", detail.text)
        if detail.place:
            add(node, "location", detail.place)
    return root


def act(root: etree._Element, trigger: str) -> etree._Element:
    """Add the control act of an answer and return it."""
    node = add(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    add(node, "code", code=trigger, codeSystem=_INTERACTIONS)
    return node


def _write_party(root: etree._Element, name: str, kind: str, party: Party) -> None:
    device = add(add(root, name, typeCode=kind), "device", classCode="DEV", determinerCode="INSTANCE")
    write_id(device, "id", party.device)
    if party.organisation.root:
        agent = add(device, "asAgent", classCode="AGNT")
        organisation = add(agent, "representedOrganization", classCode="ORG", determinerCode="INSTANCE")
        write_id(organisation, "id", party.organisation)


def write_id(parent: etree._Element, name: str, found: Id) -> None:
    """Add an II; one that says nothing is not applicable."""
    if found.root:
        add(parent, name, root=found.root, extension=found.extension)
    else:
        add(parent, name, nullFlavor="NA")
