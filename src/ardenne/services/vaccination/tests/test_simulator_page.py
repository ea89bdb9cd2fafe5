"""The simulator's address: whatever it says, two scenarios come out that can be reckoned."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ardenne.services.vaccination.curves import Curve, picture
from ardenne.services.vaccination.simulation import doses_per_case_averted, simulate
from ardenne.services.vaccination.simulator_form import defaults, read, scenario

_TEXTS = st.sampled_from(["", "nan", "inf", "-3", "1e99", "12", "0,5", "x", "-inf"])


@given(st.dictionaries(st.sampled_from(["disease", *read({}).values]), _TEXTS))
@settings(max_examples=200)
def test_every_address_gives_scenarios_within_limits(query: dict[str, str]) -> None:
    for which in ("a", "b"):
        one = scenario(read(query), which)
        assert 0.1 <= one.reproduction <= 20 and 1 <= one.infectious_days <= 30 and 30 <= one.days <= 400
        assert all(0 <= share <= 1 for share in one.coverage) and 0 <= one.efficacy <= 1


def test_an_address_says_the_same_again() -> None:
    values = read({"disease": "measles", "reproduction": "12", "a_old": "50"}).values
    again = read({"disease": "measles", **{name: f"{value:g}" for name, value in values.items()}}).values
    assert values == again and values["reproduction"] == 12 and values["a_old"] == 50


def test_vaccinating_averts_cases_and_the_price_is_positive() -> None:
    chosen = read({"days": "150"})
    without, with_ = simulate(scenario(chosen, "a")), simulate(scenario(chosen, "b"))
    price = doses_per_case_averted(without, with_)
    assert without.doses == 0 and with_.doses == sum(
        int(size * share) for size, share in zip(defaults()["population"], (0.4, 0.4, 0.75), strict=True)
    )
    assert price is not None and price > 0


def test_the_picture_holds_both_courses_and_the_limit() -> None:
    flat = [1.0, 2.0, 3.0]
    text = picture([Curve("a", flat, flat, flat), Curve("b", flat, flat, flat)], "A & B", "days", str, 2.0)
    found = etree.fromstring(text)
    assert found.get("aria-label") == "A & B"
    assert text.count("<polygon") == text.count("<polyline") == 2 and text.count("curve-limit") == 1
