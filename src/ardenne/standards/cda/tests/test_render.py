"""The renderer shows what the narrative says and lets nothing foreign act."""

from __future__ import annotations

import base64
from typing import Any

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ardenne.standards.cda.read import read
from ardenne.standards.cda.render import LABELS, render

DOCUMENT = """<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.3"/><code code="60591-5" displayName="Patient summary"/><title>Bilan &lt;b&gt;</title>
<effectiveTime value="20240131141500+0100"/><languageCode code="fr-LU"/><recordTarget><patientRole>
<id root="1.3.182.4.4" extension="1980052312348"/><patient><name><given>Anne</given>
<family>O&quot;Weber</family></name><administrativeGenderCode code="F"/></patient></patientRole></recordTarget>
<component><structuredBody><component><section><title>Résultats</title><text>%s</text>%s</section></component>
</structuredBody></component></ClinicalDocument>"""
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
ELEMENTS = {
    *("article", "section", "h2", "h3", "h4", "h5", "h6", "div", "dl", "dt", "dd", "p", "span", "br", "sub"),
    *("sup", "ins", "del", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("strong", "b", "a", "small", "figure", "figcaption", "img", "details", "summary", "code", "pre"),
}
ATTRIBUTES = {
    *("id", "class", "lang", "href", "rel", "role", "tabindex", "aria-label", "scope", "colspan", "rowspan"),
    *("src", "alt"),
}


def html(narrative: str, entries: str = "") -> str:
    return render(read((DOCUMENT % (narrative, entries)).encode()))


def page(markup: str) -> Any:
    """The parsed fragment (the stubs of lxml.html know little of it)."""
    return lxml.html.fromstring(markup)


def body(narrative: str, entries: str = "") -> Any:
    return page(html(narrative, entries)).find_class("doc-text")[0]


def assert_harmless(markup: str) -> None:
    for found in page(markup).iter():
        assert found.tag in ELEMENTS
        assert set(found.attrib) <= ATTRIBUTES
        assert found.get("href", "#").startswith(("#", "http://", "https://", "mailto:"))
        assert found.get("src", "data:image/png;base64,").startswith("data:image/")


def test_header_and_language() -> None:
    root = page(html("<paragraph>x</paragraph>"))
    assert (root.tag, root.get("lang")) == ("article", "fr-LU")
    assert root.xpath("string(h2)") == "Bilan <b>"
    header = dict(zip(root.xpath("//dt/text()"), root.xpath("//dd/text()"), strict=True))
    assert header["Patient"] == 'Anne O"Weber'
    assert header["Date"] == "2024-01-31 14:15"
    assert header["Sex"] == "Female"
    assert set(root.xpath("//dt/@lang")) == {"en"}


def test_the_words_of_the_renderer_are_translated() -> None:
    root = page(render(read((DOCUMENT % ("x", "")).encode()), {key: f"[{key}]" for key in LABELS}, level=4))
    assert "[Patient]" in root.xpath("//dt/text()")
    assert root.xpath("//dd/text()")[1] == "[Female]"
    assert root.xpath("//h4 and //h5")


def test_tables_tell_what_their_heads_are_for() -> None:
    found = body(
        '<table ID="t"><caption>Sang</caption><thead><tr><th colspan="2">A</th><th>B</th></tr></thead><tbody>'
        '<tr><th>r</th><td rowspan="x">1</td></tr><tr styleCode="Bold Xevil"><th>c</th><th>d</th></tr></tbody></table>'
    )
    assert [th.get("scope") for th in found.iter("th")] == ["col", "col", "row", "col", "col"]
    assert found.xpath(".//th[@colspan='2']")
    assert not found.xpath(".//td[@rowspan]")
    assert found.xpath("string(.//caption)") == "Sang"
    assert found.xpath(".//div[@role='region']/@aria-label") == ["Sang"]
    assert found.xpath(".//tr/@class") == ["doc-bold"]
    assert found.xpath(".//table/@id") == ["doc-t"]


def test_lists_styles_revisions_and_notes() -> None:
    found = body(
        '<list listType="ordered"><caption>L</caption><item><caption>a</caption>b</item><item>c</item></list>'
        '<content styleCode="Italics" language="pt-PT">i</content><content revised="delete">d</content>'
        '<sub>2</sub>H<sup>+</sup><br/><footnote ID="f1">note</footnote><footnoteRef IDREF="f1"/>'
    )
    assert [li.text_content() for li in found.findall("ol/li")] == ["a b", "c"]
    assert found.xpath("span[@class='doc-italics']/@lang") == ["pt-PT"]
    assert found.findtext("del") == "d"
    assert found.xpath("small[@id='doc-f1']")
    assert found.xpath("sup/a/@href") == ["#doc-f1"]


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("mailto:a@b.lu", "mailto:a@b.lu"),
        ("#here", "#doc-here"),
        ("javascript:alert(1)", None),
        (" java&#10;script:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.example/x", None),
        ("file:///etc/passwd", None),
        ("https://a.b/&quot; onclick=&quot;x", None),
    ],
)
def test_links(href: str, kept: str | None) -> None:
    found = body(f'<linkHtml href="{href}">go</linkHtml>')
    assert found.xpath("a/@href") == ([kept] if kept else [])
    assert found.text_content() == "go"


