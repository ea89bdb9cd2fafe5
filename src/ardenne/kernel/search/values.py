r"""Values of search parameters as written: alternatives, escapes, prefixes, numbers with precision.

In a value ``\,``, ``\|``, ``\$`` and ``\\`` stand for the character itself (R4, Search, 3.1.1.4.0.1).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

PREFIXES = frozenset({"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"})
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")


def split(text: str, separator: str) -> list[str]:
    """Split at a separator that is not escaped; escapes stay for the next level."""
    if separator not in text:
        return [text]
    parts, current, escaped = [], "", False
    for character in text:
        if escaped:
            current += "\\" + character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == separator:
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current + ("\\" if escaped else ""))
    return parts


def plain(text: str) -> str:
    """Return a value with its escapes resolved."""
    return re.sub(r"\\([,|$\\])", r"\1", text) if "\\" in text else text


def prefixed(text: str) -> tuple[str, str]:
    """Return the comparison prefix (``eq`` when none) and the rest of a date, number or quantity."""
    if text[:2] in PREFIXES:
        return text[:2], text[2:]
    return "eq", text


def number_span(text: str) -> tuple[float, float, float]:
    """Return value, low and high of a number: its implied precision is half of its last digit.

    "100" is [99.5, 100.5), "5.40" is [5.395, 5.405), "1e2" is [95, 105) (R4, Search, 3.1.1.4.6).
    Raises ValueError when the text is no number.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is not a number such as 5.4 or 1e-3")
    mantissa, _, exponent = text.lower().partition("e")
    try:
        value = Decimal(text)
        scale = Decimal(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
        if exponent and "." not in mantissa:
            scale /= 10
    except (InvalidOperation, OverflowError):
        raise ValueError(f"'{text}' is too large or too small") from None
    half = scale / 2
    return float(value), float(value - half), float(value + half)


def like_pattern(text: str) -> str:
    """Return a text with the wildcards of LIKE made harmless."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
