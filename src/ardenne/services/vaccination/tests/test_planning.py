"""The plan: no other has fewer visits or fewer injections; every dose lies in its window."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from ardenne.services.vaccination.forecasts import Due
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.planning import fewest_injections, plan_visits

TODAY = date(2026, 3, 1)
NEEDS = {
    "Diphtheria, tetanus, pertussis": (("VAL414",), ("VAL067",), ("VAL003",)), "Polio": (("VAL042",),),
    "Hib": (("VAL177",),), "Hepatitis B": (("VAL068",),), "MMR": (("VAL182",), ("VAL183",), ("VAL079",)),
    "Varicella": (("VAL044",),), "Meningococcus B": (("VAL118",),), "Unknown": (("VAL999",),),
}  # fmt: skip


def due(group: str, start: int = 0, length: int | None = 0, state: str = "due") -> Due:
    day = TODAY + timedelta(days=start)
    end = None if length is None else day + timedelta(days=length)
    valences = tuple(frozenset(choice) for choice in NEEDS[group])
    return Due(group, state, 1, day, day, end, None, (), "", True, valences)


def test_one_hexavalent_for_four_groups() -> None:
    found = fewest_injections([due(group) for group in list(NEEDS)[:4]])
    assert len(found) == 1
    held = {one.name: one for one in starter().choices()}[found[0]]
    assert len(held.valences) == 6


def test_nothing_is_injected_that_nobody_needs() -> None:
    (only,) = fewest_injections([due("Polio")])
    assert {one.name: one for one in starter().choices()}[only].valences == ("VAL042",)
    assert fewest_injections([due("Unknown")]) == ["Unknown"]


@given(st.sets(st.sampled_from(list(NEEDS)), min_size=1))
@settings(max_examples=60)
def test_no_fewer_products_would_do(groups: set[str]) -> None:
    needed = [due(group) for group in sorted(groups)]
    count = len(fewest_injections(needed)) - ("Unknown" in groups)
    allowed = {code for group in groups for choice in NEEDS[group] for code in choice}
    products = {
        frozenset(one.valences)
        for one in starter().choices()
        if one.product and one.valences and set(one.valences) <= allowed
    }
    wanted = groups - {"Unknown"}
    served = {
        frozenset(group for group in wanted if all(held & set(choice) for choice in NEEDS[group]))
        for held in products
    }
    for fewer in range(count):
        assert not any(set().union(*some) >= wanted for some in combinations(served, fewer)) or not wanted


@given(
    st.lists(st.tuples(st.integers(0, 60), st.one_of(st.none(), st.integers(0, 60))), min_size=1, max_size=6)
)
def test_no_fewer_visits_would_do(windows: list[tuple[int, int | None]]) -> None:
    dues = [due(list(NEEDS)[place], *window, state="later") for place, window in enumerate(windows)]
    visits = plan_visits(dues, TODAY)
    by_group = {one.group: one for one in dues}
    for visit in visits:
        for group in visit.groups:
            one = by_group[group]
            assert one.recommended is not None and one.recommended <= visit.day <= (one.past_due or visit.day)
    assert sorted(group for visit in visits for group in visit.groups) == sorted(by_group)
    # as many windows as there are visits have no day in common, two by two: each needs its own
    ends = sorted((one.past_due or one.recommended, one.recommended) for one in dues)
    apart, last = 0, date.min
    for end, start in ends:
        if start > last:
            apart, last = apart + 1, end
    assert len(visits) == apart
