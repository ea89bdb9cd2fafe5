"""Two courses with their bands in one picture, as SVG made on the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _HEIGHT = 320, 190
"""As on a telephone, where its words must be read; wide screens enlarge the picture, and the style lessens the words."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 6, 10, 24


class Curve(NamedTuple):
    """A course by day: lower end, middle and upper end of its band. ``kind`` is a or b."""

    kind: str
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]


def picture(
    curves: Sequence[Curve], title: str, days: str, number: Callable[[float], str], limit: float | None = None
) -> str:
    """Return the picture. ``days`` names the axis of days; ``limit`` is drawn as a line across (capacity)."""
    last = len(curves[0].middle) - 1
    most = max([*(value for curve in curves for value in curve.high), limit or 0, 1])

    def place(day: int, value: float) -> str:
        across = _LEFT + day / last * (_WIDTH - _LEFT - _RIGHT)
        up = _TOP + (1 - value / most) * (_HEIGHT - _TOP - _BOTTOM)
        return f"{across:.1f},{up:.1f}"

    parts = [
        f'<svg class="curves" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
    ]
    for value in (0.0, most / 2, most):
        start, end = place(0, value).split(","), place(last, value).split(",")
        parts.append(
            f'<line class="trend-axis" x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}"/>'
        )
        parts.append(
            f'<text class="trend-text" x="{_LEFT - 6}" y="{float(start[1]) + 3}" text-anchor="end">'
            f"{escape(number(round(value)))}</text>"
        )
    for curve in curves:
        edge = [place(day, value) for day, value in enumerate(curve.high)]
        edge += [place(day, curve.low[day]) for day in range(last, -1, -1)]
        line = " ".join(place(day, value) for day, value in enumerate(curve.middle))
        parts.append(f'<polygon class="curve-band curve-{curve.kind}" points="{" ".join(edge)}"/>')
        parts.append(f'<polyline class="curve-line curve-{curve.kind}" points="{line}"/>')
    if limit is not None:
        start, end = place(0, limit).split(","), place(last, limit).split(",")
        parts.append(
            f'<line class="curve-limit" x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}"/>'
        )
    base = _HEIGHT - 8
    parts.append(f'<text class="trend-text" x="{_LEFT}" y="{base}">0</text>')
    parts.append(
        f'<text class="trend-text" x="{_WIDTH - _RIGHT}" y="{base}" text-anchor="end">{last + 1} {escape(days)}</text></svg>'
    )
    return "".join(parts)
