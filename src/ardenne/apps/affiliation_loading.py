"""``ardenne affiliation``: opening records for those who joined the health insurance."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from ardenne.apps.composition import registry
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings, load
from ardenne.kernel.store.database import Database
from ardenne.services.affiliation import feed, opening

_SHOWN = 20


@click.command("affiliation")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
def command(file: Path, data: Path | None, database: str | None) -> None:
    """Open a record, an account and a letter for everybody in FILE (CSV); the same again changes nothing."""
    from ardenne.apps import serving

    try:
        found = feed.read(file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is no UTF-8 text: save it as CSV in UTF-8") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for fault in found.faults[:_SHOWN]:
        click.echo(f"{file}:{fault.line}: {fault.column}: {fault.message}", err=True)
    if found.faults:
        click.echo(f"{len(found.faults)} faults: nothing was opened", err=True)
        sys.exit(1)
    settings = load(data=str(data) if data else None, database=database)
    with serving.database(settings) as dsn:
        done = asyncio.run(open_records(dsn, settings, found.affiliates))
    for line, message in done.doubtful:
        click.echo(f"{file}:{line}: {message}", err=True)
    click.echo(f"opened {done.opened}, known before {done.known}, doubtful {len(done.doubtful)}")


async def open_records(dsn: str, settings: Settings, affiliates: list[feed.Affiliate]) -> opening.Opened:
    """Open the records of a list."""
    database = Database(dsn, 2)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        service.policy = PolicyService(database, Journal(database))
        service.registry = registry()
        return await opening.open_records(service, affiliates)
    finally:
        await database.close()
