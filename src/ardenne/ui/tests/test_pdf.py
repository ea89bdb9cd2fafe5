"""PDFs: the same text twice is the same file, every block appears, and no name breaks it."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ardenne.ui import pdf


def test_a_letter_is_the_same_each_time_and_says_its_language() -> None:
    blocks = [pdf.Heading("Autorisation"), pdf.Paragraph("Née à Étalle"), pdf.Facts([("Numéro", "M-000001")])]
    first = pdf.document("Autorisation", "fr", blocks)
    assert first.startswith(b"%PDF-") and first == pdf.document("Autorisation", "fr", blocks)
    assert b"/Lang (fr)" in first


def test_tables_and_pictures_and_many_pages() -> None:
    picture = io.BytesIO()
    Image.new("1", (20, 20)).save(picture, "PNG")
    blocks: list[pdf.Block] = [pdf.Picture(picture.getvalue(), 30, "a code")]
    blocks.append(pdf.Rows(("Date", "Vaccin"), [("2024-01-01", "A")] * 200, (0.3, 0.7)))
    made = pdf.document("Carte", "fr", blocks)
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") >= 3


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40))
def test_whatever_somebody_is_called_can_be_printed(name: str) -> None:
    assert pdf.document(name, "de", [pdf.Paragraph(name), pdf.Heading(name)]).startswith(b"%PDF-")


def test_what_no_font_has_is_written_in_latin_letters() -> None:
    assert pdf._plain("Ш", frozenset(range(128))) == "Sh"
    assert pdf._plain("漢", frozenset(range(128))) == "?"
