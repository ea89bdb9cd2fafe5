"""``ardenne demo``: a node with invented persons on both sides of the border, ready to look at."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import webbrowser
from pathlib import Path

import click

from ardenne.apps import serving
from ardenne.apps.composition import registry
from ardenne.apps.demo import (
    affiliations,
    agreements,
    applications,
    appointments,
    deceased,
    duplicates,
    involved,
    logins,
    messages,
    relations,
    stock,
)
from ardenne.apps.demo.documents import write_all
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.embedded import DatabaseError
from ardenne.kernel.store.embedded.folder import is_claimed
from ardenne.services.mpi.contract import PersonIndex
from ardenne.services.record import cli as record_cli

_CORPUS_FOLDERS = ("documents/cda", "documents/fhir", "documents/hl7v2", "documents/kmehr", "synthea")

_OPEN = """
This demonstration runs with --open: callers from this machine who do not sign in are the operator.
"""


def run(settings: Settings, reset: bool, browser: bool, corpus: Path | None) -> None:
    """Load the demonstration and serve it until Ctrl-C."""
    if reset:
        _remove(settings.data_folder)
    with serving.database(settings) as dsn:
        _load(settings, dsn, corpus)
        serving.serve(settings, lambda address: _announce(address, settings.open, browser))


def _remove(data: Path) -> None:
    """Remove the data folder, if it is one of ours."""
    if not data.exists():
        return
    if not is_claimed(data):
        raise DatabaseError(f"{data} is not a data folder of Ardenne: it is not removed.")
    cluster = data / "postgres"
    if cluster.is_symlink():
        shutil.rmtree(cluster.resolve(), ignore_errors=True)
    shutil.rmtree(data)


def _load(settings: Settings, dsn: str, corpus: Path | None) -> None:
    contents = settings.data_folder / "contents"
    asyncio.run(logins.load_directory(dsn, settings))
    with tempfile.TemporaryDirectory(prefix="ardenne-demo-") as folder:
        persons = write_all(Path(folder))
        click.echo(f"Loading {persons} invented persons with their documents")
        report = record_cli.run([Path(folder)], dsn, contents, 1, True, settings.time_zone, registry())
    click.echo(
        f"  filed {report.outcomes['filed']}, there already {report.outcomes['duplicate']}, "
        f"waiting in the error desk {report.outcomes['rejected']}"
    )
    patients = asyncio.run(logins.load(dsn, settings))
    count = asyncio.run(relations.load(dsn, settings, patients))
    agreed = asyncio.run(agreements.load(dsn, settings, patients))
    click.echo(f"  {agreed} agreements with a referring doctor")
    passed_on = asyncio.run(involved.load(dsn, settings, patients))
    click.echo(f"  {passed_on} permission that a doctor passed on to a nurse")
    written = asyncio.run(messages.load(dsn, settings))
    click.echo(f"  {written} secure messages between {len(messages.MEMBERS)} professionals")
    joined = asyncio.run(affiliations.load(dsn, settings))
    click.echo(f"  {joined} persons who joined the health insurance, their letters wait")
    asked = asyncio.run(applications.load(dsn, settings))
    click.echo(f"  {asked} applications for an authorisation to practise")
    click.echo(f"  {len(logins.accounts(patients))} logins, {count} relations of care")
    coming = asyncio.run(appointments.load(dsn, settings, patients))
    click.echo(f"  {coming} appointments of today")
    due = asyncio.run(deceased.load(dsn, settings, registry().get(PersonIndex)))
    click.echo(f"  {due} record whose legal time is over")
    batches = asyncio.run(stock.load(dsn))
    click.echo(f"  {batches} batches of vaccines in stock, a campaign for children")
    cases = asyncio.run(duplicates.load(dsn, settings, registry().get(PersonIndex)))
    click.echo(f"  {cases} questions for the identity desk")
    if corpus is None:
        return
    paths = [corpus / name for name in _CORPUS_FOLDERS if (corpus / name).exists()]
    if not paths:
        raise click.ClickException(f"{corpus} holds none of the folders {', '.join(_CORPUS_FOLDERS)}")
    click.echo(f"Loading the sample documents of {corpus}")
    click.echo(record_cli.run(paths, dsn, contents, None, False, settings.time_zone, registry()).table())


def _announce(address: str, is_open: bool, browser: bool) -> None:
    click.echo(
        f"""
ready {address}

  sign in   {address}/sign-in   one click a person: try "Anne Schmitz", "Dr Claude Thill" or "Josée Kremer"
  pages     {address}/          as a doctor: find a person by the name "Weber", or the birth date 1958-03-14
  public    {address}/directory   find a professional; {address}/authorisation
  filing    {address}/desk      file a document, see what waits in the error desk
  FHIR R4   {address}/fhir      ardenne token --user claude.thill prints an access token for it

Logins (password of all: {logins.PASSWORD}):
  citizens       anne.schmitz, jean.weber, sofia.ferreira (parent of tiago.ferreira), germaine.weber and others
  professionals  claude.thill (doctor), danielle.muller (nurse), martine.braun (pharmacist),
                 paul.kieffer (laboratory), tom.schiltz (secretary), nathalie.wagner (two roles) and others
  offices        identity, identity-second, registers, public-health, payer, auditor, operator, data-protection,
                 data-protection-second, matrix-editor
  mailboxes      claude.thill, danielle.muller, isabelle.majerus (passphrase: {messages.PASSPHRASE})
  software       {logins.BACKEND}, whose key is keys/demo-backend.json in the data folder
{_OPEN if is_open else ""}
All persons are invented. Ctrl-C stops it; `--reset` starts afresh.
"""
    )
    if browser:
        webbrowser.open(address)
