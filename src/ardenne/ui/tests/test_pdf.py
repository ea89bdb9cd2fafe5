"""Printed documents: text can be read back in all scripts, tables go on over pages, markup is text."""

from __future__ import annotations

import io

from pypdf import PdfReader

from ardenne.ui.pdf import Address, Facts, Heading, NewPage, Rows, Squares, Text, document


def _text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_latin_and_cyrillic_can_be_read_back() -> None:
    found = _text(
        document("Carte", "fr", [Heading("Carte de vaccination"), Text("Ærø, Šimon, Łódź, Олена Коваленко")])
    )
    assert "Carte de vaccination" in found
    assert "Šimon, Łódź, Олена Коваленко" in found


def test_title_and_language_are_in_the_document() -> None:
    reader = PdfReader(io.BytesIO(document("Rappel", "lb", [Text("x")])))
    assert reader.metadata and reader.metadata.title == "Rappel"
    assert reader.trailer["/Root"]["/Lang"] == "lb"


def test_markup_is_text() -> None:
    assert "<b>&amp; 3 < 4" in _text(document("t", "en", [Text("<b>&amp; 3 < 4")]))


def test_a_long_table_repeats_its_head_and_numbers_pages() -> None:
    rows = tuple((f"dose {n}", "2026-01-01") for n in range(120))
    content = document("t", "en", [Rows(("Vaccine", "Day"), rows)], footer="Ardenne")
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 1
    assert all("Vaccine" in page.extract_text() for page in pages)
    assert f"Ardenne\n{len(pages)}" in pages[-1].extract_text() or str(len(pages)) in pages[-1].extract_text()


def test_blocks_of_a_letter() -> None:
    content = document(
        "Letter",
        "de",
        [
            Address(("Frau Weber", "1, rue du Lac")),
            Facts((("Geboren", "1950"),)),
            NewPage(),
            Squares(((True, False), (False, True))),
        ],
    )
    found = _text(content)
    assert "Frau Weber" in found and "Geboren" in found
    assert len(PdfReader(io.BytesIO(content)).pages) == 2


def test_the_same_input_gives_the_same_bytes() -> None:
    assert document("t", "en", [Text("x")]) == document("t", "en", [Text("x")])
