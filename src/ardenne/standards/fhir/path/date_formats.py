"""Dates in other forms than ISO, read by a format such as 'dd-MM-yyyy'.

FHIRPath, Date/DateTime String Format Codes. Names of months and of time zones are not read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from .temporal import DateTime, parse_date_time

_CODES: Final = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<short>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{2})",
    "d": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{2})",
    "H": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<half>\d{2})",
    "h": r"(?P<half>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "m": r"(?P<minute>\d{1,2})",
    "ss": r"(?P<second>\d{2})",
    "s": r"(?P<second>\d{1,2})",
    "a": r"(?P<noon>[AaPp])[Mm]?",
    "Z": r"(?P<zone>Z|[+-]\d{2}:?\d{2})",
}
_PIECE: Final = re.compile(r"yyyy|yy|MM?|dd?|HH?|hh?|mm?|ss?|S+|a|Z|.", re.DOTALL)


@lru_cache(256)
def _pattern(form: str) -> re.Pattern[str] | None:
    parts = []
    for piece in _PIECE.findall(form[:100]):
        if piece.startswith("S"):
            parts.append(rf"(?P<fraction>\d{{{len(piece)}}})")
        else:
            parts.append(_CODES.get(piece) or re.escape(piece))
    try:
        return re.compile("".join(parts))
    except re.error:
        return None


def parse_formatted(text: str, form: str) -> DateTime | None:
    """The moment that `text` means in the form; None when it does not follow it, or when the
    form names a part twice or leaves a gap (a day without a month)."""
    pattern = _pattern(form)
    match = pattern.fullmatch(text) if pattern else None
    if match is None:
        return None
    found = {name: value for name, value in match.groupdict().items() if value}
    year = found.get("year") or _century(found.get("short"))
    if year is None:
        return None
    pieces = [year]
    for name in ("month", "day"):
        if name in found:
            pieces.append(found[name].zfill(2))
    iso = "-".join(pieces)
    clock = _clock(found)
    return parse_date_time(f"{iso}T{clock}" if clock else iso)


def _century(short: str | None) -> str | None:
    """Two digits: 00 to 49 are of this century, 50 to 99 of the last."""
    if short is None:
        return None
    return f"20{short}" if int(short) < 50 else f"19{short}"


def _clock(found: dict[str, str]) -> str:
    hour = found.get("hour")
    if "half" in found:
        late = found.get("noon", "a") in "Pp"
        hour = str(int(found["half"]) % 12 + (12 if late else 0))
    if hour is None:
        return ""
    text = hour.zfill(2)
    if "minute" in found:
        text += ":" + found["minute"].zfill(2)
    if "second" in found:
        seconds = Decimal(found["second"])
        text += f":{int(seconds):02d}" + (f".{found['fraction']}" if "fraction" in found else "")
    zone = found.get("zone", "")
    return text + (zone if not zone or zone == "Z" or ":" in zone else f"{zone[:3]}:{zone[3:]}")
