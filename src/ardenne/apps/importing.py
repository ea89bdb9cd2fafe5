"""``ardenne import`` into a data folder or to a running node."""

from __future__ import annotations

from pathlib import Path

import click

from ardenne.apps import sending, serving
from ardenne.apps.composition import registry
from ardenne.kernel.settings import Settings
from ardenne.services.record import cli

EXIT_REJECTED = 2


def run(paths: list[Path], settings: Settings, server: str, processes: int | None, quiet: bool) -> int:
    """Import and print the closing table. Returns the exit code."""
    try:
        if server:
            report = sending.run(paths, server.rstrip("/"), quiet)
        else:
            with serving.database(settings) as dsn:
                contents = settings.data_folder / "contents"
                report = cli.run(paths, dsn, contents, processes, quiet, settings.time_zone, registry())
    except FileNotFoundError as error:
        raise click.ClickException(f"there is no file or folder {error}") from None
    click.echo(report.table())
    return EXIT_REJECTED if report.rejected else 0
