"""Coverage from pseudonymised tables, by DuckDB: persons with so many doses of a vaccine group, by cohort and commune."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb

_COVERAGE = """
with given as (
  select person, count(distinct day) as doses
  from read_parquet(?)
  where vaccine_group = ? and day <= ?
  group by person
)
select year(p.born) as cohort, p.commune, count(*) as persons,
       count(*) filter (where g.doses >= ?) as covered
from read_parquet(?) p left join given g on g.person = p.person
where p.born <= ?
group by all
order by all
"""


class Cell(NamedTuple):
    """A birth cohort in a commune: how many persons, and how many of them had the doses."""

    cohort: int
    commune: str
    persons: int
    covered: int


def coverage(persons: Path, acts: Path, vaccine_group: str, doses: int, day: str) -> list[Cell]:
    """Exact counts on a day (YYYY-MM-DD); nobody outside sees them before :mod:`disclosure` has protected them.

    ``persons``: Parquet with person, born, commune. ``acts``: Parquet with person, day, vaccine_group.
    """
    with duckdb.connect() as database:
        rows = database.execute(
            _COVERAGE, [str(acts), vaccine_group, day, doses, str(persons), day]
        ).fetchall()
    return [
        Cell(int(cohort), str(commune), int(number), int(covered))
        for cohort, commune, number, covered in rows
    ]
