"""The ER7 encoding of HL7 version 2 ("pipes and hats"): bytes to segments, fields and parts, and back.

Sources: HL7 v2.5.1 chapter 2.5 (delimiters), 2.6–2.7 (rules, escape sequences), 2.10.3 (batches),
table 0211 (character sets). The values that `get` returns are unescaped; \\.br\\ becomes a line feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ardenne.standards.refusal import Refused, excerpt

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)
_PATH = re.compile(
    r"(?P<segment>[A-Z][A-Z0-9]{2})(?:\((?P<nth>\d+)\))?"
    r"(?:-(?P<field>\d+)(?:\((?P<repetition>\d+)\))?(?:\.(?P<component>\d+)(?:\.(?P<sub>\d+))?)?)?",
    re.ASCII,
)
_CHARSETS = {
    "": "",
    "ASCII": "",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "8859/1": "iso-8859-1",
    "8859/2": "iso-8859-2",
    "8859/5": "iso-8859-5",
    "8859/7": "iso-8859-7",
    "8859/9": "iso-8859-9",
    "8859/15": "iso-8859-15",
    "UNICODE UTF-16": "utf-16",
    "WINDOWS-1252": "cp1252",
}
_BATCH = frozenset({"FHS", "BHS", "BTS", "FTS"})
_DEFAULTS = "^~\\&"


class Delimiters(msgspec.Struct, frozen=True):
    """The characters that MSH-1 and MSH-2 declare. `truncation` exists since version 2.7."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


class Repetition(msgspec.Struct, frozen=True):
    """One repetition of a field, still escaped."""

    raw: str
    delimiters: Delimiters

    def get(self, component: int = 1, subcomponent: int = 1) -> str:
        """The text of a part, counted from 1; "" when it is not there."""
        part = _nth(self.raw.split(self.delimiters.component), component)
        return unescape(_nth(part.split(self.delimiters.subcomponent), subcomponent), self.delimiters)

    def whole(self, component: int) -> str:
        """A component with all its subcomponents, unescaped as one text."""
        return unescape(_nth(self.raw.split(self.delimiters.component), component), self.delimiters)

    @property
    def text(self) -> str:
        """Everything, unescaped: for fields of free text in which delimiters were left unescaped."""
        return unescape(self.raw, self.delimiters)


class Segment(msgspec.Struct, frozen=True):
    """A segment; `fields[0]` is field 1. `line` counts from 1 in the file."""

    name: str
    fields: tuple[str, ...]
    delimiters: Delimiters
    line: int = 0

    def raw(self, field: int) -> str:
        return _nth(self.fields, field)

    def repetitions(self, field: int) -> list[Repetition]:
        """The repetitions of a field that hold anything."""
        if self.name == "MSH" and field <= 2:
            return [Repetition(self.raw(field), self.delimiters)]
        parts = self.raw(field).split(self.delimiters.repetition) if self.raw(field) else []
        return [Repetition(part, self.delimiters) for part in parts if part]

    def get(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """The text of one part, counted from 1; "" when it is not there."""
        if self.name == "MSH" and field <= 2:
            return self.raw(field)
        part = _nth(self.raw(field).split(self.delimiters.repetition), repetition)
        return Repetition(part, self.delimiters).get(component, subcomponent)


class Message(msgspec.Struct, frozen=True):
    """A message; its first segment is MSH. `charset` is the Python codec by which it was read."""

    segments: tuple[Segment, ...]
    delimiters: Delimiters
    charset: str = "utf-8"

    def all(self, name: str) -> list[Segment]:
        return [segment for segment in self.segments if segment.name == name]

    def first(self, name: str) -> Segment | None:
        return next((segment for segment in self.segments if segment.name == name), None)

    def get(self, path: str) -> str:
        """The text at a path such as "PID-5.1", "OBX(2)-5" or "PID-3(2).4.2"; "" when it is not there."""
        found = _PATH.fullmatch(path)
        if found is None or not found["field"]:
            raise ValueError(f"not a path into a message: {path}")
        segments = self.all(found["segment"])
        nth = int(found["nth"] or 1)
        if not 1 <= nth <= len(segments):
            return ""
        return segments[nth - 1].get(
            int(found["field"]),
            int(found["component"] or 1),
            int(found["sub"] or 1),
            int(found["repetition"] or 1),
        )

    @property
    def type(self) -> str:
        """Message code and event, "ORU^R01"."""
        return "^".join(part for part in (self.get("MSH-9.1"), self.get("MSH-9.2")) if part)

    @property
    def version(self) -> tuple[int, ...]:
        """(2, 5, 1); (2,) when the field is not readable."""
        parts = re.findall(r"\d+", self.get("MSH-12.1"))[:3]
        return tuple(int(part) for part in parts) or (2,)


def _nth(parts: list[str] | tuple[str, ...], number: int) -> str:
    return parts[number - 1] if 0 < number <= len(parts) else ""


def unescape(text: str, delimiters: Delimiters) -> str:
    """Resolve the escape sequences of chapter 2.7; unknown ones stay as they are."""
    mark = delimiters.escape
    if not mark or mark not in text:
        return text
    parts = text.split(mark)
    out = [parts[0]]
    position = 1
    while position < len(parts):
        closed = position + 1 < len(parts)
        resolved = _resolve(parts[position], delimiters) if closed else None
        if resolved is None:
            out.append(mark + parts[position])
            position += 1
        else:
            out.append(resolved + parts[position + 1])
            position += 2
    return "".join(out)


def _resolve(code: str, delimiters: Delimiters) -> str | None:
    """What one escape sequence stands for; None when it is none."""
    known = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": delimiters.truncation or "#",
        "H": "",
        "N": "",
        ".br": "\n",
        ".BR": "\n",
        ".fi": "",
        ".nf": "",
        ".ce": "\n",
    }
    if code in known:
        return known[code]
    if re.fullmatch(r"\.sp\+?\d{0,3}", code):
        return "\n" * min(int(code[3:].lstrip("+") or 1), 20)
    if re.fullmatch(r"\.(in|ti|sk)[+\- ]?\d{1,3}", code):
        return " "
    if re.fullmatch(r"X([0-9A-Fa-f]{2})+", code):
        data = bytes.fromhex(code[1:])
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("iso-8859-1")
    return None


