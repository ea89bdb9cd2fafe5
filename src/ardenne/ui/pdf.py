"""Printed documents: letters, cards, certificates as PDF, from a few kinds of blocks.

A service describes what stands on the page; this module sets it on A4 with page numbers, embedded fonts (Latin, Greek,
Cyrillic) and the document's title and language, so that a screen reader knows how to speak it.

>>> document("Rappel", "fr", [Heading("Rappel"), Text("Votre rappel est dû.")])[:5]
b'%PDF-'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from io import BytesIO
from typing import Any

from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

_REGULAR, _BOLD = "ArdenneSans", "ArdenneSans-Bold"
_MARGIN = 18 * mm
_INK = colors.HexColor("#1d2b36")
_LINE = colors.HexColor("#8896a2")


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; line ends stay. ``strong`` sets it bold, ``small`` as a note."""

    text: str
    strong: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """Where a letter goes: lines in the window of the envelope (right side, C5/6)."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values in two columns."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with a head that is repeated on every page."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    """Shares of the width; equal when empty."""


@dataclass(frozen=True, slots=True)
class Squares:
    """A code of squares such as a QR: rows of dark (true) and light modules, a side in millimetres."""

    matrix: tuple[tuple[bool, ...], ...]
    side: float = 60.0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows stands on a new page."""


Block = Heading | Text | Address | Facts | Rows | Squares | NewPage


@cache
def _fonts() -> None:
    folder = resources.files("ardenne.ui") / "fonts"
    for name, file in ((_REGULAR, "DejaVuSans.ttf"), (_BOLD, "DejaVuSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, BytesIO((folder / file).read_bytes())))


def _style(size: float, bold: bool = False, before: float = 0, after: float = 4) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}{bold}",
        fontName=_BOLD if bold else _REGULAR,
        fontSize=size,
        leading=size * 1.35,
        textColor=_INK,
        spaceBefore=before,
        spaceAfter=after,
    )


def _paragraph(text: str, style: ParagraphStyle) -> Any:
    """Text as it is: nothing in it is markup."""
    return Paragraph(escape(text).replace("\n", "<br/>"), style)


def document(
    title: str,
    language: str,
    blocks: Sequence[Block],
    *,
    footer: str = "",
    properties: Mapping[str, str] | None = None,
) -> bytes:
    """Set blocks on A4 pages.

    :param title: shown by the reader's window, read by screen readers.
    :param language: BCP 47, such as ``fr``.
    :param footer: a short line at the foot of every page, before the page number.
    :param properties: of the document information: ``subject``, ``keywords``, ``author``.
    :returns: the bytes of the PDF; the same input gives the same bytes.
    """
    _fonts()
    target = BytesIO()
    known = properties or {}
    template = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=title,
        lang=language,
        author=known.get("author", "Ardenne"),
        subject=known.get("subject", ""),
        keywords=known.get("keywords", ""),
        invariant=1,
    )

    def foot(canvas: Any, _template: Any) -> None:
        canvas.setFont(_REGULAR, 8)
        canvas.setFillColor(_INK)
        canvas.drawString(_MARGIN, 10 * mm, footer)
        canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, str(canvas.getPageNumber()))

    flow: list[Any] = []
    for block in blocks:
        flow.extend(_set(block, template.width))
    template.build(flow or [Spacer(1, 1)], onFirstPage=foot, onLaterPages=foot)
    return target.getvalue()


def _set(block: Block, width: float) -> list[Any]:
    match block:
        case Heading(text, level):
            size = {1: 18, 2: 13}.get(level, 11)
            return [_paragraph(text, _style(size, True, before=0 if level == 1 else 8, after=6))]
        case Text(text, strong, small):
            return [_paragraph(text, _style(8.5 if small else 10.5, strong))]
        case Address(lines):
            held = _paragraph("\n".join(lines), _style(10.5))
            return [
                Spacer(1, 20 * mm),
                Table([["", held]], colWidths=[width * 0.55, width * 0.45]),
                Spacer(1, 12 * mm),
            ]
        case Facts(rows):
            cells = [
                [_paragraph(name, _style(9.5)), _paragraph(value, _style(9.5, True))] for name, value in rows
            ]
            return [_table(cells, [width * 0.35, width * 0.65], 0), Spacer(1, 6)]
        case Rows(head, rows, shares):
            whole = sum(shares) or len(head)
            widths = [width * share / whole for share in (shares or (1,) * len(head))]
            heads = [_paragraph(cell, _style(9, True, after=1)) for cell in head]
            lines_ = [[_paragraph(cell, _style(9, after=1)) for cell in row] for row in rows]
            return [_table([heads, *lines_], widths, 1), Spacer(1, 6)]
        case Squares(matrix, side, caption):
            return [_squares(matrix, side * mm), *([_paragraph(caption, _style(8.5))] if caption else [])]
        case NewPage():
            return [PageBreak()]


def _table(cells: list[list[Any]], widths: list[float], heads: int) -> Any:
    if not cells:
        return Spacer(1, 1)
    style: list[Any] = [("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table(cells, colWidths=widths, repeatRows=heads, style=style)


def _squares(matrix: Sequence[Sequence[bool]], side: float) -> Any:
    """Drawn as rectangles, so that it stays sharp on every printer."""
    count = len(matrix)
    module = side / (count + 8)
    drawing = Drawing(side, side)
    drawing.add(Rect(0, 0, side, side, fillColor=colors.white, strokeColor=None))
    for row, line in enumerate(matrix):
        column = 0
        while column < count:
            if not line[column]:
                column += 1
                continue
            end = column
            while end < count and line[end]:
                end += 1
            drawing.add(
                Rect(
                    (column + 4) * module,
                    side - (row + 5) * module,
                    (end - column) * module,
                    module,
                    fillColor=colors.black,
                    strokeColor=None,
                )
            )
            column = end
    return drawing
