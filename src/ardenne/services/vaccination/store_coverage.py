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


_HISTORY = """
with given as (
  select person, list_sort(list(distinct day))[?] as reached
  from read_parquet(?)
  where vaccine_group = ?
  group by person
)
select year(p.born) as cohort, p.commune, year(g.reached) as reached, count(*) as persons
from read_parquet(?) p left join given g on g.person = p.person
group by all
order by all
"""
_PARQUET = (
    "copy (select person::bigint as person, born::date as born, commune::varchar as commune from "
    "read_csv('{folder}/persons.csv', header = true, all_varchar = true)) to '{folder}/persons.parquet'",
    "copy (select person::bigint as person, day::date as day, vaccine_group::varchar as vaccine_group from "
    "read_csv('{folder}/acts.csv', header = true, all_varchar = true)) to '{folder}/acts.parquet'",
)


class Reached(NamedTuple):
    """Persons of a birth cohort and commune who had the doses in a year; ``year`` None: not yet."""

    cohort: int
    commune: str
    year: int | None
    persons: int


def history(persons: Path, acts: Path, vaccine_group: str, doses: int) -> list[Reached]:
    """When the persons of each cohort and commune had the doses: exact, for :mod:`disclosure` alone.

    The files are those of :func:`coverage`.
    """
    with duckdb.connect() as database:
        rows = database.execute(_HISTORY, [doses, str(acts), vaccine_group, str(persons)]).fetchall()
    return [Reached(int(row[0]), str(row[1] or ""), row[2], int(row[3])) for row in rows]


def to_parquet(folder: Path) -> None:
    """Turn persons.csv and acts.csv of a folder (made by us) into Parquet; dates that do not exist stop it."""
    with duckdb.connect() as database:
        for statement in _PARQUET:
            database.execute(statement.format(folder=str(folder).replace("'", "''")))
