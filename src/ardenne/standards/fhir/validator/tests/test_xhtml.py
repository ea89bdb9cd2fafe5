"""Narratives: what is allowed (FHIR R4, Narrative) and what attackers try."""

import pytest

from ardenne.standards.fhir.validator.xhtml import narrative_problem


def div(inner: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'


@pytest.mark.parametrize(
    "inner",
    [
        "<p>Plain &amp; simple</p>",
        '<table class="grid"><tr><td colspan="2" style="color:red">1</td></tr></table>',
        '<a href="http://example.org" title="x">link</a><br/>',
        '<img src="#picture" alt="a picture"/>',
        '<img src="data:image/png;base64,AAAA" alt="x"/>',
        '<!-- a comment --><p xml:lang="fr" lang="fr">Texte</p>',
    ],
)
def test_allowed(inner: str) -> None:
    assert narrative_problem(div(inner)) == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (div("<script>alert(1)</script>"), "<script>"),
        (div('<p onclick="x()">x</p>'), "onclick"),
        (div('<a href="javascript:alert(1)">x</a>'), "script"),
        (div('<a href=" JavaScript:alert(1)">x</a>'), "script"),
        (div('<a href="data:text/html,x">x</a>'), "script"),
        (div('<p style="background:url(http://evil/x)">x</p>'), "style"),
        (div("<iframe>x</iframe>"), "<iframe>"),
        (div("<form><input/></form>"), "<form>"),
        (div('<svg xmlns="http://www.w3.org/2000/svg"/>'), "svg"),
        (div("<object>x</object>"), "<object>"),
        (div("<p>open"), "well-formed"),
        (div("&nbsp;"), "well-formed"),
        (div("  "), "empty"),
        (div("<br/>"), "empty"),
        ("<div>no namespace</div>", "outermost"),
        ('<p xmlns="http://www.w3.org/1999/xhtml">x</p>', "outermost"),
        ("plain", "well-formed"),
        ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + div("&x;"), "document type"),
        ('<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + div("&b;"), "document type"),
        (div("<?php x ?>x"), "processing"),
        ("<div " * 5, "well-formed"),
        (div("<b>" * 10_000 + "x" + "</b>" * 10_000), "well-formed"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    assert reason in narrative_problem(text)
