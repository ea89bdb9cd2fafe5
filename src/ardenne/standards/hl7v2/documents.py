"""Documents inside messages: what TXA says (HL7 v2.5.1 chapter 9) and the files in OBX (2A.24)."""

from __future__ import annotations

import base64
import binascii
import quopri

import msgspec

from ardenne.standards.hl7v2.er7 import Message
from ardenne.standards.hl7v2.fields import Coded, Number, Person, Reading, coded_field, entity, people
from ardenne.standards.hl7v2.results import Observation
from ardenne.standards.refusal import Refusal, Refused, excerpt
from ardenne.standards.timestamps import Timestamp

_MEDIA = {
    "PDF": "application/pdf",
    "HTML": "text/html",
    "XML": "text/xml",
    "RTF": "application/rtf",
    "PLAIN": "text/plain",
    "TEXT": "text/plain",
    "JPEG": "image/jpeg",
    "JPG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "DICOM": "application/dicom",
    "X-HL7-CDA-LEVEL-ONE": "text/xml",
}


class Document(msgspec.Struct, frozen=True):
    """TXA: what an MDM message says about its document."""

    type: Coded
    activity: Timestamp | None
    origination: Timestamp | None
    authors: tuple[Person, ...]
    number: Number | None
    parent: Number | None
    file_name: str
    completion: str
    confidentiality: str
    availability: str
    authenticators: tuple[Person, ...]


class Content(msgspec.Struct, frozen=True):
    """A file inside a message."""

    media_type: str
    data: bytes
    title: str = ""


def document(message: Message, reading: Reading) -> Document:
    """TXA; raises Refused when an MDM message has none."""
    txa = message.first("TXA")
    if txa is None:
        raise Refused(
            rule="hl7-structure",
            found="the message has no TXA segment",
            mend="Describe the document in a TXA segment",
            where="TXA",
        )
    return Document(
        type=coded_field(txa, 2) or Coded(),
        activity=reading.time(txa, 4),
        origination=reading.time(txa, 6),
        authors=people(txa, 9),
        number=entity(txa, 12),
        parent=entity(txa, 13),
        file_name=txa.get(16).strip(),
        completion=txa.get(17).strip().upper(),
        confidentiality=txa.get(18).strip().upper(),
        availability=txa.get(19).strip().upper(),
        authenticators=people(txa, 22),
    )


def contents(observation: Observation, reading: Reading) -> list[Content]:
    """The files of an observation of type ED (chapter 2A.24); pointers (RP) are noted and not followed."""
    found = []
    for value in observation.values if observation.type == "ED" else ():
        kind, subtype, encoding = (value.get(component).strip() for component in (2, 3, 4))
        media_type = _media_type(kind, subtype)
        data = _decode(value.whole(5), encoding.upper())
        if data:
            found.append(Content(media_type, data, observation.code.wording))
        else:
            reading.notes.append(
                Refusal(
                    rule="hl7-content",
                    found=f"the file in OBX-5 cannot be decoded (encoding “{excerpt(encoding)}”)",
                    mend="Write it as ^application^pdf^Base64^… without line breaks",
                    where="OBX-5",
                    line=observation.line,
                )
            )
    if observation.type == "RP":
        reading.notes.append(
            Refusal(
                rule="hl7-content",
                found="the result is only a pointer to a file elsewhere",
                mend="Send the file itself in an OBX of type ED",
                where="OBX-5",
                line=observation.line,
            )
        )
    return found


def _media_type(kind: str, subtype: str) -> str:
    if "/" in subtype or "/" in kind:
        return (subtype if "/" in subtype else kind).lower()
    known = _MEDIA.get(subtype.upper())
    return known or (f"{kind}/{subtype}".lower() if kind and subtype else "application/octet-stream")


def _decode(text: str, encoding: str) -> bytes:
    if encoding == "BASE64":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return b""
    if encoding == "HEX":
        try:
            return bytes.fromhex(text)
        except ValueError:
            return b""
    return quopri.decodestring(text.encode()) if encoding == "QUOTED-PRINTABLE" else text.encode()
