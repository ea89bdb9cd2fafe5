"""Parse XML that may be hostile.

Refused before anything is built: document type declarations (and with them entities, external
subsets, billion-laughs and XXE attacks), unlisted encodings, XInclude, and whatever exceeds the
limits. Nothing is ever fetched. Comments and processing instructions are dropped, so that text
is not cut by them. See OWASP XML External Entity Prevention; W3C XML 1.0 chapters 2.8 and 4.
"""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec
from lxml import etree

from ardenne.standards.refusal import Refused, excerpt

_XINCLUDE = "http://www.w3.org/2001/XInclude"
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"}
)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"']")
# What may stand before the root element besides a document type declaration (XML 1.0, production 22).
_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_CHUNK = 1 << 16
_TEXT_LIMIT = 10_000_000  # libxml2 refuses longer text nodes unless huge_tree is set


class Limits(msgspec.Struct, frozen=True):
    """How much of a stranger's XML is taken: bytes, nesting depth, elements and attributes together."""

    size: int = 64 << 20
    depth: int = 150
    nodes: int = 2_000_000


def parse(data: bytes, limits: Limits = Limits()) -> etree._Element:  # noqa: B008 (frozen)
    """The root element of `data`; raises Refused with rule, line and a way to mend it."""
    if len(data) > limits.size:
        raise Refused(
            rule="xml-size",
            found=f"the file has {len(data)} bytes, more than the limit of {limits.size}",
            mend="Send large attachments as documents of their own",
        )
    _check_prolog(data)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=len(data) > _TEXT_LIMIT,
    )
    try:
        _feed(parser, data, limits)
        root: etree._Element = parser.close()
    except etree.XMLSyntaxError as error:
        raise _syntax(error) from error
    except (LookupError, ValueError) as error:
        raise Refused(rule="xml-encoding", found=str(error), mend="Save the file as UTF-8") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _dtd()
    return root


def _feed(parser: etree.XMLPullParser, data: bytes, limits: Limits) -> None:
    """Feed in slices and count, so that a bomb is refused before it fills the memory."""
    depth = nodes = 0
    for offset in range(0, len(data), _CHUNK):
        parser.feed(data[offset : offset + _CHUNK])
        for event, found in parser.read_events():
            if event == "end":
                depth -= 1
                continue
            element = cast(etree._Element, found)
            depth += 1
            nodes += 1 + len(element.attrib)
            if depth > limits.depth:
                raise _limit("depth", f"elements are nested deeper than {limits.depth}", element)
            if nodes > limits.nodes:
                raise _limit("nodes", f"there are more than {limits.nodes} elements and attributes", element)
            if isinstance(element.tag, str) and element.tag.startswith(f"{{{_XINCLUDE}}}"):
                raise Refused(
                    rule="xml-xinclude",
                    found="the document asks to include another file (XInclude)",
                    mend="Put the content itself into the document; nothing is fetched from elsewhere",
                    line=line_of(element),
                )


def _check_prolog(data: bytes) -> None:
    if not data.strip():
        raise Refused(rule="xml-empty", found="the file is empty", mend="Send the document itself")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    elif b"\x00" in data[:4]:
        raise Refused(
            rule="xml-encoding",
            found="the file is in a two- or four-byte encoding without a byte order mark",
            mend="Save the file as UTF-8",
        )
    else:
        text = data.decode("latin-1").removeprefix("ï»¿")
    declared = _DECLARATION.match(text)
    if declared and declared[1].lower() not in _ENCODINGS:
        raise Refused(
            rule="xml-encoding",
            found=f"the declared encoding {excerpt(declared[1])} is not accepted",
            mend="Save the file as UTF-8 and declare it so",
            line=1,
        )
    position = 0
    while step := _PROLOG.match(text, position):
        position = step.end()
    if text.startswith("<!", position):
        raise _dtd(text.count("\n", 0, position) + 1)


def _dtd(line: int = 0) -> Refused:
    return Refused(
        rule="xml-doctype",
        found="the document has a document type declaration (<!DOCTYPE …>)",
        mend="Remove it and write characters instead of entities; it is never needed and can be abused",
        line=line,
    )


def _limit(name: str, found: str, element: etree._Element) -> Refused:
    return Refused(rule=f"xml-{name}", found=found, mend="Split the document", line=line_of(element))


def _syntax(error: etree.XMLSyntaxError) -> Refused:
    message = excerpt(error.msg or "not well-formed", 160)
    if "encoding" in message or "not proper UTF-8" in message or "Invalid bytes" in message:
        return Refused(
            rule="xml-encoding",
            found=f"bytes that do not fit the encoding: {message}",
            mend="Declare the encoding in the first line, or save the file as UTF-8",
            line=_error_line(error),
        )
    if "Excessive depth" in message:
        return Refused(
            rule="xml-depth",
            found="elements are nested too deeply",
            mend="Split the document",
            line=_error_line(error),
        )
    if "Entity" in message and "not defined" in message:
        mend = "Write the character itself or a numeric reference such as &#160;"
    else:
        mend = "Correct the XML at this line; any XML editor shows the same error"
    return Refused(rule="xml-syntax", found=message, mend=mend, line=_error_line(error))


def line_of(element: etree._Element) -> int:
    """The line of the source where `element` begins; 0 when it does not come from a file."""
    line: Any = element.sourceline
    return line if isinstance(line, int) else 0


def _error_line(error: etree.XMLSyntaxError) -> int:
    line: Any = error.lineno
    return line if isinstance(line, int) else 0
