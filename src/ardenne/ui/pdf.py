"""Letters and cards as PDF: one plain layout, text that can be selected and read aloud.

Drawn by reportlab (BSD). Where the machine has DejaVu Sans it is used; else Vera, which comes with reportlab and
covers Western Europe only: what it lacks is written in Latin letters rather than left out.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer
from reportlab.platypus import Image as _Image
from reportlab.platypus import Paragraph as _Paragraph
from reportlab.platypus import Table as _Table

from ardenne.standards.names.scripts import latin

_FOLDERS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu", "/usr/share/fonts/TTF")
_INK, _LINE = HexColor("#1d2b36"), HexColor("#b8c2cc")
_LOCK = threading.Lock()


class Heading(NamedTuple):
    """A heading."""

    text: str


class Paragraph(NamedTuple):
    """A paragraph of plain text."""

    text: str


class Facts(NamedTuple):
    """Names and values below each other."""

    rows: Sequence[tuple[str, str]]


class Rows(NamedTuple):
    """A table with a header line; ``widths`` are shares of the page width, equal when empty."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = ()


class Picture(NamedTuple):
    """A PNG of a width in millimetres, with what it says for those who do not see it."""

    png: bytes
    width: float
    says: str = ""


Block = Heading | Paragraph | Facts | Rows | Picture


def document(title: str, language: str, blocks: Sequence[Block]) -> bytes:
    """Return a PDF on A4. ``language`` is that of the text (such as "fr"); the same blocks give the same bytes."""
    # reportlab keeps fonts in module state
    with _LOCK:
        out = io.BytesIO()
        made = SimpleDocTemplate(
            out, pagesize=A4, leftMargin=25 * mm, rightMargin=20 * mm, topMargin=25 * mm, bottomMargin=20 * mm,
            title=title, author="Ardenne", lang=language, invariant=1,
        )  # fmt: skip
        flow: list[Flowable] = []
        for block in blocks:
            flow += [_drawn(block, made.width), Spacer(1, 3 * mm)]
        made.build(flow, onFirstPage=_foot, onLaterPages=_foot)
        return out.getvalue()


def _drawn(block: Block, width: float) -> Flowable:
    match block:
        case Heading(text):
            return _Paragraph(_text(text), _style(14, bold=True))
        case Paragraph(text):
            return _Paragraph(_text(text), _style(10.5))
        case Facts(rows):
            cells = [[_cell(name, bold=True), _cell(value)] for name, value in rows]
            return _Table(
                cells, colWidths=[width * 0.35, width * 0.65], style=[("VALIGN", (0, 0), (-1, -1), "TOP")]
            )
        case Rows(header, rows, widths):
            shares = widths or [1 / len(header)] * len(header)
            cells = [[_cell(name, bold=True) for name in header]]
            cells += [[_cell(value) for value in row] for row in rows]
            lines = [("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
            return _Table(cells, colWidths=[width * share for share in shares], style=lines, repeatRows=1)
        case Picture(png, wide, _says):
            image = _Image(io.BytesIO(png))
            height = wide * image.imageHeight / image.imageWidth
            return _Image(io.BytesIO(png), width=wide * mm, height=height * mm, hAlign="LEFT")


def _cell(text: str, *, bold: bool = False) -> _Paragraph:
    return _Paragraph(_text(text), _style(9, bold=bold))


def _text(text: str) -> str:
    glyphs = _fonts()[2]
    return escape(
        "".join(sign if ord(sign) in glyphs or sign == "\n" else _plain(sign, glyphs) for sign in text)
    )


def _plain(sign: str, glyphs: frozenset[int]) -> str:
    """Return a sign that no font has in Latin letters."""
    found = latin(sign)
    if not found or any(ord(one) not in glyphs for one in found):
        return "?"
    return found.capitalize() if sign.isupper() else found


def _style(size: float, *, bold: bool = False) -> ParagraphStyle:
    plain, strong, _glyphs = _fonts()
    return ParagraphStyle(
        "text", fontName=strong if bold else plain, fontSize=size, leading=size * 1.35, textColor=_INK
    )


@lru_cache(maxsize=1)
def _fonts() -> tuple[str, str, frozenset[int]]:
    """Register a plain and a bold font; return their names and the signs that both have."""
    chosen = ("Vera.ttf", "VeraBd.ttf")
    for folder in _FOLDERS:
        found = (Path(folder) / "DejaVuSans.ttf", Path(folder) / "DejaVuSans-Bold.ttf")
        if all(path.exists() for path in found):
            chosen = (str(found[0]), str(found[1]))
            break
    plain, strong = TTFont("text", chosen[0]), TTFont("strong", chosen[1])
    pdfmetrics.registerFont(plain)
    pdfmetrics.registerFont(strong)
    return "text", "strong", frozenset(plain.face.charToGlyph) & frozenset(strong.face.charToGlyph)


def _foot(canvas: object, made: SimpleDocTemplate) -> None:
    canvas.setFont(_fonts()[0], 8)  # type: ignore[attr-defined]
    canvas.drawRightString(A4[0] - 20 * mm, 12 * mm, str(made.page))  # type: ignore[attr-defined]
