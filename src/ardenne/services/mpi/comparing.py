"""Two sides beside each other: the values of each trait and how much it speaks for one person. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import orjson

Json = dict[str, Any]
_TRAITS = ("given", "family", "birth", "sex", "number", "place", "street", "phone", "email")
_WIDTH, _NAME, _LINE, _BAR = 420, 130, 22, 12
_MOST = 25.0
"""Bits at which a bar has its full length."""


class Row(NamedTuple):
    """One trait: both values, the level of agreement and its weight in bits (None: not compared)."""

    trait: str
    left: str
    right: str
    level: str
    bits: float | None


def rows(parts: Sequence[Sequence[Any]], left: Json, right: Json) -> list[Row]:
    """Return the traits that any side says. ``parts``: trait, level, bits."""
    weighed = {str(part[0]): (str(part[1]), float(part[2])) for part in parts}
    found = []
    for trait in _TRAITS:
        values = value(left, trait), value(right, trait)
        if any(values) or trait in weighed:
            level, bits = weighed.get(trait, ("", None))
            found.append(Row(trait, *values, level, bits))
    return found


def value(patient: Json, trait: str) -> str:
    """Return a trait of a Patient as people read it."""
    name: Json = next(iter(patient.get("name", [])), {})
    address: Json = next(iter(patient.get("address", [])), {})
    match trait:
        case "given":
            return " ".join(name.get("given", []))
        case "family":
            return str(name.get("family", "") or name.get("text", ""))
        case "birth":
            return str(patient.get("birthDate", ""))
        case "sex":
            return str(patient.get("gender", ""))
        case "number":
            return ", ".join(str(one.get("value", "")) for one in patient.get("identifier", []))
        case "place":
            return " ".join(str(address.get(part, "")) for part in ("postalCode", "city")).strip()
        case "street":
            return ", ".join(address.get("line", []))
    return ", ".join(
        str(one.get("value", "")) for one in patient.get("telecom", []) if one.get("system") == trait
    )


def said_by(versions: Sequence[Mapping[str, Any]]) -> Json | None:
    """Return the newest version that was not believed."""
    kept = [one for one in versions if one["outcome"] == "overlay"]
    found: Json | None = orjson.loads(kept[-1]["content"]) if kept else None
    return found


def chart(shown: Sequence[Row], names: Mapping[str, str], title: str) -> str:
    """Return bars to the right for what speaks for one person, to the left for what speaks against it."""
    weighed = [row for row in shown if row.bits is not None]
    height = _LINE * len(weighed) + 8
    middle = _NAME + (_WIDTH - _NAME) / 2
    half = (_WIDTH - _NAME) / 2 - 34
    parts = [
        f'<svg class="weights" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title, quote=True)}">'
    ]
    for place, row in enumerate(weighed):
        assert row.bits is not None
        top = place * _LINE + 6
        length = round(min(abs(row.bits) / _MOST, 1.0) * half, 1)
        left = middle if row.bits >= 0 else middle - length
        kind = "for" if row.bits >= 0 else "against"
        beside = middle + length + 4 if row.bits >= 0 else middle - length - 4
        anchor = "start" if row.bits >= 0 else "end"
        parts.append(
            f'<text class="weights-text" x="0" y="{top + _BAR - 2}">{escape(names[row.trait])}</text>'
        )
        parts.append(f'<rect class="weights-{kind}" x="{left}" y="{top}" width="{length}" height="{_BAR}"/>')
        parts.append(
            f'<text class="weights-text" x="{beside}" y="{top + _BAR - 2}" text-anchor="{anchor}">{row.bits:+.1f}</text>'
        )
    parts.append(f'<line class="weights-axis" x1="{middle}" x2="{middle}" y1="0" y2="{height}"/></svg>')
    return "".join(parts)
