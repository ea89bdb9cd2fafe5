"""Small-number protection of coverage tables. Pure.

A cell is hidden when few persons are in it, or when few are covered or uncovered (then it says something about a known
person). Where a line with a shown total would have one hidden cell, the smallest other one is hidden too: else the hidden
number is the total minus the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ardenne.services.vaccination.store_coverage import Cell, Reached

SMALLEST = 5


class Shown(NamedTuple):
    """A cell as it may be published: counts and share are None where it is hidden."""

    cohort: int
    commune: str
    persons: int | None
    covered: int | None
    share: float | None


def protect(cells: Sequence[Cell], smallest: int = SMALLEST) -> list[Shown]:
    """Hide what is too small, and what would give it away in the totals of cohorts and communes."""
    hidden = {place for place, cell in enumerate(cells) if _small(cell, smallest)}
    while True:
        more = _giving_away(cells, hidden)
        if more <= hidden:
            break
        hidden |= more
    return [_shown(cell, place in hidden) for place, cell in enumerate(cells)]


def _small(cell: Cell, smallest: int) -> bool:
    return (
        cell.persons < smallest or 0 < cell.covered < smallest or 0 < cell.persons - cell.covered < smallest
    )


def _giving_away(cells: Sequence[Cell], hidden: set[int]) -> set[int]:
    found: set[int] = set()
    for line in ("cohort", "commune"):
        lines: dict[object, list[int]] = {}
        for place, cell in enumerate(cells):
            lines.setdefault(getattr(cell, line), []).append(place)
        for places in lines.values():
            secret = [place for place in places if place in hidden]
            open_ = [place for place in places if place not in hidden]
            if len(secret) == 1 and open_:
                found.add(min(open_, key=lambda place: (cells[place].persons, place)))
    return found


def _shown(cell: Cell, hide: bool) -> Shown:
    if hide:
        return Shown(cell.cohort, cell.commune, None, None, None)
    share = cell.covered / cell.persons if cell.persons else 0.0
    return Shown(cell.cohort, cell.commune, cell.persons, cell.covered, round(share, 4))


FEWEST_IN_TIME = 50
"""Persons below which no course over the years is shown: two years would tell of single persons."""


def series(reached: Sequence[Reached], last: int, years: int = 10) -> list[tuple[int, int]]:
    """Return the share with the doses at the end of each year, in whole per cent of those who were born by then.

    Whole per cents of at least fifty persons: the difference of two years does not tell who was vaccinated between.
    """
    found = []
    for year in range(last - years + 1, last + 1):
        born = sum(one.persons for one in reached if one.cohort <= year)
        covered = sum(one.persons for one in reached if one.year is not None and one.year <= year)
        if born >= FEWEST_IN_TIME and (covered == 0 or covered >= SMALLEST):
            found.append((year, round(100 * covered / born)))
    return found