def escape(text: str, delimiters: Delimiters) -> str:
    """Text made fit for a field; line feeds become \\.br\\, other line breaks hexadecimal."""
    mark = delimiters.escape
    table = {
        delimiters.escape: f"{mark}E{mark}",
        delimiters.field: f"{mark}F{mark}",
        delimiters.component: f"{mark}S{mark}",
        delimiters.subcomponent: f"{mark}T{mark}",
        delimiters.repetition: f"{mark}R{mark}",
        "\n": f"{mark}.br{mark}",
        "\r": f"{mark}X0D{mark}",
    }
    if delimiters.truncation:
        table[delimiters.truncation] = f"{mark}P{mark}"
    return text.translate({ord(key): value for key, value in table.items()})


def _refused(rule: str, found: str, mend: str, where: str = "", line: int = 0) -> Refused:
    return Refused(rule=f"hl7-{rule}", found=found, mend=mend, where=where, line=line)


def decode(data: bytes) -> tuple[str, str]:
    """(text, codec) by MSH-18, tolerating a missing declaration: UTF-8 if it is that, else Latin-1."""
    plain = data.removeprefix(b"\xef\xbb\xbf").strip(b"\x0b\x1c\r\n \t\x00")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace"), "utf-16"
    declared = _declared(plain)
    if declared not in _CHARSETS and plain.isascii():
        return plain.decode("ascii"), "utf-8"
    if declared not in _CHARSETS:
        raise _refused(
            "charset",
            f"the character set “{excerpt(declared)}” is not known",
            "Write UNICODE UTF-8, 8859/1 or 8859/15 into MSH-18",
            "MSH-18",
            1,
        )
    codec = _CHARSETS[declared]
    if codec:
        try:
            return plain.decode(codec), codec
        except UnicodeDecodeError as error:
            raise _refused(
                "charset",
                f"byte {error.start + 1} does not fit the character set {declared} that MSH-18 declares",
                "Send the bytes in the declared character set, or declare the right one",
                "MSH-18",
                plain.count(b"\r", 0, error.start) + 1,
            ) from error
    try:
        return plain.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return plain.decode("iso-8859-1"), "iso-8859-1"


