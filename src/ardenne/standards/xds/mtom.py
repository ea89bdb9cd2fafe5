"""MTOM: a SOAP envelope and its contents as the parts of one MIME message (W3C XOP, RFC 2387)."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree

from ardenne.standards.xds import names
from ardenne.standards.xds.soap import Fault

_INCLUDE = f"{{{names.XOP}}}Include"
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_PARAMETER = re.compile(r';\s*([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^;\s]+))')


class Package(NamedTuple):
    """The envelope and the contents by their Content-ID, without angle brackets."""

    envelope: bytes
    contents: Mapping[str, bytes]


def is_package(content_type: str) -> bool:
    """Tell whether a content type is that of an MTOM message."""
    return content_type.partition(";")[0].strip().lower() == "multipart/related"


def read(content_type: str, data: bytes) -> Package:
    """Return the parts of a message. Raises Fault."""
    parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(content_type)}
    boundary = parameters.get("boundary", "")
    if not boundary or len(boundary) > 200:
        raise Fault("Sender", "the Content-Type names no boundary")
    parts = _parts(data, b"--" + boundary.encode("latin-1", "replace"))
    if not parts:
        raise Fault("Sender", "the message has no part between the boundaries that its Content-Type names")
    start = parameters.get("start", "").strip("<>") or parts[0][0]
    contents = dict(parts)
    if start not in contents:
        raise Fault("Sender", "there is no part with the Content-ID that 'start' names")
    return Package(contents.pop(start), contents)


def _parts(data: bytes, mark: bytes) -> list[tuple[str, bytes]]:
    # a boundary stands alone on its line (RFC 2046, 5.1.1): text that only begins like one is content
    line = re.compile(rb"(?:\A|\r?\n)" + re.escape(mark) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    found: list[tuple[str, bytes]] = []
    before = None
    for match in line.finditer(data):
        if before is not None:
            found.append(_part(data, before.end(), match.start(), len(found)))
        if match[1]:
            return found
        before = match
    if before is not None:
        raise Fault("Sender", "the last boundary is missing: the message was cut off")
    return found


def _part(data: bytes, begin: int, stop: int, place: int) -> tuple[str, bytes]:
    match = _HEAD_END.search(data, begin, stop)
    if match is None:
        raise Fault("Sender", f"part {place + 1} has no empty line between its head and its content")
    headers = {}
    for line in data[begin : match.start()].decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    content = data[match.end() : stop]
    if headers.get("content-transfer-encoding", "").lower() == "base64":
        content = decoded(content.decode("latin-1"))
    return headers.get("content-id", f"part{place}").strip("<>"), content


def content_of(node: etree._Element, contents: Mapping[str, bytes]) -> bytes:
    """Return the bytes that an element holds: included by XOP, or as base64. Raises Fault."""
    include = node.find(_INCLUDE)
    if include is None:
        return decoded("".join(str(part) for part in node.itertext()))
    name = unquote(str(include.get("href", "")).removeprefix("cid:"))
    if name not in contents:
        raise Fault("Sender", f"there is no part with the Content-ID {name[:80]}")
    return contents[name]


def decoded(text: str) -> bytes:
    """Return what base64 text stands for. Raises Fault."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Fault("Sender", "a Document is not base64") from None


class Writer:
    """Gathers the contents of an answer."""

    def __init__(self) -> None:
        self._contents: list[tuple[str, str, bytes]] = []

    def include(self, parent: etree._Element, content: bytes, media_type: str) -> None:
        """Put a content into the message and a reference to it into an element."""
        name = f"{uuid.uuid4()}@ardenne"
        self._contents.append((name, media_type, content))
        etree.SubElement(parent, _INCLUDE, {"href": f"cid:{name}"}, nsmap={"xop": names.XOP})

    def message(self, envelope: bytes, action: str) -> tuple[str, bytes]:
        """Return the content type and the bytes of the whole message."""
        boundary = f"MIMEBoundary_{uuid.uuid4().hex}"
        root = "root.message@ardenne"
        parts = [
            f"--{boundary}\r\nContent-Type: application/xop+xml; charset=UTF-8; "
            f'type="application/soap+xml"\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{root}>\r\n\r\n'.encode(),
            envelope,
        ]
        for name, kind, content in self._contents:
            safe = "".join(sign for sign in kind if sign.isascii() and sign.isprintable())
            parts.append(
                f"\r\n--{boundary}\r\nContent-Type: {safe or 'application/octet-stream'}\r\n"
                f"Content-Transfer-Encoding: binary\r\nContent-ID: <{name}>\r\n\r\n".encode()
            )
            parts.append(content)
        parts.append(f"\r\n--{boundary}--\r\n".encode())
        kind = (
            f'multipart/related; boundary="{boundary}"; type="application/xop+xml"; start="<{root}>"; '
            f'start-info="application/soap+xml"; action="{action}"'
        )
        return kind, b"".join(parts)
