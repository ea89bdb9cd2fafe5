"""``ardenne contents``: the encrypted contents of a node: read them all, change the node's key, destroy a record's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from ardenne.apps import serving
from ardenne.apps.composition import registry
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.blobs import upkeep
from ardenne.kernel.policy.service import PolicyService
from ardenne.kernel.rest import encrypting
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import load
from ardenne.kernel.store.database import Database
from ardenne.services.record.contract import RecordContents
from ardenne.services.record.moving import exporting

Result = TypeVar("Result")
_DATA = click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
_DATABASE = click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")


@click.group()
def contents() -> None:
    """The encrypted contents of a node."""


@contents.command("verify")
@_DATA
@_DATABASE
def verify(data: Path | None, database: str | None) -> None:
    """Read every content and say which are damaged; remove files that nothing leads to. Exit code 3 if damaged."""
    found = _with_node(data, database, lambda service: upkeep.verify(service.blobs))
    for digest, reason in found.damaged[:50]:
        click.echo(f"BAD  {digest}: {reason}")
    click.echo(
        f"{found.contents} contents, {found.size} bytes, {len(found.damaged)} damaged; {found.stray} stray files removed"
    )
    sys.exit(3 if found.damaged else 0)


@contents.command("rotate")
@_DATA
@_DATABASE
def rotate(data: Path | None, database: str | None) -> None:
    """Make a new key of the node, seal the keys of all records with it, destroy the older one. Servers may run."""
    number = _with_node(data, database, lambda service: upkeep.rotate(service.blobs))
    click.echo(
        f"the keys of {number} records are sealed with the new key: back up keys/contents of the data folder now"
    )


@contents.command("encrypt")
@_DATA
@_DATABASE
def encrypt(data: Path | None, database: str | None) -> None:
    """Encrypt what a version before encryption kept plain, and remove the plain files. Exit code 3 if some are damaged."""
    done = _with_node(data, database, encrypting.encrypt)
    for digest in done.damaged[:50]:
        click.echo(
            f"BAD  {digest}: it is not what was stored, its plain file stays: restore it from a backup"
        )
    click.echo(f"{done.contents} plain contents encrypted and removed, {done.binaries} Binaries written anew")
    sys.exit(3 if done.damaged else 0)


@contents.command("destroy")
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do it: there is no way back.")
@_DATA
@_DATABASE
def destroy(person: str, yes: bool, data: Path | None, database: str | None) -> None:
    """Destroy the key of a record (id of the Patient, or a number), and so all its documents' contents."""
    if not yes:
        raise click.ClickException("the documents of the record will be unreadable for ever: add --yes")

    async def work(service: FhirService) -> int:
        patient = await exporting.find_person(service, person)
        if not patient:
            raise click.ClickException("nobody, or more than one person, is known by that id or number")
        return await service.registry.get(RecordContents).destroy(service, patient)

    click.echo(f"{_with_node(data, database, work)} contents destroyed with their key")


def _with_node(
    data: Path | None, database: str | None, work: Callable[[FhirService], Awaitable[Result]]
) -> Result:
    settings = load(data=str(data) if data else None, database=database)

    async def run(dsn: str) -> Result:
        held = Database(dsn, 2)
        try:
            service = FhirService(held, settings.data_folder / "contents", zone=settings.time_zone)
            service.registry = registry()
            service.policy = PolicyService(held, Journal(held))
            return await work(service)
        finally:
            await held.close()

    with serving.database(settings) as dsn:
        return asyncio.run(run(dsn))
