"""Tell the kinds of files apart by their content, never by their name."""

from __future__ import annotations

import datetime
import functools
import importlib.resources
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from lxml import etree

from ardenne.standards.cda.elements import CDA
from ardenne.standards.kmehr.read import NAMESPACE as KMEHR
from ardenne.standards.recognition import described, from_cda, from_fhir, from_hl7v2, from_kmehr, pdf
from ardenne.standards.recognition.result import Recognised
from ardenne.standards.refusal import Refused, excerpt
from ardenne.standards.xml import hardened
from ardenne.standards.xml.hardened import line_of

_FHIR = "http://hl7.org/fhir"
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}
_FOREIGN = (
    (b"\x1f\x8b", "a gzip file", "Unpack it first"),
    (
        b"PK\x03\x04",
        "a ZIP archive or an office document",
        "Unpack the archive; send office documents as PDF",
    ),
    (b"\xd0\xcf\x11\xe0", "an old office document", "Send it as PDF"),
    (b"{\\rtf", "a rich text file", "Send it as PDF"),
    (b"\x7fELF", "a program", "Send documents only"),
    (b"MZ", "a program", "Send documents only"),
)
_HTTP = re.compile(rb"(?m)^(?:(?:POST|PUT|GET) \S+ HTTP/|HTTP/1\.[01] \d)")
# A root of the HL7 version 3 namespace that is a message between systems, by the form of its name.
_INTERACTION = re.compile(r"[A-Z]{4}_IN\d{6}(UV\d\d|CA|[A-Z]{2}\d\d)?", re.ASCII)
_JSON = (b"{", b"[")
_AUDIT = frozenset({"AuditMessage", "IHEYr4"})


@functools.cache
def _envelopes() -> dict[str, tuple[str, str, str]]:
    data = (importlib.resources.files(__package__) / "data" / "envelopes.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, tuple[str, str, str]])


def dispatch(
    data: bytes,
    name: str,
    sidecar: Mapping[str, Any] | None,
    zone: datetime.tzinfo | None,
    namespaces: Mapping[str, str],
) -> Recognised:
    """Recognise by content; raises Refused."""
    start = _start(data)
    if not data.strip():
        raise _format("an empty file", "Send the document itself")
    if b"%PDF-" in data[:1024] and not start.startswith((b"<", b"{")):
        return described.recognise(
            "pdf", "application/pdf", name, sidecar, pdf.title(data), pdf.created(data)
        )
    picture = next((kind for magic, kind in _PICTURES.items() if data.startswith(magic)), "")
    if picture:
        return described.recognise("image", picture, name, sidecar)
    for magic, found, mend in _FOREIGN:
        if data.startswith(magic):
            raise _format(found, mend)
    if data[128:132] == b"DICM":
        raise _format("a DICOM object", "Send images to the imaging archive, and their report here")
    if _is_message(start):
        return from_hl7v2.recognise(data, zone, namespaces)
    if start.startswith(_JSON):
        return _json(data)
    if _is_xml(data, start):
        return _xml(data, zone)
    if _HTTP.search(data[:1024]):
        raise _format("a recorded HTTP message", "Send the document that it carries, without the HTTP header")
    return _text(data, name, sidecar)


def may_be_structured(data: bytes) -> bool:
    """Tell by its first bytes whether a content may say more than its description: HL7 v2, JSON or XML."""
    start = _start(data)
    return _is_message(start) or start.startswith(_JSON) or _is_xml(data, start)


def _start(data: bytes) -> bytes:
    return data[:64].removeprefix(b"\xef\xbb\xbf").lstrip(b"\x0b \t\r\n")


def _is_message(start: bytes) -> bool:
    return start.startswith((b"MSH", b"FHS", b"BHS")) and not start[3:4].isalnum()


def _is_xml(data: bytes, start: bytes) -> bool:
    return start.startswith(b"<") or data[:2] in (b"\xff\xfe", b"\xfe\xff")


def _format(found: str, mend: str) -> Refused:
    return Refused(rule="format", found=f"this is {found}", mend=mend)


def _json(data: bytes) -> Recognised:
    """One resource, or one on each line: then the first line is complete in itself."""
    lines = data.strip().split(b"\n", 2)
    if len(lines) > 1 and lines[0].rstrip().endswith(b"}") and lines[1].lstrip().startswith(b"{"):
        try:
            msgspec.json.decode(lines[0])
        except msgspec.DecodeError:
            return from_fhir.recognise_json(data)
        return from_fhir.recognise_ndjson(data)
    return from_fhir.recognise_json(data)


def _text(data: bytes, name: str, sidecar: Mapping[str, Any] | None) -> Recognised:
    sample = data[:4096]
    if b"\x00" in sample or sum(byte < 9 or 13 < byte < 32 for byte in sample) > len(sample) // 50:
        raise _format("a file of an unknown kind", "Send CDA, FHIR, HL7 v2, KMEHR, PDF, text, PNG or JPEG")
    return described.recognise("text", "text/plain", name, sidecar)


def _xml(data: bytes, zone: datetime.tzinfo | None) -> Recognised:
    root = hardened.parse(data)
    tag = etree.QName(root)
    namespace = tag.namespace or ""
    if namespace == _FHIR:
        return from_fhir.recognise_xml(data)
    if namespace == KMEHR:
        return from_kmehr.recognise(root, zone)
    if namespace == CDA and _INTERACTION.fullmatch(tag.localname):
        raise Refused(
            rule="hl7v3",
            found=f"this is a message between systems ({tag.localname}), not a document",
            mend="Send patient queries and feeds to the patient identity service (PIX/PDQ version 3)",
            where=f"/{tag.localname}",
            line=line_of(root),
        )
    if namespace == CDA or (not namespace and tag.localname in ("ClinicalDocument", "component", "section")):
        return from_cda.recognise(root, zone)
    raise _envelope(root, namespace, tag.localname)


def _envelope(root: etree._Element, namespace: str, name: str) -> Refused:
    """XML that is known, and known not to be a document; or not known at all."""
    known = _envelopes().get(namespace)
    if known:
        rule, found, mend = known
        carried = _carried(root) if rule == "soap" else ""
        return Refused(
            rule=rule,
            found=f"this is {found}{carried}, not a document",
            mend=mend[:1].upper() + mend[1:],
            where=f"/{excerpt(name)}",
            line=line_of(root),
        )
    if name in _AUDIT:
        return Refused(
            rule="audit",
            found="this is an entry of an audit trail, not a document",
            mend="Send it to the audit repository",
            where=f"/{excerpt(name)}",
            line=line_of(root),
        )
    return Refused(
        rule="xml-unknown",
        found=f"the root element <{excerpt(name)}> of namespace “{excerpt(namespace)}” is of no known format",
        mend="Send CDA R2, FHIR R4 or KMEHR",
        where=f"/{excerpt(name)}",
        line=line_of(root),
    )


def _carried(envelope: etree._Element) -> str:
    """The name of what a SOAP body carries."""
    for part in envelope:
        if etree.QName(part).localname == "Body" and len(part):
            return f" that carries <{excerpt(etree.QName(part[0]).localname)}>"
    return ""
