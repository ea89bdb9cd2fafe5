"""``ardenne import`` into a data folder or to a running node."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from ardenne.apps import sending, serving
from ardenne.apps.composition import registry
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database
from ardenne.services.mpi.contract import PersonIndex
from ardenne.services.record import cli
from ardenne.services.record.moving import importing

EXIT_REJECTED = 2


def run(paths: list[Path], settings: Settings, server: str, processes: int | None, quiet: bool) -> int:
    """Import and print the closing table. Returns the exit code."""
    try:
        if server:
            report = sending.run(paths, server.rstrip("/"), quiet)
        else:
            records = [path for path in paths if path.is_file() and importing.is_record(path)]
            others = [path for path in paths if path not in records]
            with serving.database(settings) as dsn:
                contents = settings.data_folder / "contents"
                report = cli.run(others, dsn, contents, processes, quiet, settings.time_zone, registry())
                asyncio.run(_load(records, dsn, settings, report))
    except FileNotFoundError as error:
        raise click.ClickException(f"there is no file or folder {error}") from None
    click.echo(report.table())
    return EXIT_REJECTED if report.rejected else 0


async def _load(paths: list[Path], dsn: str, settings: Settings, report: cli.Report) -> None:
    """Load exported records, each of them wholly or not at all."""
    if not paths:
        return
    database = Database(dsn, 2)
    service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
    service.registry = registry()
    try:
        await service.registry.get(PersonIndex).catch_up(database)
        for path in paths:
            filed = await importing.load(service, path)
            if filed.outcome == "refused":
                report.reject(path.name, filed.issues)
            else:
                report.outcomes[filed.outcome] += 1
                report.stored += filed.stored
    finally:
        await database.close()
