"""ebRIM 3.0 into metadata values. What is not understood is kept in slots; what breaks the syntax is refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from lxml import etree

from ardenne.standards.xds import names
from ardenne.standards.xds.errors import Code, refuse
from ardenne.standards.xds.names import Kind
from ardenne.standards.xds.values import Association, Author, Coded, Metadata, Submission
from ardenne.standards.xml import hardened

_RIM = f"{{{names.RIM}}}"
Slots = dict[str, tuple[str, ...]]


def submission(node: etree._Element) -> Submission:
    """Return what a RegistryObjectList (or anything that holds one) submits. Raises errors.Refused."""
    found = node if node.tag == f"{_RIM}RegistryObjectList" else node.find(f".//{_RIM}RegistryObjectList")
    if found is None:
        raise refuse(Code.METADATA, "there is no RegistryObjectList: send metadata as ebRIM 3.0")
    classified = {
        str(one.get("classifiedObject", "")): str(one.get("classificationNode", ""))
        for one in found.iter(f"{_RIM}Classification")
        if one.get("classificationNode")
    }
    objects, associations = [], []
    for one in found:
        if one.tag == f"{_RIM}ExtrinsicObject":
            objects.append(_object(one, names.DOCUMENT))
        elif one.tag == f"{_RIM}RegistryPackage":
            objects.append(_object(one, _package_kind(one, classified)))
        elif one.tag == f"{_RIM}Association":
            associations.append(_association(one))
    return Submission(tuple(objects), tuple(associations))


def references(node: etree._Element) -> list[str]:
    """Return the ids of the ObjectRefs of a request, in order."""
    return [str(one.get("id", "")).strip() for one in node.iter(f"{_RIM}ObjectRef")]


def slots_of(node: etree._Element) -> Slots:
    """Return the slots of an element. A slot that stands twice is refused (ebRIM 3.0, 2.8.1)."""
    found: Slots = {}
    for slot in node.findall(f"{_RIM}Slot"):
        name = str(slot.get("name", ""))
        if name in found:
            raise refuse(
                Code.METADATA, f"the slot {name} stands twice: give all its values in one", _place(node)
            )
        found[name] = values_of(slot)
    return found


def values_of(slot: etree._Element) -> tuple[str, ...]:
    """Return the values of one slot."""
    return tuple(_text(value) for value in slot.iter(f"{_RIM}Value"))


def _package_kind(node: etree._Element, classified: dict[str, str]) -> Kind:
    mark = classified.get(str(node.get("id", "")), "")
    for kind in names.PACKAGES:
        if mark == kind.node:
            return kind
    raise refuse(
        Code.METADATA,
        "a RegistryPackage is classified neither as submission set nor as folder",
        _place(node),
    )


def _object(node: etree._Element, kind: Kind) -> Metadata:
    object_type = str(node.get("objectType", names.STABLE))
    if kind is names.DOCUMENT and object_type not in names.DOCUMENT_TYPES:
        raise refuse(Code.METADATA, f"the objectType {object_type[:80]} is not known", _place(node))
    codes, authors = _classified(node, kind)
    version = node.find(f"{_RIM}VersionInfo")
    return Metadata(
        kind=kind,
        id=str(node.get("id") or _new()),
        slots=slots_of(node),
        codes=codes,
        identifiers=dict(_identifiers(node, kind)),
        authors=tuple(authors),
        title=_words(node, "Name"),
        comments=_words(node, "Description"),
        status=str(node.get("status", names.APPROVED)),
        object_type=object_type,
        mime_type=str(node.get("mimeType", "")),
        home=str(node.get("home", "")),
        logical_id=str(node.get("lid", "")),
        version=str(version.get("versionName", "")) if version is not None else "",
        line=hardened.line_of(node),
    )


def _classified(node: etree._Element, kind: Kind) -> tuple[dict[str, tuple[Coded, ...]], list[Author]]:
    attributes = {scheme: name for name, scheme in kind.codes.items()}
    codes: dict[str, tuple[Coded, ...]] = {}
    authors = []
    for one in node.findall(f"{_RIM}Classification"):
        scheme = _tidy(str(one.get("classificationScheme", "")))
        if kind.author and scheme == kind.author:
            authors.append(Author(slots_of(one)))
        elif scheme:
            # of a scheme that XDS does not name the UUID is the name
            name = attributes.get(scheme, scheme)
            codes[name] = (*codes.get(name, ()), _coded(one))
    return codes, authors


def _coded(node: etree._Element) -> Coded:
    scheme = next(iter(slots_of(node).get(names.CODING_SCHEME, ())), "")
    return Coded(str(node.get("nodeRepresentation", "")), scheme, _words(node, "Name"))


def _identifiers(node: etree._Element, kind: Kind) -> Iterator[tuple[str, str]]:
    attributes = {scheme: name for name, scheme in kind.identifiers.items()}
    for one in node.findall(f"{_RIM}ExternalIdentifier"):
        scheme = _tidy(str(one.get("identificationScheme", "")))
        yield attributes.get(scheme, scheme), str(one.get("value", "")).strip()


def _association(node: etree._Element) -> Association:
    documentation = tuple(_coded(one) for one in node.findall(f"{_RIM}Classification"))
    return Association(
        id=str(node.get("id") or _new()),
        type=_association_type(str(node.get("associationType", ""))),
        source=str(node.get("sourceObject", "")),
        target=str(node.get("targetObject", "")),
        slots=slots_of(node),
        documentation=documentation,
        status=str(node.get("status", names.APPROVED)),
        line=hardened.line_of(node),
    )


def _association_type(text: str) -> str:
    """Return a type as XDS.b names it; the short names of ebRIM 2.1 are still sent by some."""
    if text == "HasMember":
        return names.HAS_MEMBER
    if text in ("RPLC", "APND", "XFRM", "XFRM_RPLC", "signs"):
        return f"urn:ihe:iti:2007:AssociationType:{text}"
    return text


def _words(node: etree._Element, element: str) -> str:
    found = node.find(f"{_RIM}{element}/{_RIM}LocalizedString")
    return str(found.get("value", "")) if found is not None else ""


def _text(node: etree._Element) -> str:
    return "".join(str(part) for part in node.itertext()).strip()


def _tidy(uuid_text: str) -> str:
    return "".join(uuid_text.split())


def _place(node: etree._Element) -> str:
    return f"{etree.QName(node).localname} {node.get('id', '')} (line {hardened.line_of(node)})"


def _new() -> str:
    return f"urn:uuid:{uuid.uuid4()}"
