"""Read the HL7 version 3 data types from the elements of a document.

Readers here never fail on a missing part; a part that is there but wrong (a date that is no date)
is noted in `Reading.notes` and left out.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import cast

from lxml import etree

from ardenne.standards import timestamps
from ardenne.standards.cda import datatypes as dt
from ardenne.standards.refusal import Refusal, excerpt
from ardenne.standards.xml.hardened import line_of

CDA = "urn:hl7-org:v3"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LABEL = 1000
_NOTES = 200
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_PRECISE_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class Reading:
    """What is shared while one document is read: the narrative texts by ID, and the notes taken."""

    def __init__(self, root: etree._Element) -> None:
        self.notes: list[Refusal] = []
        self._texts: dict[str, str] = {}
        self._narrative = {
            identifier: element for element in root.iter(f"{{{CDA}}}*") if (identifier := element.get("ID"))
        }

    def referenced(self, reference: str) -> str:
        """The narrative text with the ID that `reference` ("#id") names; "" when there is none.

        Cut to a length that a label may have: many references to one huge text must cost nothing.
        """
        name = reference.strip().removeprefix("#")
        if name not in self._texts:
            element = self._narrative.get(name)
            self._texts[name] = "" if element is None else excerpt(squeeze(content(element)), _LABEL)
        return self._texts[name]

    def note(self, element: etree._Element, *, rule: str, found: str, mend: str) -> None:
        if len(self.notes) < _NOTES:
            where = path_of(element)
            self.notes.append(Refusal(rule=rule, found=found, mend=mend, where=where, line=line_of(element)))


def local(element: etree._Element) -> str:
    """Element name without namespace."""
    return str(element.tag).rsplit("}", 1)[-1]


def child(element: etree._Element | None, *names: str) -> etree._Element | None:
    """Follow `names` from parent to first child of that name; None when one is missing."""
    for name in names:
        if element is None:
            return None
        element = element.find(f"{{{CDA}}}{name}")
    return element


def children(element: etree._Element | None, name: str) -> list[etree._Element]:
    return [] if element is None else element.findall(f"{{{CDA}}}{name}")


def attribute(element: etree._Element | None, name: str) -> str:
    if element is None:
        return ""
    return str(element.get(name, "")).strip()


def content(element: etree._Element) -> str:
    """All text inside, including that of inner elements."""
    return "".join(cast("Iterator[str]", element.itertext()))


def squeeze(text: str) -> str:
    return " ".join(text.split())


def path_of(element: etree._Element) -> str:
    """A path that a person can follow: element names with positions, from the root."""
    steps: list[str] = []
    here: etree._Element | None = element
    while here is not None:
        parent = here.getparent()
        same = [e for e in parent if e.tag == here.tag] if parent is not None else [here]
        steps.append(local(here) + (f"[{same.index(here) + 1}]" if len(same) > 1 else ""))
        here = parent
    return "/" + "/".join(reversed(steps))


def identifiers(element: etree._Element | None, name: str = "id") -> tuple[dt.Identifier, ...]:
    """The usable identifiers: those with a null flavour or without root are left out."""
    return tuple(
        dt.Identifier(
            attribute(found, "root"),
            attribute(found, "extension"),
            attribute(found, "assigningAuthorityName"),
        )
        for found in children(element, name)
        if attribute(found, "root") and not attribute(found, "nullFlavor")
    )


def code(element: etree._Element | None, reading: Reading) -> dt.Code | None:
    if element is None:
        return None
    return dt.Code(
        code=attribute(element, "code"),
        system=attribute(element, "codeSystem"),
        display=attribute(element, "displayName"),
        system_name=attribute(element, "codeSystemName"),
        null=attribute(element, "nullFlavor"),
        text=described(child(element, "originalText"), reading),
        translations=tuple(
            read
            for inner in children(element, "translation")
            if (read := code(inner, reading)) is not None and (read.code or read.wording)
        ),
    )


def described(element: etree._Element | None, reading: Reading) -> str:
    """The characters of an ED element, or the narrative that its reference points to."""
    if element is None or attribute(element, "representation") == "B64":
        return ""
    reference = child(element, "reference")
    found = reading.referenced(attribute(reference, "value")) if reference is not None else ""
    return found or squeeze(content(element))


def moment(element: etree._Element | None, reading: Reading) -> timestamps.Timestamp | None:
    text = attribute(element, "value")
    if element is None or not text:
        return None
    try:
        return timestamps.read(text)
    except ValueError as error:
        reading.note(
            element,
            rule="cda-time",
            found=f"“{excerpt(text)}” is not a point in time: {error}",
            mend="Write YYYYMMDDHHMMSS+ZZZZ, as many digits as are known: 20240131141500+0100",
        )
        return None


def interval(element: etree._Element | None, reading: Reading) -> dt.Interval | None:
    if element is None:
        return None
    return dt.Interval(
        point=moment(element, reading) or moment(child(element, "center"), reading),
        low=moment(child(element, "low"), reading),
        high=moment(child(element, "high"), reading),
        null=attribute(element, "nullFlavor"),
    )


def quantity(element: etree._Element | None, reading: Reading) -> dt.Quantity | None:
    """A number with its unit, its spelling made that of JSON (".5" becomes "0.5", "007" becomes "7")."""
    if element is None:
        return None
    text = attribute(element, "value").replace(" ", "")
    if text and not _NUMBER.fullmatch(text):
        reading.note(
            element,
            rule="cda-number",
            found=f"“{excerpt(text)}” is not a number",
            mend="Write digits with a point as decimal sign and no thousands separator",
        )
        text = ""
    return dt.Quantity(_json_number(text), attribute(element, "unit"), attribute(element, "nullFlavor"))


def _json_number(text: str) -> str:
    if not text or _PRECISE_NUMBER.fullmatch(text):
        return text
    sign = "-" if text.startswith("-") else ""
    whole, point, rest = text.lstrip("+-").partition(".")
    if not point:
        return sign + (whole.lstrip("0") or "0")
    return f"{sign}{whole.lstrip('0') or '0'}{'.' + rest if rest[:1].isdigit() else rest}"


def value_range(element: etree._Element, reading: Reading) -> dt.Range | None:
    low, high = child(element, "low"), child(element, "high")
    if low is None and high is None:
        return None
    return dt.Range(
        low=_known(quantity(low, reading)),
        high=_known(quantity(high, reading)),
        low_closed=attribute(low, "inclusive") != "false",
        high_closed=attribute(high, "inclusive") != "false",
    )


def _known(found: dt.Quantity | None) -> dt.Quantity | None:
    return found if found is not None and found.value else None


def type_name(element: etree._Element) -> str:
    """The data type that xsi:type names, without prefix."""
    return attribute(element, _XSI_TYPE).rsplit(":", 1)[-1]


def value(element: etree._Element, reading: Reading) -> dt.Value | None:
    """An observation's value, by its xsi:type; None for a null flavour without any content."""
    kind = type_name(element)
    if kind in ("CD", "CE", "CV", "CS", "CO"):
        return code(element, reading)
    if kind in ("PQ", "INT", "REAL", "MO"):
        return _known(quantity(element, reading))
    if kind in ("IVL_PQ", "IVL_INT", "IVL_REAL"):
        return _single(element, reading) or value_range(element, reading)
    if kind in ("TS", "IVL_TS"):
        found = interval(element, reading)
        return found if found and (found.point or found.low or found.high) else None
    if kind in ("RTO", "RTO_PQ_PQ", "RTO_QTY_QTY"):
        return ratio(element, reading)
    if kind == "BL":
        return dt.Truth(attribute(element, "value") == "true") if attribute(element, "value") else None
    if kind == "ED" and attribute(element, "representation") == "B64":
        return attachment(element)
    text = described(element, reading)
    return dt.Text(text) if text else None


def _single(element: etree._Element, reading: Reading) -> dt.Quantity | None:
    """An interval of quantities that has only a centre or a value of its own."""
    centre = child(element, "center")
    return _known(quantity(element if centre is None else centre, reading))


def ratio(element: etree._Element | None, reading: Reading) -> dt.Ratio | None:
    numerator = _known(quantity(child(element, "numerator"), reading))
    denominator = _known(quantity(child(element, "denominator"), reading))
    return dt.Ratio(numerator, denominator) if numerator and denominator else None


def attachment(element: etree._Element) -> dt.Attachment | None:
    """The bytes of an ED element; None when there are none or they are not base64."""
    media_type = attribute(element, "mediaType") or "text/plain"
    language = attribute(element, "language")
    if attribute(element, "representation") != "B64":
        text = content(element).strip()
        return dt.Attachment(media_type, text.encode(), language) if text else None
    try:
        data = base64.b64decode("".join(content(element).split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return dt.Attachment(media_type, data, language) if data else None
