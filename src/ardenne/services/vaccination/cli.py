"""``ardenne vaccination``: schedules applied to persons, checked, measured."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson

from ardenne.services.vaccination.rules.tree import ShapeError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Vaccination: evaluate histories, forecast, check schedules."""


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield number, orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    yield number, error


def _stop(error: Exception) -> None:
    click.echo(f"ardenne: {error}", err=True)
    sys.exit(1)


@command.command()
@click.argument("cases", type=_FILE)
@click.option("--rules", required=True, type=_FOLDER, help="Folder of supporting data (XML, JSON or TOML).")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Results, JSON lines."
)
def evaluate(cases: Path, rules: Path, out: Path) -> None:
    """Evaluate and forecast every case of a file with one JSON object a line.

    Writes one line per case: id, series_status, forecast_dose, earliest, recommended, past_due, and for each dose its
    status and reason. A case that cannot be read gets a line with its error; then the exit code is 2.
    """
    from ardenne.services.vaccination.cases import CaseError, read_case, result_of
    from ardenne.services.vaccination.schedules import load_folder

    try:
        ruleset = load_folder(rules)
    except ShapeError as error:
        return _stop(error)
    # Nothing here makes cycles: looking for them would cost a tenth of the time.
    gc.disable()
    bad = done = 0
    begun = time.perf_counter()
    with out.open("wb") as target:
        for number, row in _lines(cases):
            try:
                if not isinstance(row, dict):
                    raise CaseError(f"line {number} is no JSON object")
                result = result_of(read_case(row, ruleset), ruleset)
                done += 1
            except CaseError as error:
                bad += 1
                result = {
                    "id": row.get("id", "") if isinstance(row, dict) else "",
                    "error": f"line {number}: {error}",
                }
            target.write(orjson.dumps(result) + b"\n")
    click.echo(f"{done} cases, {bad} not readable, {done / (time.perf_counter() - begun):,.0f} a second")
    sys.exit(2 if bad else 0)


@command.command()
@click.option("--schedule", required=True, help="lu, be, or a folder of supporting data.")
@click.option("--on", "day", help="The day of the forecast, YYYY-MM-DD (default: today, or the file's).")
@click.argument("file", type=click.File("rb"))
def forecast(schedule: str, day: str | None, file: BinaryIO) -> None:
    """What is due for a person of a JSON file: a case, or a FHIR Bundle with Patient and Immunizations."""
    from ardenne.services.vaccination.cases import CaseError
    from ardenne.services.vaccination.forecasts import forecast_lines
    from ardenne.services.vaccination.schedules import load

    try:
        for line in forecast_lines(orjson.loads(file.read()), load(schedule), day):
            click.echo(orjson.dumps(line).decode())
    except (ShapeError, CaseError, orjson.JSONDecodeError) as error:
        _stop(error)


@command.command()
@click.argument("schedule")
def check(schedule: str) -> None:
    """Look for gaps and contradictions in a schedule (lu, be, or a folder). Exit code 1 when there are errors."""
    from ardenne.services.vaccination.rules.checking import problems
    from ardenne.services.vaccination.schedules import load

    try:
        ruleset = load(schedule)
    except ShapeError as error:
        return _stop(error)
    found = list(problems(ruleset))
    for one in found:
        click.echo(f"{one.severity}  {one.place}: {one.text}")
    errors = sum(one.severity == "error" for one in found)
    doses = [dose for held in ruleset.antigens.values() for series in held.series for dose in series.doses]
    believed = sum(not dose.confirmed for dose in doses)
    click.echo(
        f"{len(doses)} doses, {believed} to be confirmed, {errors} errors, {len(found) - errors} warnings"
    )
    sys.exit(1 if errors else 0)


@command.command()
@click.argument("folder", type=_FOLDER)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The table, TSV.")
def nomenclature(folder: Path, out: Path) -> None:
    """Make the table of vaccines from a copy of NUVA's repository. Prints what no schedule speaks of."""
    from ardenne.services.vaccination.nomenclature import import_nuva, table
    from ardenne.services.vaccination.schedules import load, shipped

    known = frozenset(code for name in shipped() for code in load(name).associations)
    try:
        found = import_nuva(folder, known)
    except ValueError as error:
        return _stop(error)
    out.write_text(table(found.vaccines), encoding="utf-8")
    for code, why in found.losses:
        click.echo(f"{code}: {why}")
    click.echo(
        f"{len(found.vaccines)} vaccines, {len(found.losses)} with valences that no schedule speaks of"
    )


@command.command()
@click.option("--rules", required=True, type=_FOLDER, help="Folder of supporting data (XML, JSON or TOML).")
@click.option("--cases", type=_FILE, help="Persons of a case file; else invented ones.")
@click.option("--persons", type=click.IntRange(100), default=10_000, show_default=True)
def bench(rules: Path, cases: Path | None, persons: int) -> None:
    """Measure how many persons a second one core evaluates and forecasts (all vaccine groups, or a case's)."""
    from ardenne.services.vaccination.measuring import measure
    from ardenne.services.vaccination.schedules import load_folder

    try:
        ruleset = load_folder(rules)
    except ShapeError as error:
        return _stop(error)
    rows = [row for _number, row in _lines(cases)] if cases else None
    rate, what = measure(ruleset, rows, persons)
    click.echo(f"{rate:,.0f} persons a second of processor time ({what})")


@command.command()
@click.argument("persons", type=_FILE)
@click.argument("acts", type=_FILE)
@click.option("--group", required=True, help="Vaccine group, as the acts name it.")
@click.option("--doses", type=click.IntRange(1), default=1, show_default=True)
@click.option("--on", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="As of this day.")
@click.option(
    "--smallest", type=click.IntRange(2), default=5, show_default=True, help="Smaller numbers are hidden."
)
def coverage(persons: Path, acts: Path, group: str, doses: int, day: datetime, smallest: int) -> None:
    """Coverage by birth cohort and commune as CSV, small numbers protected.

    PERSONS: Parquet with person (a pseudonym), born, commune. ACTS: Parquet with person, day, vaccine_group.
    """
    import duckdb

    from ardenne.services.vaccination.disclosure import protect
    from ardenne.services.vaccination.store_coverage import coverage as count

    try:
        cells = count(persons, acts, group, doses, f"{day:%Y-%m-%d}")
    except duckdb.Error as error:
        return _stop(error)
    click.echo("cohort,commune,persons,covered,share")
    for one in protect(cells, smallest):
        click.echo(",".join("" if value is None else str(value) for value in one))
