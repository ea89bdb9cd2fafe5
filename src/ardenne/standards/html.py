"""Write HTML from foreign content so that nothing foreign can become markup.

Every string is escaped unless it is `Html`, and `Html` is made only by `element` and `join`. The
names of elements and attributes are ours, never taken from a document.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable
from typing import Final

_VOID: Final = frozenset({"br", "img", "col", "hr"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_ANCHOR = re.compile(r"[^A-Za-z0-9_.\-]")
_LINK = re.compile(r"(https?://[^\s\"'<>\\]+|mailto:[^\s\"'<>\\?]+)", re.ASCII | re.IGNORECASE)
# Raster pictures that browsers decode without running anything, by their first bytes. No SVG: it is a program.
_PICTURES: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_PICTURE_LIMIT = 8 << 20


class Html(str):
    """Finished markup."""

    __slots__ = ()


def join(parts: Iterable[str]) -> Html:
    """The parts one after the other; plain strings are escaped."""
    return Html("".join(part if isinstance(part, Html) else _text(part) for part in parts))


def element(name: str, *children: str, **attributes: str | int | None) -> Html:
    """`<name attributes>children</name>`. Attributes that are None or "" are left out.

    A trailing underscore in an attribute's name is dropped (`class_`), others become hyphens.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_clean(str(value)))}"'
        for key, value in attributes.items()
        if value is not None and value != ""
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def _clean(text: str) -> str:
    """Without the control characters that HTML forbids."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def _text(text: str) -> Html:
    return Html(html.escape(_clean(text), quote=False))


def language(code: str) -> str:
    """A language code fit for `lang`; "" when it is none (documents write "xx-XX" for unknown)."""
    found = code.strip().replace("_", "-")
    return found if _LANGUAGE.fullmatch(found) and not found.lower().startswith("xx") else ""


def anchor(prefix: str, identifier: str) -> str:
    """An id for the page, out of an XML ID of the document; "" when there is none."""
    clean = _ANCHOR.sub("_", identifier.strip())[:80]
    return f"{prefix}-{clean}" if clean else ""


def link(url: str) -> str:
    """The address if a reader may follow it (http, https, mailto), else ""."""
    clean = url.strip()
    return clean if _LINK.fullmatch(clean) else ""


def picture(media_type: str, data: bytes) -> str:
    """A data: address for a raster picture; "" for any other content, whatever it claims to be."""
    real = next((kind for start, kind in _PICTURES.items() if data.startswith(start)), "")
    if not real or not media_type.lower().startswith("image/") or len(data) > _PICTURE_LIMIT:
        return ""
    return f"data:{real};base64,{base64.b64encode(data).decode('ascii')}"


def definitions(rows: Iterable[tuple[str, str]], terms_in: str = "", **attributes: str | int | None) -> Html:
    """A list of terms with their values; rows without a value are left out.

    `terms_in` is the language of the terms, when it is not that of the page around them.
    """
    pairs = (
        element("div", element("dt", term, lang=terms_in), element("dd", value))
        for term, value in rows
        if value
    )
    return element("dl", *pairs, **attributes)
