"""Charts as SVG made on the server: they print, need no script, and have a table as their twin."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class Point(NamedTuple):
    """One value in time: ``moment`` in microseconds, and what to show for it."""

    moment: int
    value: float
    label: str


class Band(NamedTuple):
    """The reference range; None where it is open."""

    low: float | None
    high: float | None


_WIDTH, _HEIGHT = 320, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 22


def trend(points: Sequence[Point], band: Band, title: str, unit: str, first: str, last: str) -> str:
    """Return a line with its reference band. ``first`` and ``last`` are the dates under the ends."""
    values = [point.value for point in points]
    edges = [edge for edge in band if edge is not None]
    low, high = min(values + edges), max(values + edges)
    margin = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    low, high = low - margin, high + margin
    start, end = points[0].moment, points[-1].moment

    def across(moment: int) -> float:
        share = (moment - start) / (end - start) if end > start else 0.5
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def up(value: float) -> float:
        return round(_TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = [
        f'<svg class="trend" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">',
        _band(band, low, high, up),
        _axis(low + margin, high - margin, up),
        f'<polyline class="trend-line" points="{" ".join(f"{across(p.moment)},{up(p.value)}" for p in points)}"/>',
    ]
    for point in points:
        outside = (band.low is not None and point.value < band.low) or (
            band.high is not None and point.value > band.high
        )
        kind = "trend-point trend-outside" if outside else "trend-point"
        parts.append(
            f'<circle class="{kind}" cx="{across(point.moment)}" cy="{up(point.value)}" r="3.5">'
            f"<title>{escape(point.label)}</title></circle>"
        )
    base = _HEIGHT - 6
    parts.append(f'<text class="trend-text" x="{_LEFT}" y="{base}">{escape(first)}</text>')
    parts.append(
        f'<text class="trend-text" x="{_WIDTH - _RIGHT}" y="{base}" text-anchor="end">{escape(last)}</text>'
    )
    parts.append(f'<text class="trend-text" x="2" y="{_TOP}">{escape(unit)}</text></svg>')
    return "".join(parts)


def _band(band: Band, low: float, high: float, up: object) -> str:
    if band.low is None and band.high is None:
        return ""
    assert callable(up)
    top = up(band.high if band.high is not None else high)
    bottom = up(band.low if band.low is not None else low)
    width = _WIDTH - _LEFT - _RIGHT
    return (
        f'<rect class="trend-band" x="{_LEFT}" y="{top}" width="{width}" height="{round(bottom - top, 1)}"/>'
    )


def _axis(low: float, high: float, up: object) -> str:
    assert callable(up)
    lines = []
    for value in (low, high):
        height = up(value)
        lines.append(
            f'<line class="trend-axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{height}" y2="{height}"/>'
        )
        lines.append(
            f'<text class="trend-text" x="{_LEFT - 5}" y="{height + 3}" text-anchor="end">{value:.4g}</text>'
        )
    return "".join(lines)
