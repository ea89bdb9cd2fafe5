"""Show the narrative of a section (CDA R2, chapter 4.3.5) as accessible HTML.

Only what the narrative schema knows is given a form; everything else keeps its text and loses its
markup; scripts and styles are dropped with their text. Table heads get a scope, so that a reader
of the table hears what a cell is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from ardenne.standards.cda import elements as el
from ardenne.standards.html import Html, anchor, element, join, language, link

_DROPPED = frozenset({"script", "style", "object", "embed", "iframe", "template", "noscript", "svg", "math"})
_STYLES = {
    "bold": "bold",
    "italics": "italics",
    "underline": "underline",
    "emphasis": "emphasis",
    "lrule": "rule-left",
    "rrule": "rule-right",
    "toprule": "rule-top",
    "botrule": "rule-bottom",
}
_ROWS = ("thead", "tbody", "tfoot")
_SPAN_LIMIT = 200


class Narrative:
    """Writes the narratives of one document. `media` holds the figures by XML ID."""

    def __init__(self, prefix: str, labels: Mapping[str, str], media: Mapping[str, Html]) -> None:
        self._prefix = prefix
        self._labels = labels
        self._media = media
        self._used: set[str] = set()
        self._tables = 0

    def html(self, text: etree._Element) -> Html:
        """The content of a section's text element."""
        return join(self._inside(text))

    def _inside(self, parent: etree._Element) -> Iterator[str]:
        if parent.text:
            yield parent.text
        for child in parent:
            if isinstance(child.tag, str):
                yield self._one(child)
            if child.tail:
                yield child.tail

    def _one(self, found: etree._Element) -> Html:
        name = el.local(found)
        if name.lower() in _DROPPED:
            return Html("")
        writer = getattr(self, f"_write_{name}", None) if name in _WRITTEN else None
        return writer(found) if writer else join(self._inside(found))

    def _id(self, found: etree._Element) -> str:
        """The id for the page; a second element with the same ID gets none."""
        identifier = anchor(self._prefix, el.attribute(found, "ID"))
        if identifier in self._used:
            return ""
        self._used.add(identifier)
        return identifier

    def _common(self, found: etree._Element) -> dict[str, str]:
        """The attributes that any element may have: id, language and style classes."""
        styles = el.attribute(found, "styleCode").lower().split()
        classes = " ".join(f"doc-{_STYLES[style]}" for style in styles if style in _STYLES)
        return {"id": self._id(found), "lang": language(el.attribute(found, "language")), "class_": classes}

    def _write_paragraph(self, found: etree._Element) -> Html:
        return element("p", *self._captioned(found), **self._common(found))

    def _write_content(self, found: etree._Element) -> Html:
        name = {"insert": "ins", "delete": "del"}.get(el.attribute(found, "revised"), "span")
        return element(name, *self._inside(found), **self._common(found))

    def _write_br(self, found: etree._Element) -> Html:
        return element("br")

    def _write_sub(self, found: etree._Element) -> Html:
        return element("sub", *self._inside(found))

    def _write_sup(self, found: etree._Element) -> Html:
        return element("sup", *self._inside(found))

    def _captioned(self, found: etree._Element) -> Iterator[str]:
        caption = el.child(found, "caption")
        if caption is not None:
            yield element("strong", *self._inside(caption), id=self._id(caption))
            yield " "
        yield from self._without_caption(found)

    def _without_caption(self, found: etree._Element) -> Iterator[str]:
        if found.text:
            yield found.text
        for child in found:
            if isinstance(child.tag, str) and el.local(child) != "caption":
                yield self._one(child)
            if child.tail:
                yield child.tail

    def _write_list(self, found: etree._Element) -> Html:
        caption = el.child(found, "caption")
        title = (
            element("p", *self._inside(caption), class_="doc-caption") if caption is not None else Html("")
        )
        items = (
            element("li", *self._captioned(item), **self._common(item)) for item in el.children(found, "item")
        )
        name = "ol" if el.attribute(found, "listType") == "ordered" else "ul"
        return join((title, element(name, *items, **self._common(found))))

    def _write_linkHtml(self, found: etree._Element) -> Html:
        target = el.attribute(found, "href")
        inside = list(self._inside(found)) or [target]
        if target.startswith("#"):
            return element("a", *inside, href="#" + anchor(self._prefix, target[1:]))
        if address := link(target):
            return element("a", *inside, href=address, rel="noopener noreferrer nofollow external")
        return element("span", *inside)

    def _write_footnote(self, found: etree._Element) -> Html:
        return element(
            "small", "[", *self._inside(found), "]", id=self._id(found), role="note", class_="doc-note"
        )

    def _write_footnoteRef(self, found: etree._Element) -> Html:
        target = anchor(self._prefix, el.attribute(found, "IDREF"))
        note = self._labels.get("Note", "Note")
        inside = list(self._inside(found)) or [note]
        return element("sup", element("a", *inside, href=f"#{target}")) if target else join(inside)

    def _write_renderMultiMedia(self, found: etree._Element) -> Html:
        names = el.attribute(found, "referencedObject").split()
        figures = [self._media[name] for name in names if name in self._media]
        caption = el.child(found, "caption")
        words = element("figcaption", *self._inside(caption)) if caption is not None else Html("")
        return element("figure", *figures, words) if figures or words else Html("")

    def _write_table(self, found: etree._Element) -> Html:
        caption = el.child(found, "caption")
        self._tables += 1
        words = f"{self._labels.get('Table', 'Table')} {self._tables}"
        title = words if caption is None else el.squeeze(el.content(caption)) or words
        parts: list[Html] = []
        if caption is not None:
            parts.append(element("caption", *self._inside(caption), id=self._id(caption)))
        groups = [child for child in found if isinstance(child.tag, str) and el.local(child) in _ROWS]
        parts.extend(self._rows(group, el.local(group)) for group in groups)
        loose = [row for row in el.children(found, "tr") if row.getparent() is found]
        if loose:
            parts.append(element("tbody", *(self._row(row, "tbody") for row in loose)))
        table = element("table", *parts, **self._common(found))
        return element("div", table, class_="doc-table", role="region", tabindex="0", aria_label=title)

    def _rows(self, group: etree._Element, name: str) -> Html:
        return element(
            name, *(self._row(row, name) for row in el.children(group, "tr")), **self._common(group)
        )

    def _row(self, row: etree._Element, group: str) -> Html:
        cells = [cell for cell in row if isinstance(cell.tag, str) and el.local(cell) in ("th", "td")]
        heads = all(el.local(cell) == "th" for cell in cells)
        return element("tr", *(self._cell(cell, group, heads) for cell in cells), **self._common(row))

    def _cell(self, cell: etree._Element, group: str, all_heads: bool) -> Html:
        name = el.local(cell)
        scope = ("col" if group == "thead" or all_heads else "row") if name == "th" else ""
        spans = {key: _span(el.attribute(cell, key)) for key in ("colspan", "rowspan")}
        return element(name, *self._inside(cell), scope=scope, **spans, **self._common(cell))


_WRITTEN = frozenset(name.removeprefix("_write_") for name in vars(Narrative) if name.startswith("_write_"))


def _span(text: str) -> str:
    return (
        text
        if text.isascii() and text.isdigit() and 1 < int(text[:4]) <= _SPAN_LIMIT and len(text) < 4
        else ""
    )
