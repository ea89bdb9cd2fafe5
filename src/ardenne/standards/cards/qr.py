"""A card's text as the squares of a QR code (ISO/IEC 18004), for screens, printers and cameras."""

from __future__ import annotations

import segno

from ardenne.standards.cards.errors import CardError


def matrix(text: str, error: str = "M") -> tuple[tuple[bool, ...], ...]:
    """Rows of dark (true) and light modules; error correction falls to L when M has no room.

    :raises CardError: ``size``, when the text does not fit one code.
    """
    for level in dict.fromkeys((error, "L")):
        try:
            code = segno.make_qr(text, error=level, boost_error=False)
        except segno.DataOverflowError:
            continue
        return tuple(tuple(bool(module) for module in row) for row in code.matrix)
    raise CardError("size", "the card does not fit one QR code")


def svg(text: str, title: str, scale: int = 4) -> str:
    """The code as an SVG picture with a title for those who do not see it."""
    try:
        code = segno.make_qr(text, error="M", boost_error=False)
    except segno.DataOverflowError:
        try:
            code = segno.make_qr(text, error="L", boost_error=False)
        except segno.DataOverflowError:
            raise CardError("size", "the card does not fit one QR code") from None
    found: str = code.svg_inline(
        scale=scale, border=4, title=title, svgclass="qr", light="#fff", omitsize=False
    )
    return found
