"""Narrative: well-formed XHTML of the allowed elements and attributes (FHIR R4, Narrative, 2.29.0.1; rules
txt-1 and txt-2). Scripts, forms, frames, external styles and event attributes are refused."""

import re

from lxml import etree

_NAMESPACE = "{http://www.w3.org/1999/xhtml}"

ELEMENTS = frozenset({
    "a", "abbr", "acronym", "address", "area", "b", "bdo", "big", "blockquote", "br", "caption", "cite",
    "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "img", "ins", "kbd", "li", "map", "ol", "p", "pre", "q", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u",
    "ul", "var",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "abbr", "accesskey", "align", "alt", "axis", "bgcolor", "border", "cellhalign", "cellpadding",
    "cellspacing", "cellvalign", "char", "charoff", "charset", "cite", "class", "clear", "color", "cols",
    "colspan", "compact", "coords", "datetime", "dir", "face", "frame", "headers", "height", "href",
    "hreflang", "id", "lang", "longdesc", "name", "noshade", "nowrap", "rel", "rev", "rowspan", "rules",
    "scope", "shape", "size", "span", "src", "start", "style", "summary", "tabindex", "title", "type",
    "usemap", "valign", "value", "width", "xmlns",
})  # fmt: skip
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}"
_UNSAFE_LINK = re.compile(r"[\s\x00-\x1f]*(?:javascript|vbscript|data:(?!image/))", re.IGNORECASE).match
_UNSAFE_STYLE = re.compile(
    r"expression\s*\(|javascript:|url\s*\(\s*['\"]?\s*(?:https?:)?//|@import", re.IGNORECASE
)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )


def narrative_problem(value: object) -> str:
    """What is wrong with a `div`, or "" when it is right."""
    if type(value) is not str:
        return "write it as a JSON string"
    return _problem(value)


def _problem(text: str) -> str:
    if "<!" in text and ("<!DOCTYPE" in text or "<!ENTITY" in text):
        return "a document type declaration is not allowed; remove it"
    try:
        root = etree.fromstring(text.encode(), _parser())
    except etree.XMLSyntaxError as error:
        return f"it is no well-formed XHTML ({error.msg})"
    except ValueError as error:
        return f"it is no XHTML ({error})"
    if root.tag != f"{_NAMESPACE}div":
        return 'the outermost element must be <div xmlns="http://www.w3.org/1999/xhtml">'
    found = next((problem for node in root.iter() if (problem := _element_problem(node))), "")
    return found or _empty_problem(root)


def _element_problem(node: "etree._Element") -> str:
    tag: object = node.tag
    if tag is etree.Comment:
        return ""
    if not isinstance(tag, str):
        return "entities and processing instructions are not allowed"
    name = tag.removeprefix(_NAMESPACE)
    if name not in ELEMENTS:
        return f"the element <{name}> is not allowed in a narrative; remove it"
    for key, value in node.attrib.items():
        if str(key).startswith(_XML_LANG):
            continue
        if key not in ATTRIBUTES:
            return f"the attribute {key!r} of <{name}> is not allowed in a narrative; remove it"
        if key in ("href", "src", "cite", "longdesc", "usemap") and _UNSAFE_LINK(str(value)):
            return f"the address in {key!r} of <{name}> could run a script; remove it"
        if key == "style" and _UNSAFE_STYLE.search(str(value)):
            return f"the style of <{name}> could load or run something; remove it"
    return ""


def _empty_problem(root: "etree._Element") -> str:
    """txt-2: the narrative has some content that is not blank."""
    if any(str(piece).strip() for piece in root.itertext()):
        return ""
    if any(node.tag == f"{_NAMESPACE}img" for node in root.iter()):
        return ""
    return "it is empty; write the content or leave the narrative out"
