"""The XHTML that a narrative may hold (FHIR R4, Narrative: invariants txt-1 and txt-2)."""

from __future__ import annotations

from typing import Final

from lxml import etree

_NAMESPACE: Final = "{http://www.w3.org/1999/xhtml}"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS: Final = _words(
    """
    a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5
    h6 hr i img li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var
    address bdo del ins kbd
    """
)
ATTRIBUTES: Final = _words(
    """
    abbr accesskey align alt axis border cellhalign cellpadding cellspacing cellvalign char charoff
    charset cite class colspan compact coords dir frame headers height href hreflang hspace id lang
    longdesc name nowrap rel rev rowspan rules scope shape span src start style summary tabindex title
    type valign value vspace width bgcolor color face size background noshade
    """
)
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


def is_valid_narrative(text: str) -> bool:
    """Whether the text is one `div` of allowed elements and attributes that says something."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return False
    try:
        root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return False
    if root.tag != f"{_NAMESPACE}div" or not all(_is_allowed(node) for node in root.iter()):
        return False
    return (
        bool("".join(str(part) for part in root.itertext()).strip())
        or root.find(f".//{_NAMESPACE}img") is not None
    )


def _is_allowed(node: etree._Element) -> bool:
    if isinstance(node, etree._Comment):
        return True
    name = str(node.tag).removeprefix(_NAMESPACE)
    if name == str(node.tag) or name not in ELEMENTS:
        return False
    for attribute, value in node.attrib.items():
        if str(attribute) != _XML_LANG and str(attribute) not in ATTRIBUTES:
            return False
        if attribute in ("href", "src") and str(value).strip().lower().startswith(
            ("javascript:", "vbscript:")
        ):
            return False
    return True
