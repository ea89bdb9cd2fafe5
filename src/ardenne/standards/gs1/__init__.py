"""GS1 element strings, as the DataMatrix on a medicine's box holds them (GS1 General Specifications, section 3)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

_SEPARATOR = "\x1d"
_FIXED = {"01": 14, "11": 6, "15": 6, "17": 6}
_VARIABLE = {"10": 20, "21": 20, "710": 20, "711": 20, "712": 20, "713": 20, "714": 20, "240": 30}


class Gs1Error(ValueError):
    """A text that is no element string; the message says where."""


@dataclass(frozen=True, slots=True)
class Box:
    """What stands on a box: trade item number, batch, expiry (its last day), serial number, national number."""

    gtin: str = ""
    batch: str = ""
    expiry: date | None = None
    serial: str = ""
    national: str = ""


def check_digit(digits: str) -> str:
    """The check digit of a trade item number without it (13 digits for a GTIN-14)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def read_box(text: str) -> Box:
    """Read an element string: as a scanner types it (symbology prefix and separators) or with brackets ``(01)…(17)…``.

    :raises Gs1Error: for an unknown element, a wrong check digit or a day that does not exist.
    """
    elements = _bracketed(text) if text.lstrip().startswith("(") else _plain(text)
    gtin = elements.get("01", "")
    if gtin and check_digit(gtin[:-1]) != gtin[-1]:
        raise Gs1Error("the check digit of the trade item number is wrong: scan the box again")
    national = next((elements[name] for name in ("710", "711", "712", "713", "714") if name in elements), "")
    return Box(
        gtin,
        elements.get("10", ""),
        _day(elements["17"]) if "17" in elements else None,
        elements.get("21", ""),
        national,
    )


def _bracketed(text: str) -> dict[str, str]:
    found = dict(re.findall(r"\((\d{2,4})\)([^(\x1d]*)", text.strip()))
    for name, value in found.items():
        if name in _FIXED and (len(value) != _FIXED[name] or not value.isdigit()):
            raise Gs1Error(f"element ({name}) needs {_FIXED[name]} digits")
    return found


def _plain(text: str) -> dict[str, str]:
    rest = re.sub(r"^\](?:d2|C1|Q3|e0)", "", text.strip(" \r\n\t")).lstrip(_SEPARATOR)
    found: dict[str, str] = {}
    while rest:
        name = next((rest[:size] for size in (2, 3) if rest[:size] in _FIXED or rest[:size] in _VARIABLE), "")
        if not name:
            raise Gs1Error(f"the text is no code of a box from {rest[:6]!r} on")
        rest = rest[len(name) :]
        if name in _FIXED:
            value, rest = rest[: _FIXED[name]], rest[_FIXED[name] :]
            if len(value) != _FIXED[name] or not value.isdigit():
                raise Gs1Error(f"element ({name}) needs {_FIXED[name]} digits")
        else:
            value, _sign, rest = rest.partition(_SEPARATOR)
            if not value or len(value) > _VARIABLE[name]:
                raise Gs1Error(f"element ({name}) has no end: the scanner must send the separator")
        found[name] = value
        rest = rest.lstrip(_SEPARATOR)
    return found


def _day(value: str) -> date:
    """YYMMDD; day 00 is the last of the month. Years are of this century."""
    year, month, day = 2000 + int(value[:2]), int(value[2:4]), int(value[4:])
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        raise Gs1Error(f"{value} is no day") from None
