"""The map: true proportions, every point inside, names escaped."""

from __future__ import annotations

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from ardenne.services.directory.maps import Point, svg

LUXEMBOURG, ARLON, CLERVAUX = (49.611, 6.130), (49.683, 5.817), (50.055, 6.031)


def circles(drawn: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.-]+)" cy="([\d.-]+)"', drawn)]


def test_distances_keep_their_proportion() -> None:
    """Great-circle distances (haversine, 6,371 km): Luxembourg–Arlon 23.9 km, Luxembourg–Clervaux 49.9 km."""
    drawn = svg([Point(n, "", *place) for n, place in enumerate((LUXEMBOURG, ARLON, CLERVAUX))], "Map")
    home, west, north = circles(drawn)
    assert math.isclose(math.dist(home, west) / math.dist(home, north), 23.9 / 49.9, rel_tol=0.02)
    assert west[0] < home[0] and north[1] < home[1]


@given(st.lists(st.tuples(st.text(max_size=8), st.floats(49, 51), st.floats(4, 7)), min_size=1, max_size=20))
def test_every_point_is_on_the_map(places: list[tuple[str, float, float]]) -> None:
    drawn = svg([Point(n, *place) for n, place in enumerate(places)], "<Map>")
    height = float(re.search(r'viewBox="0 0 640 (\d+)"', drawn)[1])  # type: ignore[index]
    assert all(0 <= x <= 640 and 0 <= y <= height + 1 for x, y in circles(drawn))
    assert "<Map>" not in drawn


def test_without_points_there_is_no_map() -> None:
    assert svg([], "Map") == ""
