"""`ardenne conformance SUITE FOLDER`: runs published conformance suites from a folder."""

from __future__ import annotations

from pathlib import Path

import click

from . import known, report
from .registry import SUITES
from .suite import SuiteError

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("conformance")
@click.argument("suite", type=click.Choice(sorted(SUITES)))
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--allow", type=_FILE, help="File of known misses: name, tab, reason. The exit code is 0 when they agree."
)
@click.pass_context
def command(context: click.Context, suite: str, folder: Path, as_json: bool, allow: Path | None) -> None:
    """Run the conformance SUITE in FOLDER; print passed, failed and each miss.

    The exit code is 0 when every case passed, or when exactly the known misses failed.
    """
    try:
        results = list(SUITES[suite](folder))
        comparison = known.compare(results, known.read(allow)) if allow else None
    except (SuiteError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(report.as_json(suite, results, comparison))
    else:
        click.echo(report.as_text(suite, results, comparison))
    good = comparison.agrees if comparison else all(result.passed for result in results)
    context.exit(0 if good else 1)
