"""Coverage by hand-counted persons, and what a reader of the table must not be able to reckon."""

from __future__ import annotations

from pathlib import Path

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from ardenne.services.vaccination.disclosure import SMALLEST, protect
from ardenne.services.vaccination.store_coverage import Cell, coverage


def test_counts_by_hand(tmp_path: Path) -> None:
    persons, acts = tmp_path / "p.parquet", tmp_path / "a.parquet"
    duckdb.execute(
        f"copy (select * from (values (1, date '2020-05-01', 'A'), (2, date '2020-06-01', 'A'), (3, date '2021-01-01', 'B'), "
        f"(4, date '2026-06-01', 'A')) t(person, born, commune)) to '{persons}'"
    )
    duckdb.execute(
        f"copy (select * from (values (1, date '2021-06-01', 'MMR'), (1, date '2021-06-01', 'MMR'), (1, date '2022-01-01', 'MMR'), "
        f"(2, date '2021-07-01', 'MMR'), (3, date '2022-01-01', 'Polio'), (2, date '2026-05-01', 'MMR')) t(person, day, vaccine_group)) to '{acts}'"
    )
    assert coverage(persons, acts, "MMR", 2, "2026-01-01") == [Cell(2020, "A", 2, 1), Cell(2021, "B", 1, 0)]
    assert coverage(persons, acts, "MMR", 1, "2026-01-01")[0] == Cell(2020, "A", 2, 2)
    assert coverage(persons, acts, "MMR", 2, "2026-05-01")[0] == Cell(2020, "A", 2, 2)


def test_a_single_hidden_cell_takes_another_with_it() -> None:
    cells = [Cell(2020, "A", 100, 90), Cell(2020, "B", 50, 40), Cell(2020, "C", 20, 18)]
    assert [one.persons for one in protect(cells)] == [100, None, None]


_CELLS = st.dictionaries(
    st.tuples(st.integers(2018, 2021), st.sampled_from("ABC")),
    st.integers(0, 60).flatmap(lambda number: st.tuples(st.just(number), st.integers(0, number))),
    min_size=1,
)


@given(_CELLS)
def test_nothing_small_is_shown_and_nothing_hidden_can_be_reckoned(
    table: dict[tuple[int, str], tuple[int, int]],
) -> None:
    cells = [Cell(cohort, commune, *counts) for (cohort, commune), counts in table.items()]
    shown = protect(cells)
    for one in shown:
        if one.persons is not None and one.covered is not None:
            assert one.persons >= SMALLEST
            assert not 0 < one.covered < SMALLEST and not 0 < one.persons - one.covered < SMALLEST
    for line in ("cohort", "commune"):
        for value in {getattr(one, line) for one in shown}:
            held = [one for one in shown if getattr(one, line) == value]
            assert sum(one.persons is None for one in held) != 1 or len(held) == 1
