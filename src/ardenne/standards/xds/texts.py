"""Metadata values as text of ebRIM 3.0, in the order that its schema asks.

Answers hold hundreds of objects with dozens of elements each: written as text they cost a fifth of what
a tree of elements costs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from ardenne.standards.xds import names
from ardenne.standards.xds.values import Association, Coded, Metadata

NAMESPACES = {"rim": names.RIM, "rs": names.RS, "query": names.QUERY, "xds": names.XDSB, "lcm": names.LCM}
_DOCUMENTATION = "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3"
_SPECIAL = re.compile(r"[&<>\"\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
}  # fmt: skip
"""Signs that are written as references; other special signs cannot stand in XML 1.0 at all and are left out."""


def query_response(status: str, objects: Iterable[str]) -> str:
    """Return an AdhocQueryResponse of some objects."""
    opening = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
    return (
        f'<query:AdhocQueryResponse {opening} status="{status}"><rim:RegistryObjectList>{"".join(objects)}'
        "</rim:RegistryObjectList></query:AdhocQueryResponse>"
    )


def registry_object(found: Metadata) -> str:
    """Return a document entry, submission set or folder."""
    kind, own = found.kind, escaped(found.id)
    ids = _new(len(found.authors) + sum(map(len, found.codes.values())) + len(found.identifiers) + 1)
    is_document = kind is names.DOCUMENT
    tag = "rim:ExtrinsicObject" if is_document else "rim:RegistryPackage"
    object_type = _recurring(found.object_type) if is_document else names.PACKAGE_TYPE
    parts = [
        f'<{tag} id="{own}" lid="{escaped(found.logical_id) or own}" objectType="{object_type}" '
        f'status="{_recurring(found.status)}"'
    ]
    if found.home:
        parts.append(f' home="{_recurring(found.home)}"')
    if is_document:
        parts.append(f' mimeType="{_recurring(found.mime_type)}"')
    parts.append(">")
    parts.append(_slots(found.slots))
    parts.append(_words("Name", found.title))
    parts.append(_words("Description", found.comments))
    parts.append(f'<rim:VersionInfo versionName="{escaped(found.version) or "1"}"/>')
    for author in found.authors:
        parts.append(
            f'<rim:Classification id="{next(ids)}" classifiedObject="{own}" classificationScheme="{kind.author}" '
            f'nodeRepresentation="">{_slots(author.slots)}</rim:Classification>'
        )
    for name, codes in found.codes.items():
        scheme = kind.codes.get(name, name)
        for code in codes:
            parts.append(
                f'<rim:Classification id="{next(ids)}" classifiedObject="{own}"{_coded(scheme, code)}'
            )
    if kind.node:
        parts.append(
            f'<rim:Classification id="{next(ids)}" classifiedObject="{own}" classificationNode="{kind.node}"/>'
        )
    for name, value in found.identifiers.items():
        before, after = _identified(kind.identifiers.get(name, name), f"{kind.name}.{name}")
        parts.append(
            f'<rim:ExternalIdentifier id="{next(ids)}" registryObject="{own}" {before}{escaped(value)}{after}'
            "</rim:ExternalIdentifier>"
        )
    parts.append(f"</{tag}>")
    return "".join(parts)


def association(found: Association, home: str = "") -> str:
    """Return an association."""
    own = escaped(found.id)
    at = f' home="{escaped(home)}"' if home else ""
    ids = _new(len(found.documentation))
    documentation = "".join(
        f'<rim:Classification id="{number}" classifiedObject="{own}"{_coded(_DOCUMENTATION, code)}'
        for number, code in zip(ids, found.documentation, strict=True)
    )
    return (
        f'<rim:Association id="{own}" lid="{own}" objectType="{names.ASSOCIATION_TYPE}" '
        f'status="{escaped(found.status)}" associationType="{escaped(found.type)}" '
        f'sourceObject="{escaped(found.source)}" targetObject="{escaped(found.target)}"{at}>'
        f'{_slots(found.slots)}<rim:VersionInfo versionName="1"/>{documentation}</rim:Association>'
    )


def reference(object_id: str, home: str = "") -> str:
    """Return an ObjectRef."""
    at = f' home="{escaped(home)}"' if home else ""
    return f'<rim:ObjectRef id="{escaped(object_id)}"{at}/>'


def escaped(text: str) -> str:
    """Return a text as it stands in an attribute or an element."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _REFERENCES.get(found[0], ""), text)


def _slots(slots: Mapping[str, tuple[str, ...]]) -> str:
    parts = []
    for name, values in slots.items():
        parts.append(f'<rim:Slot name="{_recurring(name)}"><rim:ValueList>')
        for value in values:
            parts.append(f"<rim:Value>{escaped(value)}</rim:Value>")
        parts.append("</rim:ValueList></rim:Slot>")
    return "".join(parts)


@lru_cache(maxsize=4096)
def _recurring(text: str) -> str:
    """Return a text that many objects share as it stands in XML."""
    return escaped(text)


@lru_cache(maxsize=4096)
def _identified(scheme: str, name: str) -> tuple[str, str]:
    """Return what an ExternalIdentifier says before and after its value."""
    return f'identificationScheme="{escaped(scheme)}" value="', f'">{_words("Name", name)}'


def _words(name: str, text: str) -> str:
    if not text:
        return ""
    return f'<rim:{name}><rim:LocalizedString charset="UTF-8" value="{escaped(text)}"/></rim:{name}>'


@lru_cache(maxsize=4096)
def _coded(scheme: str, code: Coded) -> str:
    """Return what a Classification says of a code after its ids; documents share most of their codes."""
    return (
        f' classificationScheme="{escaped(scheme)}" nodeRepresentation="{escaped(code.code)}">'
        f"{_slots({names.CODING_SCHEME: (code.scheme,)})}{_words('Name', code.display)}</rim:Classification>"
    )


def _new(count: int) -> Iterator[str]:
    """Yield new ids: UUIDs of version 4 (RFC 9562, 5.4)."""
    text = os.urandom(16 * count).hex()
    for at in range(0, len(text), 32):
        one = text[at : at + 32]
        yield f"urn:uuid:{one[:8]}-{one[8:12]}-4{one[13:16]}-a{one[17:20]}-{one[20:]}"
