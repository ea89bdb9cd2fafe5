"""The map of a list of entries as SVG: numbered points at their true distances, with a scale (pure).

Drawn without any map of the ground: nothing is fetched from elsewhere. The list beside it holds the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _MARGIN, _LEAST_KM = 640.0, 34.0, 4.0
_TOLD = 6
"""Numbers told beside a spot at which several are."""
_KM_PER_DEGREE = 111.32


class Point(NamedTuple):
    """A place: number in the list, name of the town, latitude and longitude in degrees."""

    number: int
    town: str
    latitude: float
    longitude: float


def svg(points: Sequence[Point], title: str) -> str:
    """Return the map; empty when there is no point."""
    if not points:
        return ""
    middle = sum(one.latitude for one in points) / len(points)
    stretch = math.cos(math.radians(middle))
    flat = [(one.longitude * stretch * _KM_PER_DEGREE, one.latitude * _KM_PER_DEGREE) for one in points]
    left, right = _span([x for x, _y in flat])
    bottom, top = _span([y for _x, y in flat])
    scale = (_WIDTH - 2 * _MARGIN) / (right - left)
    height = min(_WIDTH, (top - bottom) * scale + 2 * _MARGIN)
    scale = min(scale, (height - 2 * _MARGIN) / (top - bottom))
    spots: dict[tuple[float, float], list[Point]] = {}
    for one, (x, y) in zip(points, flat, strict=True):
        spots.setdefault((_MARGIN + (x - left) * scale, height - _MARGIN - (y - bottom) * scale), []).append(
            one
        )
    drawn = "".join(_mark(held, *place) for place, held in spots.items())
    return (
        f'<svg class="map" role="img" viewBox="0 0 {_WIDTH:.0f} {height:.0f}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>{drawn}{_bar(scale, height)}</svg>"
    )


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    missing = max(0.0, _LEAST_KM - (high - low)) / 2
    return low - missing, high + missing


def _mark(held: Sequence[Point], x: float, y: float) -> str:
    """Draw a spot: the number in the list, or how many are there, with town and numbers above it."""
    inside = str(held[0].number) if len(held) == 1 else f"×{len(held)}"
    label = held[0].town
    if len(held) > 1:
        told = ", ".join(str(one.number) for one in held[:_TOLD]) + ("…" if len(held) > _TOLD else "")
        label = f"{label}: {told}"
    side = "end" if x > _WIDTH * 0.8 else "start" if x < _WIDTH * 0.2 else "middle"
    return (
        f'<circle class="map-point" cx="{x:.1f}" cy="{y:.1f}" r="11"/>'
        f'<text class="map-number" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{inside}</text>'
        f'<text class="map-town" x="{x:.1f}" y="{y - 15:.1f}" text-anchor="{side}">{escape(label)}</text>'
    )


def _bar(scale: float, height: float) -> str:
    length = next(km for km in (50, 20, 10, 5, 2, 1) if km * scale < _WIDTH / 2 or km == 1)
    end = _MARGIN + length * scale
    return (
        f'<path class="map-bar" d="M{_MARGIN:.1f} {height - 8:.1f}H{end:.1f}"/>'
        f'<text class="map-town" x="{end + 6:.1f}" y="{height - 4:.1f}">{length} km</text>'
    )
