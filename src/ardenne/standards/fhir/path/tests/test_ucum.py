"""UCUM units: factors and dimensions as the UCUM specification (section 4) gives them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ardenne.standards.fhir.path.ucum import measure, product


@pytest.mark.parametrize(
    ("code", "factor", "like"),
    [
        ("kg", 1000, "g"),
        ("mm[Hg]", Fraction("133.322"), "Pa"),
        ("[lb_av]", Fraction("453.59237"), "g"),
        ("[in_i]", Fraction("2.54"), "cm"),
        ("mo", Fraction("30.4375"), "d"),
        ("dL", Fraction(1, 10), "L"),
        ("10*3/uL", 10**9, "/L"),
        ("ug/(24.h)", Fraction(1, 24 * 3600), "ug/s"),
        ("mL/min/{1.73_m2}", 1, "mL/min"),
        ("%", Fraction(1, 100), "1"),
        ("[gal_us]", Fraction("3.785411784"), "L"),
        ("kcal", 4184, "J"),
        ("kg.m-2", 1, "kg/m2"),
        ("[psi]", Fraction("6894757.293168361336722673"), "g.m-1.s-2"),
    ],
)
def test_factor_of_a_unit(code: str, factor: Fraction | int, like: str) -> None:
    unit, other = measure(code), measure(like)
    assert unit is not None and other is not None
    assert unit.dimensions == other.dimensions
    assert abs(float(unit.factor / other.factor / Fraction(factor)) - 1) < 1e-9


def test_units_that_measure_nothing_common() -> None:
    assert measure("[iU]") != measure("[CFU]")
    assert measure("Cel") is not None and measure("Cel").special  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["", "xyz", "kg(", "m//s", "[unknown]", "kkg", "m" + "." * 500, "((((m))"])
def test_what_is_no_unit(code: str) -> None:
    assert measure(code) is None


def test_product_of_units() -> None:
    assert product("m/s", "s", 1) == (Fraction(1), "m")
    assert product("1", "s", -1) == (Fraction(1), "/s")
    assert product("xyz", "s", 1) is None