MEDIA = """<entry><observationMedia classCode="OBS" moodCode="EVN" ID="m1">
<value mediaType="{}" representation="B64">{}</value></observationMedia></entry>"""


@pytest.mark.parametrize(
    ("media_type", "data", "shown"),
    [
        ("image/png", PNG, 1),
        ("image/svg+xml", base64.b64encode(b"<svg onload='x'/>").decode(), 0),
        ("image/png", base64.b64encode(b"<html>").decode(), 0),
        ("text/html", PNG, 0),
        ("image/png", "not base64!", 0),
    ],
)
def test_only_raster_pictures_are_shown(media_type: str, data: str, shown: int) -> None:
    found = body(
        '<renderMultiMedia referencedObject="m1"><caption>Radio</caption></renderMultiMedia>',
        MEDIA.format(media_type, data),
    )
    assert len(found.xpath(".//img[@alt='Picture']")) == shown
    assert found.xpath("string(.//figcaption)") == "Radio"


ATTACKS = [
    "<script>alert(1)</script>",
    '<paragraph onclick="x()" style="background:url(http://e.x/)">t</paragraph>',
    '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    '<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>',
    '<content ID="&quot; onmouseover=&quot;x">a</content>',
    '<content styleCode="Bold&quot; onmouseover=&quot;x">a</content>',
    '<content language="en&quot; onclick=&quot;x">a</content>',
    '<svg xmlns="http://www.w3.org/2000/svg" onload="x"><a/></svg>',
    '<table background="http://e.x/a.png"><tr><td colspan="1&quot;onclick=&quot;x">&lt;script&gt;</td></tr></table>',
    '<iframe src="http://e.x/"/><object data="http://e.x/"/><embed src="http://e.x/"/>',
    "&lt;/article&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
    '<renderMultiMedia referencedObject="nothing http://e.x/"/>',
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_an_attack_survives(attack: str) -> None:
    assert_harmless(html(attack))


TABLES = ["table", "thead", "tbody", "tr", "th", "td", "caption"]
OTHERS = ["paragraph", "content", "list", "item", "linkHtml", "footnote", "footnoteRef", "br", "sub"]
NAMES = st.sampled_from([*TABLES, *OTHERS, "renderMultiMedia", "script", "style", "a", "img", "x"])
HOSTILE = st.one_of(
    st.text(
        st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=20
    ),
    st.sampled_from(
        [
            "javascript:alert(1)",
            "</script><script>",
            '" onload="x',
            "http://e.x/'\"",
            "&lt;b",
            "1000000",
            "--><b>",
        ]
    ),
)
ATTRIBUTE_NAMES = st.sampled_from(
    [
        "ID",
        "href",
        "styleCode",
        "language",
        "colspan",
        "onclick",
        "src",
        "style",
        "IDREF",
        "referencedObject",
        "revised",
    ]
)


def build(tree: Any) -> etree._Element:
    name, attributes, text, inner = tree
    found = etree.Element(f"{{urn:hl7-org:v3}}{name}", attributes)
    found.text = text
    for child in inner:
        one = build(child)
        one.tail = text
        found.append(one)
    return found


TREES: st.SearchStrategy[Any] = st.recursive(
    st.tuples(NAMES, st.dictionaries(ATTRIBUTE_NAMES, HOSTILE, max_size=4), HOSTILE, st.just([])),
    lambda inner: st.tuples(
        NAMES, st.dictionaries(ATTRIBUTE_NAMES, HOSTILE, max_size=4), HOSTILE, st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_no_narrative_can_act(tree: Any) -> None:
    assert_harmless(html(etree.tostring(build(tree), encoding="unicode")))


def test_entries_are_shown_with_their_codes() -> None:
    entry = """<entry><observation classCode="OBS" moodCode="EVN" negationInd="true"><code code="718-7"
      codeSystem="2.16.840.1.113883.6.1" displayName="Hb &lt;x&gt;"/><value xsi:type="PQ" value="9" unit="g/dL"/>
      </observation></entry>"""
    details = page(html("x", entry)).find(".//details")
    assert details is not None
    assert (
        " ".join(details.text_content().split())
        == "Coded entries (1)Observation not Hb <x> LOINC 718-7: 9 g/dL"
    )


LEVEL_ONE = DOCUMENT.replace(
    DOCUMENT[DOCUMENT.index("<component>") : DOCUMENT.index("</ClinicalDocument>")],
    '<component><nonXMLBody><text mediaType="%s" representation="B64">%s</text></nonXMLBody></component>',
)


def level_one(media_type: str, data: bytes) -> str:
    text = LEVEL_ONE % (media_type, base64.b64encode(data).decode())
    return render(read(text.encode()), attachment_url="/files/1")


def test_files_inside_documents() -> None:
    assert '<a href="/files/1">' in level_one("application/pdf", b"%PDF-1.4")
    assert "&lt;script&gt;" in level_one("text/plain", b"<script>")
    assert "<img" in level_one("image/png", b"\x89PNG\r\n\x1a\n")
    assert "<script" not in level_one("text/html", b"<script>alert(1)</script>")
