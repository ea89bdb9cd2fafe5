"""The tables reproduce the printed ones, and say where print does not add up."""

from __future__ import annotations

from ardenne.services.authorisations import statistics
from ardenne.services.authorisations.statistics import Difference


def test_counts_as_printed_make_the_printed_tables() -> None:
    made = statistics.tables(statistics.printed_counts(), statistics.PRINTED_YEARS)
    for ours, theirs in zip(made, statistics.printed(), strict=True):
        assert ours.rows == theirs.rows
        assert ours.years == theirs.years


def test_lines_of_the_report() -> None:
    """Cells read off the report: surgery assistants jumped from 21 to 270; stomatology has one in 2022 alone."""
    lines = {row.code: row.counts for table in statistics.printed() for row in table.rows}
    assert lines["assistant-surgery"] == (270, 21, 25, 24)
    assert lines["stomatology"] == (None, None, 1, None)
    assert lines["pharmacist"] == (54, 50, 59, 46)
    assert len(lines) - 1 == 2 + 1 + 49 + 1 + 2 + 1 + 22  # the headings share the empty code


def test_sums_that_do_not_add_up_are_told() -> None:
    found = statistics.differences(statistics.printed())
    assert found == [
        Difference("medical", 2024, 369, 367),
        Difference("medical", 2023, 446, 443),
        Difference("medical", 2022, 369, 370),
        Difference("medical", 2021, 355, 353),
    ]


def test_the_printed_grand_total_rests_on_the_printed_sums() -> None:
    totals = {table.key: table.total for table in statistics.printed()}
    assert totals["medical"] and totals["health"]
    assert 54 + 24 + totals["medical"][0] + totals["health"][0] == statistics.PRINTED_GRAND_TOTAL


def test_our_own_sums_add_up() -> None:
    assert statistics.differences(statistics.tables(statistics.printed_counts(), (2024, 2021))) == []