def _declared(data: bytes) -> str:
    """MSH-18 (or FHS/BHS files' first MSH) before decoding: all its characters are ASCII."""
    start = data.find(b"MSH") if data[:3] in (b"FHS", b"BHS") else 0
    line = re.split(rb"[\r\n]", data[start : start + 4096], maxsplit=1)[0]
    fields = line.split(line[3:4]) if len(line) > 3 and line[3:4] else []
    repetition = line[5:6] or b"~"
    value = fields[17].split(repetition)[0] if len(fields) > 17 else b""
    return value.decode("ascii", errors="replace").strip().upper()


def read(data: bytes, *, size: int = 64 << 20, segments: int = 200_000) -> Message:
    """Read one message; raises Refused for a batch, a broken header or lines that are no segments."""
    found = read_batch(data, size=size, segments=segments)
    if len(found) != 1:
        raise _refused(
            "batch",
            f"the file holds {len(found)} messages",
            "Read it as a batch, or send the messages one by one",
        )
    return found[0]


def read_batch(data: bytes, *, size: int = 64 << 20, segments: int = 200_000) -> list[Message]:
    """Read a file of messages, with or without batch segments (FHS, BHS, BTS, FTS)."""
    if len(data) > size:
        raise _refused("size", f"the message has more than {size} bytes", "Split the batch")
    text, codec = decode(data)
    lines = _lines(text, segments)
    found: list[Message] = []
    current: list[Segment] = []
    delimiters = Delimiters()
    for number, line in lines:
        name = line[:3]
        if name in _BATCH:
            continue
        if name == "MSH":
            if current:
                found.append(Message(tuple(current), delimiters, codec))
            delimiters = _delimiters(line, number)
            current = [_header(line, delimiters, number)]
            continue
        if not current:
            raise _refused(
                "header", f"the file begins with “{excerpt(line[:20])}”", "Begin with MSH", line=number
            )
        current.append(_segment(line, delimiters, number))
    if current:
        found.append(Message(tuple(current), delimiters, codec))
    if not found:
        raise _refused("header", "there is no MSH segment", "Begin each message with MSH")
    return found


def _lines(text: str, limit: int) -> Iterator[tuple[int, str]]:
    text = text.replace("\r\n", "\r").replace("\n", "\r").replace("\x1c", "").replace("\x0b", "")
    if text.count("\r") > limit * 2:
        raise _refused("segments", f"there are more than {limit} segments", "Split the batch")
    for number, line in enumerate(text.split("\r"), 1):
        if line.strip("\x00 \t\x1a"):
            yield number, line.lstrip(" \t")


def _delimiters(line: str, number: int) -> Delimiters:
    separator = line[3:4]
    declared = line[4:].split(separator, 1)[0] if separator else ""
    characters = declared + _DEFAULTS[len(declared) :] if declared else ""
    marks = separator + characters[:5]
    if not declared or len(set(marks)) != len(marks) or any(c.isalnum() or c.isspace() for c in marks):
        raise _refused(
            "delimiters",
            f"the message begins with “{excerpt(line[:12])}”",
            "Begin it with MSH|^~\\&| or five other different characters that are neither letters nor digits",
            "MSH-1",
            number,
        )
    return Delimiters(separator, *characters[:5])


def _header(line: str, delimiters: Delimiters, number: int) -> Segment:
    fields = line[4:].split(delimiters.field)
    return Segment("MSH", (delimiters.field, *fields), delimiters, number)


def _segment(line: str, delimiters: Delimiters, number: int) -> Segment:
    name, *fields = line.split(delimiters.field)
    if not _SEGMENT.fullmatch(name.rstrip()):
        raise _refused(
            "segment",
            f"the line “{excerpt(line, 30)}” does not begin with the name of a segment",
            "Write line breaks inside a text as \\.br\\, and end each segment with a carriage return",
            line=number,
        )
    return Segment(name.rstrip(), tuple(fields), delimiters, number)


def segment(name: str, *fields: str, delimiters: Delimiters = Delimiters()) -> Segment:  # noqa: B008 (frozen)
    """A segment from fields that are encoded already; trailing empty ones are dropped."""
    kept = list(fields)
    while kept and not kept[-1]:
        kept.pop()
    return Segment(name, tuple(kept), delimiters)


def write(message: Message) -> bytes:
    """The message as bytes, segments ended by carriage returns (chapter 2.6)."""
    separator = message.delimiters.field
    lines = []
    for found in message.segments:
        fields = found.fields[1:] if found.name == "MSH" else found.fields
        lines.append(separator.join((found.name, *fields)) + "\r")
    return "".join(lines).encode(message.charset, errors="replace")
