"""SOAP 1.2 with WS-Addressing, as much of it as IHE uses (ITI TF-2, appendix V; W3C SOAP 1.2 part 1)."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from lxml import etree

from ardenne.standards import refusal
from ardenne.standards.xml import hardened

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_OLD_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_UNDERSTOOD = frozenset({ADDRESSING, SECURITY})


Body = etree._Element | str
"""What stands in the Body of an answer: an element, or the text of one with its namespaces."""


class Fault(Exception):
    """The message cannot be processed. ``code``: Sender, Receiver, VersionMismatch or MustUnderstand."""

    def __init__(self, code: str, reason: str, subcode: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.subcode = subcode

    @property
    def status(self) -> int:
        """The HTTP status of the answer (SOAP 1.2 part 2, 7.5.2.2)."""
        return 500 if self.code != "Sender" else 400


class Message(NamedTuple):
    """A SOAP request: what it asks (wsa:Action), its id, its first body element and its whole envelope."""

    action: str
    message_id: str
    body: etree._Element
    envelope: etree._Element

    @property
    def header(self) -> etree._Element | None:
        """The SOAP header."""
        return self.envelope.find(f"{{{ENVELOPE}}}Header")


def read(data: bytes, limits: hardened.Limits = hardened.Limits()) -> Message:  # noqa: B008 (frozen)
    """Return the message in an envelope. Raises Fault."""
    try:
        root = hardened.parse(data, limits)
    except refusal.Refused as error:
        raise Fault("Sender", f"the message is no XML that is read here: {error}") from None
    if root.tag == f"{{{_OLD_ENVELOPE}}}Envelope":
        raise Fault("VersionMismatch", "this is SOAP 1.1: send SOAP 1.2")
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise Fault("VersionMismatch", "the message is no SOAP 1.2 envelope")
    body = root.find(f"{{{ENVELOPE}}}Body")
    if body is None or len(body) != 1:
        raise Fault("Sender", "the Body must hold exactly one element")
    header = root.find(f"{{{ENVELOPE}}}Header")
    if header is not None:
        _check_understood(header)
    return Message(_addressed(header, "Action"), _addressed(header, "MessageID"), body[0], root)


def _check_understood(header: etree._Element) -> None:
    for one in header:
        name = etree.QName(one)
        must = one.get(f"{{{ENVELOPE}}}mustUnderstand", "").lower() in ("1", "true")
        if must and name.namespace not in _UNDERSTOOD:
            raise Fault("MustUnderstand", f"the header {name.localname} is not understood here")


def _addressed(header: etree._Element | None, name: str) -> str:
    found = header.find(f"{{{ADDRESSING}}}{name}") if header is not None else None
    return (found.text or "").strip() if found is not None else ""


def write(action: str, body: Body, relates_to: str = "") -> bytes:
    """Return the envelope of an answer."""
    root, content = _envelope(action, relates_to)
    if isinstance(body, str):
        around = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        # no text before it can hold these signs unescaped
        start, _empty, end = around.partition(b"<soap:Body/>")
        return b"".join((start, b"<soap:Body>", body.encode(), b"</soap:Body>", end))
    content.append(body)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def request(action: str, body: etree._Element, to: str = "", security: etree._Element | None = None) -> bytes:
    """Return the envelope of a request, with an assertion in its security header when one is given."""
    root, content = _envelope(action, "")
    header = root[0]
    if to:
        etree.SubElement(header, f"{{{ADDRESSING}}}To").text = to
    if security is not None:
        etree.SubElement(header, f"{{{SECURITY}}}Security").append(security)
    content.append(body)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def fault(found: Fault, relates_to: str = "") -> bytes:
    """Return the envelope of a fault."""
    root, content = _envelope(f"{ADDRESSING}/fault", relates_to)
    node = etree.SubElement(content, f"{{{ENVELOPE}}}Fault")
    code = etree.SubElement(node, f"{{{ENVELOPE}}}Code")
    etree.SubElement(code, f"{{{ENVELOPE}}}Value").text = f"soap:{found.code}"
    if found.subcode:
        inner = etree.SubElement(code, f"{{{ENVELOPE}}}Subcode")
        etree.SubElement(inner, f"{{{ENVELOPE}}}Value").text = found.subcode
    reason = etree.SubElement(node, f"{{{ENVELOPE}}}Reason")
    text = etree.SubElement(reason, f"{{{ENVELOPE}}}Text")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    text.text = found.reason
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _envelope(action: str, relates_to: str) -> tuple[etree._Element, etree._Element]:
    root = etree.Element(
        f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE, "wsa": ADDRESSING, "wsse": SECURITY}
    )
    header = etree.SubElement(root, f"{{{ENVELOPE}}}Header")
    node = etree.SubElement(header, f"{{{ADDRESSING}}}Action")
    node.set(f"{{{ENVELOPE}}}mustUnderstand", "true")
    node.text = action
    etree.SubElement(header, f"{{{ADDRESSING}}}MessageID").text = f"urn:uuid:{uuid.uuid4()}"
    if relates_to:
        etree.SubElement(header, f"{{{ADDRESSING}}}RelatesTo").text = relates_to
    return root, etree.SubElement(root, f"{{{ENVELOPE}}}Body")
