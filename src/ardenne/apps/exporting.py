"""``ardenne export``: the record of a person as one file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from ardenne.apps import serving
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings, load
from ardenne.kernel.store.database import Database
from ardenne.services.record.exchange.objects import Place
from ardenne.services.record.moving import exporting


@click.command("export")
@click.argument("person")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file to write, such as anne.zip."
)
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
@click.option(
    "--language", type=click.Choice(["fr", "de", "lb", "en", "pt"]), default="fr", help="Of the index page."
)
def command(person: str, out: Path, data: Path | None, database: str | None, language: str) -> None:
    """Write the whole record of PERSON (Patient id, number, or login) to a file that other systems can read."""
    settings = load(data=str(data) if data else None, database=database)
    with serving.database(settings) as dsn:
        done = asyncio.run(_export(settings, dsn, person, out, language))
    click.echo(f"{out}: {done.resources} resources, {done.originals} originals")


async def _export(settings: Settings, dsn: str, person: str, out: Path, language: str) -> exporting.Exported:
    database = Database(dsn, 2)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        service.policy = PolicyService(database, Journal(database))
        account = await Identity(database, settings).accounts.by_login(person)
        patient = account.patient if account is not None and account.patient else ""
        patient = patient or await exporting.find_person(service, person)
        if not patient:
            raise click.ClickException(
                "nobody, or more than one person, is known by that id, number or login"
            )
        return await exporting.export(service, Place(settings.community), patient, out, language)
    finally:
        await database.close()
