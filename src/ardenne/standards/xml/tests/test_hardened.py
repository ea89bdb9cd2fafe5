"""Hostile XML is refused with a rule; harmless XML is read."""

from __future__ import annotations

import pytest

from ardenne.standards.refusal import Refused
from ardenne.standards.xml.hardened import Limits, parse

LAUGHS = (
    b"""<?xml version="1.0"?><!-- a --><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>"""
)
EXTERNAL = b"""<?xml version="1.0"?>\n<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>"""
PARAMETER = b"""<!DOCTYPE l SYSTEM "http://127.0.0.1:9/evil.dtd"><l/>"""


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as caught:
        parse(data, limits or Limits())
    assert caught.value.refusal.mend
    return caught.value.refusal.rule


@pytest.mark.parametrize("attack", [LAUGHS, EXTERNAL, PARAMETER, LAUGHS.decode().encode("utf-16")])
def test_document_types_are_refused_in_every_encoding(attack: bytes) -> None:
    assert refused(attack) == "xml-doctype"


def test_the_line_of_the_document_type_is_told() -> None:
    with pytest.raises(Refused) as caught:
        parse(EXTERNAL)
    assert caught.value.refusal.line == 2


def test_xinclude_is_refused() -> None:
    data = b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></a>'
    assert refused(data) == "xml-xinclude"


@pytest.mark.parametrize(
    ("data", "limits", "rule"),
    [
        (b"<a>" * 40 + b"</a>" * 40, Limits(depth=30), "xml-depth"),
        (b"<a>" + b"<b/>" * 100 + b"</a>", Limits(nodes=90), "xml-nodes"),
        (b"<a " + b" ".join(b'a%d=""' % n for n in range(100)) + b"/>", Limits(nodes=90), "xml-nodes"),
        (b"<a>" + b"x" * 100 + b"</a>", Limits(size=90), "xml-size"),
        (b"<a>" * 100_000, Limits(), "xml-depth"),
    ],
)
def test_limits(data: bytes, limits: Limits, rule: str) -> None:
    assert refused(data, limits) == rule


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "xml-empty"),
        (b"  \n", "xml-empty"),
        (b"<a>\xe9</a>", "xml-encoding"),
        (b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a/>', "xml-encoding"),
        ("<a/>".encode("utf-16-le"), "xml-encoding"),
        (b"<a><b></a>", "xml-syntax"),
        (b"<a>&nbsp;</a>", "xml-syntax"),
        (b"<a/><b/>", "xml-syntax"),
        (b"not xml", "xml-syntax"),
    ],
)
def test_broken_xml_is_explained(data: bytes, rule: str) -> None:
    assert refused(data) == rule


@pytest.mark.parametrize(
    "data",
    [
        "<a>é</a>".encode(),
        "\ufeff<a>é</a>".encode(),
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"),
        '<?xml version="1.0" encoding="windows-1252"?><a>é</a>'.encode("cp1252"),
        "<a>é</a>".encode("utf-16"),
        "<?xml-stylesheet href='x.xsl'?><!-- <!DOCTYPE a> --><a><!-- cut -->é</a>".encode(),
    ],
)
def test_harmless_xml_is_read(data: bytes) -> None:
    assert parse(data).text == "é"


def test_a_large_attachment_passes() -> None:
    root = parse(b"<a>" + b"QUJD" * 3_000_000 + b"</a>")
    assert root.text is not None
    assert len(root.text) == 12_000_000
