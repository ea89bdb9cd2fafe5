"""Charts: well-formed SVG with a name, points where they belong, foreign words as text."""

from __future__ import annotations

import re

from lxml import etree

from ardenne.ui.charts import Band, Point, spark, trend

POINTS = [Point(0, 8.0, "first"), Point(50, 5.0, "second"), Point(100, 6.5, "<third>")]
BAND = Band(4.0, 6.0)


def parsed(svg: str) -> etree._Element:
    return etree.fromstring(svg.encode())


def positions(svg: str) -> list[tuple[float, float]]:
    line = re.search(r'points="([^"]+)"', svg)
    assert line
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in line[1].split())]


def test_a_trend_is_named_and_marks_what_lies_outside() -> None:
    root = parsed(trend(POINTS, BAND, 'HbA1c "x"', "%", "2020", "2024"))
    assert (root.get("role"), root.get("aria-label")) == ("img", 'HbA1c "x"')
    circles = root.findall("circle")
    assert ["trend-outside" in str(circle.get("class")) for circle in circles] == [True, False, True]
    assert [circle.findtext("title") for circle in circles] == ["first", "second", "<third>"]


def test_later_is_further_right_and_more_is_higher() -> None:
    (x1, y1), (x2, y2), (x3, y3) = positions(trend(POINTS, BAND, "t", "%", "a", "b"))
    assert x1 < x2 < x3
    assert y1 < y3 < y2


def test_the_band_lies_between_its_numbers() -> None:
    root = parsed(trend([Point(0, 4.0, ""), Point(1, 6.0, "")], BAND, "t", "%", "a", "b"))
    band, (low, high) = root.find("rect"), [float(c.get("cy", "")) for c in root.findall("circle")]
    assert band is not None
    top, height = float(band.get("y", "")), float(band.get("height", ""))
    assert (round(top, 1), round(top + height, 1)) == (high, low)


def test_open_bands_reach_the_edge() -> None:
    for band in (Band(None, 6.0), Band(4.0, None)):
        assert parsed(trend(POINTS, band, "t", "%", "a", "b")).find("rect") is not None
    assert parsed(trend(POINTS, Band(None, None), "t", "%", "a", "b")).find("rect") is None


def test_equal_values_and_moments_do_not_divide_by_zero() -> None:
    same = [Point(5, 0.0, ""), Point(5, 0.0, "")]
    for drawn in (trend(same, Band(None, None), "t", "", "a", "b"), spark(same, Band(None, None), "t")):
        parsed(drawn)
        assert "nan" not in drawn and "inf" not in drawn


def test_a_spark_marks_only_its_last_point() -> None:
    root = parsed(spark(POINTS, BAND, "Trend"))
    assert root.get("aria-label") == "Trend"
    assert ["trend-outside" in str(circle.get("class")) for circle in root.findall("circle")] == [True]
