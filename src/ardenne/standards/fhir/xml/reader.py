"""FHIR XML to the JSON form of a resource."""

from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from ardenne.standards.fhir.definitions import RESOURCE_TYPES, Property, properties
from ardenne.standards.fhir.json import MAX_DEPTH, FhirSyntaxError
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.fhir.xml.names import FHIR, XHTML, is_attribute
from ardenne.standards.fhir.xml.narrative import serialised, source_texts, stands_alone
from ardenne.standards.refusal import Refused
from ardenne.standards.xml import hardened

Json = dict[str, Any]
_LIMITS = hardened.Limits(depth=MAX_DEPTH + 50)
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"


def parse(data: bytes) -> Json:
    """The resource in `data`, as its JSON would be; decimals are `decimal.Decimal` with all their digits.

    Comments are dropped. Raises FhirSyntaxError for the first thing that has no place in FHIR XML.
    """
    resource, issues = read(data)
    if issues:
        raise FhirSyntaxError(issues[0], _line(issues[0]))
    return resource


def read(data: bytes) -> tuple[Json, list[Issue]]:
    """The resource and everything that has no place in FHIR XML (unknown or misplaced elements, stray text).

    Raises FhirSyntaxError when `data` is no XML at all or its root is no resource.
    """
    try:
        root = hardened.parse(data, _LIMITS)
    except Refused as refused:
        refusal = refused.refusal
        message = f"Line {refusal.line}: {refusal.found}. {refusal.mend}."
        raise FhirSyntaxError(Issue("fatal", "structure", "", message, refusal.rule), refusal.line) from None
    reader = _Reader(_narratives(root, data))
    name = etree.QName(root).localname
    if etree.QName(root).namespace != FHIR or name not in RESOURCE_TYPES:
        message = f'Line {root.sourceline}: <{name}> is no resource; use an R4 type with xmlns="{FHIR}".'
        raise FhirSyntaxError(
            Issue("fatal", "structure", "", message, "resource-type"), hardened.line_of(root)
        )
    return reader.resource(root, name), reader.issues


def _narratives(root: etree._Element, data: bytes) -> dict[etree._Element, str]:
    """The source text of the narratives of a document by their node."""
    div = f"{{{XHTML}}}div"
    nodes = [node for node in root.iter(div) if not any(above.tag == div for above in node.iterancestors())]
    texts = source_texts(data) if nodes else []
    if len(texts) != len(nodes):
        return {}
    return {node: text for node, text in zip(nodes, texts, strict=True) if stands_alone(text)}


def _line(issue: Issue) -> int:
    words = issue.message.partition(":")[0].split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


