"""``ardenne decide`` and ``ardenne journal``: what the policy says, and whether the journal still holds."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import orjson

from ardenne.apps import serving
from ardenne.kernel.audit.journal import Journal
from ardenne.kernel.audit.keys import public_text, signing_key
from ardenne.kernel.audit.sealing import seal
from ardenne.kernel.audit.verifying import Report, verify
from ardenne.kernel.identity.accounts import Presence, caller
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.policy import matrices
from ardenne.kernel.policy.clauses import Act
from ardenne.kernel.policy.sentences import sentence
from ardenne.kernel.policy.service import UNREAD, PolicyService
from ardenne.kernel.settings import Settings, load
from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Database
from ardenne.kernel.store.resources import Resources, RowFacts
from ardenne.kernel.store.types import NUMBERS


class Question(NamedTuple):
    """Who wants to do what with which document of whose record."""

    login: str
    record: str
    document: str
    act: Act
    purpose: str
    language: str


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
@click.option("--as", "login", required=True, help="Login of whom to decide about, such as claude.thill.")
@click.option("--record", required=True, help="Patient id, or the login of the person whose record it is.")
@click.option("--document", default="", help="Type/id of a resource, or the id of a DocumentReference.")
@click.option("--action", type=click.Choice([act.value for act in Act]), default="read")
@click.option(
    "--purpose", default="", help="Purpose of use, such as TREAT or ETREAT (default: the usual one)."
)
@click.option("--language", type=click.Choice(["fr", "de", "lb", "en", "pt"]), default="en")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def decide(
    data: Path | None,
    database: str | None,
    login: str,
    record: str,
    document: str,
    action: str,
    purpose: str,
    language: str,
    as_json: bool,
) -> None:
    """Say what the policy decides, by which rule and why. Nothing is read for anybody, nothing is recorded.

    Exit code 0: permitted, 3: refused.
    """
    settings = load(data=str(data) if data else None, database=database)
    question = Question(login, record, document, Act(action), purpose, language)
    with serving.database(settings) as dsn:
        found = asyncio.run(_decide(settings, dsn, question))
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(f"{found['decision']}  {found['rule']}\n{found['sentence']}")
    sys.exit(0 if found["decision"] == "permit" else 3)


async def _decide(settings: Settings, dsn: str, question: Question) -> dict[str, Any]:
    database = Database(dsn, 2)
    try:
        identity = Identity(database, settings)
        account = await identity.accounts.by_login(question.login)
        if account is None:
            raise click.ClickException(f"there is no login '{question.login[:60]}' in this data folder")
        role = account.roles[0].id if account.roles else ""
        asks = caller(account, Presence(role, purpose=question.purpose), datetime.now(UTC))
        record = question.record.removeprefix("Patient/")
        person = await identity.accounts.by_login(record)
        patient = person.patient if person is not None and person.patient else record
        kind, row = await _row(Resources(database), patient, question.document)
        policy = PolicyService(
            database, Journal(database), await matrices.current(database, settings.jurisdiction)
        )
        found = await policy.decide(policy.standing(asks), row, question.act, NUMBERS[kind])
        return {
            "decision": "permit" if found.permit else "deny",
            "rule": found.rule,
            "sentence": sentence(found.rule, found.permit, question.language),
            "obligations": list(found.obligations),
            "matrix": f"{policy.matrix.jurisdiction}/{policy.matrix.version}",
        }
    finally:
        await database.close()


async def _row(resources: Resources, patient: str, document: str) -> tuple[str, RowFacts]:
    """Return type and facts of the document; without one those of the Patient. Raises ClickException."""
    kind, _, name = document.rpartition("/") if document else ("Patient", "", patient)
    kind = kind or "DocumentReference"
    stored = await resources.read(kind, name) if kind in NUMBERS else None
    owner = hashing.self_hash("Patient", patient)
    if stored is None or stored.facts.patient != owner:
        raise click.ClickException(f"the record of {patient[:64]} has no {kind[:40]}/{name[:64]}")
    return kind, stored.facts._replace(policy_version=UNREAD)


@click.group()
def journal() -> None:
    """The access journal of a node."""


@journal.command("verify")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify_journal(data: Path | None, database: str | None, as_json: bool) -> None:
    """Read the whole journal and say whether a line was changed, removed or inserted. Exit code 3 if so."""
    settings = load(data=str(data) if data else None, database=database)
    key = signing_key(settings.data_folder).public_key()
    with serving.database(settings) as dsn:
        report = asyncio.run(_verify(settings, dsn))
    if as_json:
        found = {**report._asdict(), "findings": [one._asdict() for one in report.findings]}
        click.echo(orjson.dumps({**found, "key": public_text(key)}, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(
            f"{report.lines} lines in {report.lanes} lanes, {report.sealed} of them under {report.roots} "
            f"signed roots (key {public_text(key)[:16]}…)"
        )
        for one in report.findings[:50]:
            place = f"lane {one.lane}, line {one.seq}: " if one.lane or one.seq else ""
            click.echo(f"BAD  {place}{one.what}")
        click.echo("The journal is whole." if not report.findings else f"{len(report.findings)} findings.")
    sys.exit(3 if report.findings else 0)


async def _verify(settings: Settings, dsn: str) -> Report:
    database = Database(dsn, 2)
    try:
        key = signing_key(settings.data_folder).public_key()
        return await verify(database, key, settings.data_folder)
    finally:
        await database.close()


@journal.command("seal")
@click.option("--data", type=click.Path(path_type=Path), help="Data folder (default: data).")
@click.option("--database", help="The node's PostgreSQL, if it is not the embedded one.")
def seal_journal(data: Path | None, database: str | None) -> None:
    """Sum up what was written since the last root in a new signed root, without waiting for the hour."""
    settings = load(data=str(data) if data else None, database=database)

    async def work(dsn: str) -> dict[str, Any] | None:
        held = Database(dsn, 2)
        try:
            return await seal(held, signing_key(settings.data_folder), settings.data_folder)
        finally:
            await held.close()

    with serving.database(settings) as dsn:
        made = asyncio.run(work(dsn))
    click.echo(f"root {made['number']}: {made['size']} lines" if made else "nothing new to seal")
