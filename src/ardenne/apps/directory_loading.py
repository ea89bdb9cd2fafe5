"""``ardenne directory``: checking and loading feeds of the provider directory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from ardenne.apps.feed_reading import readable
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings, load
from ardenne.kernel.store.database import Database
from ardenne.services.directory import feed, loading


@click.group("directory")
def command() -> None:
    """The provider directory: check and load feeds (CSV, see docs/directory.md)."""


@command.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong with a feed; exit code 1 when something is."""
    found = readable(file, lambda text: feed.read(text, "check"), "loaded")
    click.echo(f"the feed is in order: {len(found.roles)} roles")


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Name of who keeps the list, such as hospital-north.")
@click.option(
    "--complete", is_flag=True, help="The file is the whole list: who is not in it is set inactive."
)
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
def import_(file: Path, source: str, complete: bool, data: Path | None, database: str | None) -> None:
    """Load a feed; the same again changes nothing. Nothing is loaded when a line is wrong."""
    from ardenne.apps import serving

    found = readable(file, lambda text: feed.read(text, source), "loaded")
    settings = load(data=str(data) if data else None, database=database)
    with serving.database(settings) as dsn:
        done = asyncio.run(_load(dsn, settings, found, source, complete))
    click.echo(f"written {done.written}, unchanged {done.unchanged}, set inactive {done.ended}")


async def _load(
    dsn: str, settings: Settings, found: feed.Read, source: str, complete: bool
) -> loading.Loaded:
    database = Database(dsn, 2)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        return await loading.load(service, found, source, complete=complete)
    finally:
        await database.close()