class _Reader:
    """Walks one document and keeps what it could not place."""

    def __init__(self, narratives: dict[etree._Element, str]) -> None:
        self.issues: list[Issue] = []
        self.narratives = narratives

    def problem(self, node: etree._Element, path: str, message: str, rule: str) -> None:
        """Note something that has no place."""
        text = f"Line {hardened.line_of(node)}: {message}"
        self.issues.append(Issue("error", "structure", path, text, rule))

    def resource(self, node: etree._Element, path: str) -> Json:
        """A resource element."""
        kind = etree.QName(node).localname
        if kind not in RESOURCE_TYPES or etree.QName(node).namespace != FHIR:
            self.problem(node, path, f"<{kind}> is no resource type of R4.", "resource-type")
            return {"resourceType": kind}
        return {"resourceType": kind, **self.content(node, kind, path)}

    def content(self, node: etree._Element, type_name: str, path: str) -> Json:
        """The properties of an object: attributes, then children in their order."""
        known = properties(type_name)
        found: Json = {}
        self.attributes(node, known, found, path)
        self.text(node, path)
        last = -1
        for child in node:
            name = etree.QName(child).localname
            expected = XHTML if name == "div" else FHIR
            prop = known.get(name)
            if prop is None or is_attribute(prop) or etree.QName(child).namespace != expected:
                self.problem(
                    child, path, f"{type_name} has no element <{name}> here. Remove it.", "unknown-element"
                )
                continue
            if prop.position < last:
                self.problem(
                    child, path, f"<{name}> stands too late; keep the order of {type_name}.", "element-order"
                )
            last = max(last, prop.position)
            self.add(found, prop, child, path)
        return found

    def attributes(self, node: etree._Element, known: dict[str, Property], found: Json, path: str) -> None:
        """Attributes that are properties; schema locations are ignored."""
        for key, value in node.attrib.items():
            name = str(key)
            prop = known.get(name)
            if prop is not None and is_attribute(prop):
                found[name] = str(value)
            elif not name.startswith(_INSTANCE):
                self.problem(
                    node, path, f"The attribute {name!r} has no place here. Remove it.", "unknown-attribute"
                )

    def text(self, node: etree._Element, path: str) -> None:
        """Text between elements."""
        pieces = [node.text, *(child.tail for child in node)]
        if any(piece and piece.strip() for piece in pieces):
            self.problem(node, path, "Text between elements has no place in FHIR. Remove it.", "text")

    def add(self, found: Json, prop: Property, child: etree._Element, path: str) -> None:
        """Put one child element where JSON has it."""
        name = prop.name
        index = len(found.get(name) or found.get("_" + name) or ()) if prop.repeats else 0
        place = f"{path}.{name}[{index}]" if prop.repeats else f"{path}.{name}"
        if prop.primitive and prop.type != "xhtml":
            value, companion = self.primitive(child, prop, place)
            _put(found, name, value, companion, prop.repeats)
            return
        if prop.type == "xhtml":
            value = self.narrative(child)
        elif prop.type == "Resource":
            value = self.wrapped(child, place)
        else:
            value = self.content(child, prop.type, place)
        if prop.repeats:
            found.setdefault(name, []).append(value)
        elif name in found:  # the validator reports the array
            before = found[name]
            found[name] = [*before, value] if type(before) is list else [before, value]
        else:
            found[name] = value

    def narrative(self, node: etree._Element) -> str:
        """The narrative as it is written, when that can stand alone."""
        return self.narratives.get(node) or serialised(node)

    def wrapped(self, node: etree._Element, path: str) -> Json:
        """The resource in a `contained`, `resource` or `outcome` element."""
        self.text(node, path)
        if len(node) != 1:
            self.problem(node, path, f"Expected one resource, found {len(node)} elements.", "resource-type")
            return {}
        return self.resource(node[0], path)

    def primitive(self, node: etree._Element, prop: Property, path: str) -> tuple[Any, Json | None]:
        """The value of the attribute and what accompanies it (id, extensions)."""
        self.text(node, path)
        companion: Json = {}
        value = None
        for key, text in node.attrib.items():
            if key == "value":
                value = _value(str(text), prop.type)
            elif key == "id":
                companion["id"] = str(text)
            elif not str(key).startswith(_INSTANCE):
                self.problem(
                    node, path, f"The attribute {key!r} has no place here. Remove it.", "unknown-attribute"
                )
        for child in node:
            if child.tag != f"{{{FHIR}}}extension":
                name = etree.QName(child).localname
                self.problem(child, path, f"A {prop.type} has no element <{name}>.", "unknown-element")
                continue
            extensions = companion.setdefault("extension", [])
            extensions.append(self.content(child, "Extension", f"{path}.extension[{len(extensions)}]"))
        if value is None and not companion:
            self.problem(node, path, f"<{prop.name}> is empty. Give it a value or remove it.", "ele-1")
        return value, companion or None


def _put(found: Json, name: str, value: Any, companion: Json | None, repeats: bool) -> None:
    """A primitive in its property and its companion property; arrays stay aligned by nulls."""
    if not repeats and name not in found and "_" + name not in found:
        if value is not None:
            found[name] = value
        if companion is not None:
            found["_" + name] = companion
        return
    values, companions = _as_list(found.get(name)), _as_list(found.get("_" + name))
    length = max(len(values), len(companions))
    values += [None] * (length - len(values)) + [value]
    companions += [None] * (length - len(companions)) + [companion]
    for key, items in ((name, values), ("_" + name, companions)):
        if any(item is not None for item in items):
            found[key] = items


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if type(value) is list else [value]


def _value(text: str, type_name: str) -> Any:
    """The JSON value of an attribute; what is no number or boolean stays text for the validator to refuse."""
    if type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if type_name in ("integer", "positiveInt", "unsignedInt"):
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else text
    if type_name == "decimal":
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return number if number.is_finite() and text == text.strip() and "_" not in text else text
    return text
