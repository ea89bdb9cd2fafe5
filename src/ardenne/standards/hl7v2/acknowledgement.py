"""Answer a message: MSA and ERR in the form that the version of the message asks.

Sources: HL7 v2.3.1 chapter 2.24 (ERR-1 only), v2.5.1 chapter 2.15.5 (ERR-2 to ERR-8), tables 0008 and 0357.
"""

from __future__ import annotations

import re

from ardenne.standards.hl7v2.er7 import Message, Segment, escape, segment, write

# Table 0357, the codes that a receiver of documents needs.
CONDITIONS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
_LOCATION = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})(?:\((?P<sequence>\d+)\))?"
    r"(?:-(?P<field>\d+)(?:\((?P<repetition>\d+)\))?(?:\.(?P<component>\d+)(?:\.(?P<sub>\d+))?)?)?",
    re.ASCII,
)


def acknowledge(
    message: Message,
    code: str,
    text: str = "",
    location: str = "",
    *,
    time: str,
    control_id: str,
    condition: str = "207",
) -> bytes:
    """The acknowledgement of `message` as bytes, in its delimiters, character set and version.

    `code`: AA, AE, AR (original mode) or CA, CE, CR (enhanced mode), table 0008. `location` is a path
    such as "PID-3.1" or "OBX(2)-5"; `condition` a code of table 0357. `time` (YYYYMMDDHHMMSS+ZZZZ) and
    `control_id` (MSH-10 of the answer) come from the caller, so that the function stays pure.
    """
    segments = [_header(message, time, control_id), _answer(message, code, text)]
    if code[1:] in ("E", "R"):
        segments.append(_error(message, code, text, location, condition))
    return write(Message(tuple(segments), message.delimiters, message.charset))


def _header(message: Message, time: str, control_id: str) -> Segment:
    marks = message.delimiters
    head = message.segments[0]
    event = message.get("MSH-9.2")
    parts = ["ACK", *([event] if event else []), *(["ACK"] if event and message.version >= (2, 3, 1) else [])]
    fields = (
        marks.field,
        marks.encoding,
        head.raw(5),
        head.raw(6),
        head.raw(3),
        head.raw(4),
        time,
        "",
        marks.component.join(parts),
        escape(control_id, marks),
        head.raw(11),
        head.raw(12),
        *("",) * 5,
        head.raw(18),
    )
    return segment("MSH", *fields, delimiters=marks)


def _answer(message: Message, code: str, text: str) -> Segment:
    marks = message.delimiters
    words = escape(text, marks) if message.version < (2, 5) else ""
    return segment("MSA", code, message.segments[0].raw(10), words, delimiters=marks)


def _error(message: Message, code: str, text: str, location: str, condition: str) -> Segment:
    marks = message.delimiters
    found = _LOCATION.fullmatch(location)
    place = found.groupdict() if found else {}
    name = CONDITIONS.get(condition, "")
    if message.version < (2, 5):
        inner = marks.subcomponent.join((condition, escape(name, marks), "HL70357"))
        parts = [place.get("segment") or "", place.get("sequence") or "1", place.get("field") or "", inner]
        return segment("ERR", marks.component.join(parts), delimiters=marks)
    parts = []
    if found:
        keys = ("segment", "sequence", "field", "repetition", "component", "sub")
        values = [place.get(key) or ("1" if key in ("sequence", "repetition") else "") for key in keys]
        parts = values if place.get("field") else values[:2]
    return segment(
        "ERR",
        "",
        marks.component.join(parts).rstrip(marks.component),
        marks.component.join((condition, escape(name, marks), "HL70357")),
        "E",
        "",
        "",
        "",
        escape(text, marks),
        delimiters=marks,
    )
