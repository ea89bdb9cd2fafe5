"""``ardenne directory``: checking and loading feeds of the provider directory."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings, load
from ardenne.kernel.store.database import Database
from ardenne.services.directory import feed, loading

_SHOWN = 20


@click.group("directory")
def command() -> None:
    """The provider directory: check and load feeds (CSV, see docs/directory.md)."""


@command.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong with a feed; exit code 1 when something is."""
    found = _readable(file, "check")
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

    found = _readable(file, source)
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


def _readable(file: Path, source: str) -> feed.Read:
    """Return a feed without faults; tell the faults and end with exit code 1 otherwise."""
    try:
        found = feed.read(file.read_text("utf-8"), source)
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is no UTF-8 text: save it as CSV in UTF-8") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for fault in found.faults[:_SHOWN]:
        click.echo(f"{file}:{fault.line}: {fault.column}: {fault.message}", err=True)
    if found.faults:
        click.echo(f"{len(found.faults)} faults: nothing was loaded", err=True)
        sys.exit(1)
    return found
