"""``ardenne vaccination``: schedules applied to persons, checked, measured."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
