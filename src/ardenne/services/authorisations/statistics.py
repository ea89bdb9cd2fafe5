"""Yearly statistics in the form of the ministry's printed tables, and where printed sums do not add up (pure).

Source of form and figures: activity report 2024 of the Ministry of Health and Social Security of Luxembourg,
chapter "Professions de Santé".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from ardenne.standards.professions import professions

TABLES = ("pharmacists-psychotherapists", "medical", "health")
PRINTED_YEARS = (2024, 2023, 2022, 2021)
PRINTED_GRAND_TOTAL = 3041
"""Authorisations delivered in 2024, as the report prints it above the tables."""
_SUMMED = ("medical", "health")
_HEADINGS = {
    "doctor-specialist": "MÉDECIN SPÉCIALISTE EN",
    "dentist-specialist": "MÉDECIN-DENTISTE SPÉCIALISTE EN",
}


class Row(NamedTuple):
    """A line: code, label as printed, count per year; None: an empty cell, as print shows none."""

    code: str
    label: str
    counts: tuple[int | None, ...]


class Table(NamedTuple):
    """A table: its key, the years, its lines (a heading has no counts), and the sum that is printed under it."""

    key: str
    years: tuple[int, ...]
    rows: tuple[Row, ...]
    total: tuple[int, ...] | None


class Difference(NamedTuple):
    """A printed sum that is not the sum of its lines."""

    table: str
    year: int
    printed: int
    summed: int


Counts = Mapping[tuple[str, int], int]


@lru_cache(maxsize=1)
def order() -> tuple[tuple[str, str], ...]:
    """Return (table, code) of every line in the printed order."""
    return tuple((table, code) for table, code, _counts in _printed() if code != "TOTAL")


def tables(counts: Counts, years: Sequence[int]) -> list[Table]:
    """Return the tables of authorisations delivered: ``counts`` by (code, year)."""
    found = []
    for key in TABLES:
        rows = [
            (code, tuple(counts.get((code, year)) or None for year in years))
            for table, code in order()
            if table == key
        ]
        sums = tuple(sum(values[place] or 0 for _code, values in rows) for place in range(len(years)))
        found.append(Table(key, tuple(years), _lines(rows), sums if key in _SUMMED else None))
    return found


def printed() -> list[Table]:
    """Return the tables as printed, sums included."""
    found = []
    for key in TABLES:
        lines = [(code, counts) for table, code, counts in _printed() if table == key]
        rows = [line for line in lines if line[0] != "TOTAL"]
        total = next(
            (tuple(value or 0 for value in counts) for code, counts in lines if code == "TOTAL"), None
        )
        found.append(Table(key, PRINTED_YEARS, _lines(rows), total))
    return found


def printed_counts() -> dict[tuple[str, int], int]:
    """Return the printed figures by (code, year), without sums."""
    return {
        (code, year): value
        for _table, code, counts in _printed()
        if code != "TOTAL"
        for year, value in zip(PRINTED_YEARS, counts, strict=True)
        if value is not None
    }


def differences(found: Sequence[Table]) -> list[Difference]:
    """Return where the sum under a table is not the sum of its lines."""
    wrong = []
    for table in found:
        if table.total is None:
            continue
        for place, (year, told) in enumerate(zip(table.years, table.total, strict=True)):
            summed = sum(row.counts[place] or 0 for row in table.rows if row.counts)
            if summed != told:
                wrong.append(Difference(table.key, year, told, summed))
    return wrong


def _lines(rows: Sequence[tuple[str, tuple[int | None, ...]]]) -> tuple[Row, ...]:
    names, lines, heading = professions("lu"), [], ""
    for code, counts in rows:
        one = names[code]
        if one.of != heading and one.of:
            lines.append(Row("", _HEADINGS[one.of], ()))
        heading = one.of
        lines.append(Row(code, one.names["fr"], counts))
    return tuple(lines)


@lru_cache(maxsize=1)
def _printed() -> tuple[tuple[str, str, tuple[int | None, ...]], ...]:
    text = (resources.files(__package__) / "data" / "printed_2024.tsv").read_text("utf-8")
    lines = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        (table, code, tuple(int(value) if value else None for value in values))
        for table, code, *values in lines[1:]
    )
