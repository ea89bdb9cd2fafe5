"""``ardenne affiliation``: opening records for those who joined the health insurance."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from ardenne.apps.composition import registry
from ardenne.apps.feed_reading import readable
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings, load
from ardenne.kernel.store.database import Database
from ardenne.services.affiliation import feed, opening


@click.command("affiliation")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
def command(file: Path, data: Path | None, database: str | None) -> None:
    """Open a record, an account and a letter for everybody in FILE (CSV); the same again changes nothing."""
    from ardenne.apps import serving

    found = readable(file, feed.read, "opened")
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
