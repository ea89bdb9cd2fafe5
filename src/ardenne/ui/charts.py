"""Charts as SVG made on the server: they print, need no script, and have a table as their twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 22, 22


def trend(
    points: Sequence[Point],
    band: Band,
    title: str,
    unit: str,
    first: str,
    last: str,
    number: Callable[[float], str] = lambda value: f"{value:.4g}",
) -> str:
    """Return a line with its reference band. ``first`` and ``last`` are the dates under the ends.

    ``number`` writes the numbers of the axis.
    """
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
        _axis(low + margin, high - margin, up, number),
        f'<polyline class="trend-line" points="{" ".join(f"{across(p.moment)},{up(p.value)}" for p in points)}"/>',
    ]
    for point in points:
        kind = "trend-point trend-outside" if _outside(point.value, band) else "trend-point"
        parts.append(
            f'<circle class="{kind}" cx="{across(point.moment)}" cy="{up(point.value)}" r="3.5">'
            f"<title>{escape(point.label)}</title></circle>"
        )
    base = _HEIGHT - 6
    parts.append(f'<text class="trend-text" x="{_LEFT}" y="{base}">{escape(first)}</text>')
    parts.append(
        f'<text class="trend-text" x="{_WIDTH - _RIGHT}" y="{base}" text-anchor="end">{escape(last)}</text>'
    )
    parts.append(f'<text class="trend-text" x="2" y="{_TOP - 12}">{escape(unit)}</text></svg>')
    return "".join(parts)


_SPARK_WIDTH, _SPARK_HEIGHT = 120, 32


def spark(points: Sequence[Point], band: Band, title: str) -> str:
    """Return a small line for a table cell: band, line, and the last point marked when it lies outside."""
    values = [point.value for point in points]
    low, high = min(values), max(values)
    margin = (high - low) * 0.25 or abs(high) * 0.1 or 1.0
    low, high = low - margin, high + margin
    start, end = points[0].moment, points[-1].moment

    def place(point: Point) -> tuple[float, float]:
        share = (point.moment - start) / (end - start) if end > start else 1.0
        across = 4 + share * (_SPARK_WIDTH - 8)
        return round(across, 1), round((high - point.value) / (high - low) * _SPARK_HEIGHT, 1)

    def within(value: float) -> float:
        return round(min(max((high - value) / (high - low), 0.0), 1.0) * _SPARK_HEIGHT, 1)

    parts = [
        f'<svg class="spark" viewBox="0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}" width="{_SPARK_WIDTH}" '
        f'height="{_SPARK_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
    ]
    if band.low is not None or band.high is not None:
        top = within(band.high) if band.high is not None else 0.0
        bottom = within(band.low) if band.low is not None else float(_SPARK_HEIGHT)
        height = round(bottom - top, 1)
        parts.append(f'<rect class="trend-band" x="0" y="{top}" width="{_SPARK_WIDTH}" height="{height}"/>')
    line = " ".join(f"{x},{y}" for x, y in map(place, points))
    parts.append(f'<polyline class="trend-line" points="{line}"/>')
    kind = "trend-point trend-outside" if _outside(points[-1].value, band) else "trend-point"
    x, y = place(points[-1])
    parts.append(f'<circle class="{kind}" cx="{x}" cy="{y}" r="3"/></svg>')
    return "".join(parts)


def _outside(value: float, band: Band) -> bool:
    return (band.low is not None and value < band.low) or (band.high is not None and value > band.high)


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


def _axis(low: float, high: float, up: object, number: Callable[[float], str]) -> str:
    assert callable(up)
    lines = []
    for value in (low, high):
        height = up(value)
        lines.append(
            f'<line class="trend-axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{height}" y2="{height}"/>'
        )
        shown = escape(number(float(f"{value:.4g}")))
        lines.append(
            f'<text class="trend-text" x="{_LEFT - 5}" y="{height + 3}" text-anchor="end">{shown}</text>'
        )
    return "".join(lines)
