"""A small PDF of text: A4 pages, Helvetica, a document information dictionary (ISO 32000-1, 7.5)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 64
_COLUMNS, _LINES, _LEADING = 82, 44, 16


def write(title: str, head: str, text: str, created: str) -> bytes:
    """Return the PDF. ``head`` is the line under the title, ``created`` a date as YYYYMMDD."""
    pages = list(_pages(text))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        _dictionary(Type="/Pages", Count=str(len(pages)), Kids=f"[{_kids(len(pages))}]"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title "
        + _string(title)
        + b" /CreationDate (D:"
        + created.encode()
        + b") /Producer (Ardenne) >>",
    ]
    for number, lines in enumerate(pages):
        objects.append(
            _dictionary(
                Type="/Page",
                Parent="2 0 R",
                MediaBox=f"[0 0 {_WIDTH} {_HEIGHT}]",
                Resources="<< /Font << /F1 3 0 R /F2 4 0 R >> >>",
                Contents=f"{7 + 2 * number} 0 R",
            )
        )
        stream = _page(title if number == 0 else "", head, lines)
        objects.append(b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream")
    return _file(objects)


def _kids(count: int) -> str:
    return " ".join(f"{6 + 2 * number} 0 R" for number in range(count))


def _dictionary(**members: str) -> bytes:
    return ("<< " + " ".join(f"/{name} {value}" for name, value in members.items()) + " >>").encode()


def _string(text: str) -> bytes:
    """A literal string in PDFDocEncoding, whose letters are those of Windows-1252."""
    raw = text.encode("cp1252", "replace")
    for sign in (b"\\", b"(", b")"):
        raw = raw.replace(sign, b"\\" + sign)
    return b"(" + raw + b")"


def _pages(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for paragraph in text.strip().split("\n"):
        lines += textwrap.wrap(paragraph, _COLUMNS) or [""]
    for start in range(0, max(len(lines), 1), _LINES):
        yield lines[start : start + _LINES]


def _page(title: str, head: str, lines: list[str]) -> bytes:
    top = _HEIGHT - _MARGIN
    parts = [b"BT"]
    if title:
        parts.append(b"/F2 15 Tf 1 0 0 1 %d %d Tm " % (_MARGIN, top) + _string(title) + b" Tj")
    parts.append(b"/F1 9 Tf 1 0 0 1 %d %d Tm " % (_MARGIN, top - 20) + _string(head) + b" Tj")
    parts.append(b"/F1 11 Tf %d TL 1 0 0 1 %d %d Tm" % (_LEADING, _MARGIN, top - 54))
    parts += [_string(line) + b" Tj T*" for line in lines]
    return b"\n".join([*parts, b"ET"])


def _file(objects: list[bytes]) -> bytes:
    """The objects with their cross-reference table; the information dictionary is the fifth."""
    found = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(found))
        found += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(found)
    found += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        found += b"%010d 00000 n \n" % place
    found += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\n" % (len(objects) + 1)
    return bytes(found + b"startxref\n%d\n%%%%EOF\n" % start)
