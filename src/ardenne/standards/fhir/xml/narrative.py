"""Narratives word for word: what JSON carries as text must come back from XML unchanged, down to
the quotes of attributes, so that the source text is kept instead of a serialised tree."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from lxml import etree

from ardenne.standards.fhir.xml.names import XHTML

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?P<end>/?)(?P<name>[^\s/>]+)(?:[^>\"']|\"[^\"]*\"|'[^']*')*?(?P<empty>/?)>",
    re.DOTALL,
)
_DEFAULT: Any = {None: XHTML}
_DECLARED = re.compile(r"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']+)[\"']")
_OWN_NAMESPACE = re.compile(rf"<div\s(?:[^>]*?\s)?xmlns\s*=\s*[\"']{re.escape(XHTML)}[\"']")
_OTHER_NAMESPACE = re.compile(r"<[^>]*\sxmlns:[^>]*>|</?\w+:\w")


def source_texts(data: bytes) -> list[str]:
    """The source text of each narrative `div`, in the order of the document; [] for other encodings."""
    text = data.decode("utf-8-sig", errors="replace")
    declared = _DECLARED.match(text)
    if "\ufffd" in text or (declared and declared[1].lower() not in ("utf-8", "utf8", "us-ascii")):
        return []
    return list(_divs(text))


def _divs(text: str) -> Iterator[str]:
    depth = start = 0
    for token in _TOKEN.finditer(text):
        name = token["name"]
        if name is None or name.rpartition(":")[2] != "div":
            continue
        if token["end"]:
            depth -= 1
        else:
            if depth == 0:
                start = token.start()
            depth += not token["empty"]
        if depth == 0:
            yield text[start : token.end()]


def stands_alone(source: str) -> bool:
    """Whether the text means the same outside of its document: its own namespace, no others."""
    return bool(_OWN_NAMESPACE.match(source)) and not _OTHER_NAMESPACE.search(source)


def serialised(node: etree._Element) -> str:
    """A narrative tree as text, with XHTML as its default namespace and no other declarations."""
    copy = _with_default_namespace(node) if node.prefix else deepcopy(node)
    copy.tail = None
    etree.cleanup_namespaces(copy)
    return etree.tostring(copy, encoding="unicode")


def _with_default_namespace(node: etree._Element) -> etree._Element:
    root = etree.Element(node.tag, {str(k): str(v) for k, v in node.attrib.items()}, nsmap=_DEFAULT)
    root.text = node.text
    for child in node:
        inner = _with_default_namespace(child)
        inner.tail = child.tail
        root.append(inner)
    return root
