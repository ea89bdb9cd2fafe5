"""``ardenne authorisations``: taking over authorisations that were given before."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import click

from ardenne.apps.feed_reading import readable
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings, load
from ardenne.kernel.store.database import Database
from ardenne.services.authorisations import existing, rules
from ardenne.services.authorisations.casework import Actor, Casework

_DONE = ("added", "changed", "unchanged", "kept")


@click.group("authorisations")
def command() -> None:
    """The registers of professions: take over authorisations that were given before (CSV, see docs/directory.md)."""


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--country", default="lu", show_default=True, help="Whose registers the list is of.")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder of the node (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
def import_(file: Path, country: str, data: Path | None, database: str | None) -> None:
    """Load a list; the same again changes nothing. Nothing is loaded when a line is wrong."""
    from ardenne.apps import serving

    if not rules.has(country):
        raise click.ClickException(f"there are no registers of the country '{country[:20]}'")
    found = readable(file, lambda text: existing.read(text, country), "loaded")
    settings = load(data=str(data) if data else None, database=database)
    with serving.database(settings) as dsn:
        done = asyncio.run(_load(dsn, settings, found, file.name))
    click.echo(", ".join(f"{name} {done[name]:,}" for name in _DONE) + " (kept: decided here since)")


async def _load(dsn: str, settings: Settings, found: existing.Read, name: str) -> Counter[str]:
    database = Database(dsn, 2)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        casework = Casework(service, Identity(database, settings))
        actor = Actor("", f"list {name}"[:100], "node")
        return Counter([await casework.take_over(one, actor) for one in found.found])
    finally:
        await database.close()
