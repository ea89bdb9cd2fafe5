"""Letters to print: what a record is, the login and the code, and how to object. One PDF for a batch."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import orjson
from babel.dates import format_date

from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_credentials import ACTIVATION_DAYS, Credentials
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.services.affiliation import store
from ardenne.services.affiliation.store import Letter
from ardenne.standards.cards import qr
from ardenne.ui import pdf

MOST = 200
"""Letters of one PDF."""


class Addressed(NamedTuple):
    """A letter with what stands in it."""

    name: str
    lines: tuple[str, ...]
    login: str
    code: str
    language: str


class Printed(NamedTuple):
    """A batch: its id, how many letters, and the PDF."""

    batch: uuid.UUID
    letters: int
    data: bytes


async def print_batch(service: FhirService, base: str, batch: uuid.UUID | None = None) -> Printed | None:
    """Print letters that wait, or those of a batch again with new codes; None when there are none.

    Old codes are worth nothing from now on. Who is active or objected meanwhile gets no letter again.
    """
    accounts, now = Accounts(service.database), datetime.now(UTC)
    credentials = Credentials(service.database)
    async with service.database.transaction() as connection:
        wanted = await (store.of_batch(connection, batch) if batch else store.waiting(connection, MOST))
        addressed, numbers = [], []
        for one in wanted:
            account = await accounts.get(one.account, connection)
            if account is None or (batch is not None and account.state != "invited"):
                continue
            code = await credentials.new_activation(connection, account.id)
            addressed.append(await _addressed(service, connection, one, account.login, code))
            numbers.append(one.number)
        if not addressed:
            return None
        done = batch or uuid.uuid4()
        await store.printed(connection, numbers, now, done)
    day = now.astimezone(service.zone).date()
    until = (now + timedelta(days=ACTIVATION_DAYS)).astimezone(service.zone).date()
    blocks: list[pdf.Block] = []
    for place, letter in enumerate(addressed):
        blocks += [pdf.NewPage()] if place else []
        blocks += page(letter, base, day, until)
    return Printed(done, len(addressed), pdf.document("Dossier de soins partagé", "fr", blocks))


async def _addressed(
    service: FhirService, connection: Connection, one: Letter, login: str, code: str
) -> Addressed:
    stored = await service.resources.read_in(connection, "Patient", one.patient_id)
    person: dict[str, Any] = orjson.loads(stored.body) if stored and stored.body else {}
    name: dict[str, Any] = next(iter(person.get("name", [])), {})
    shown = " ".join([*name.get("given", []), name.get("family", "")]).strip()
    home: dict[str, Any] = next(iter(person.get("address", [])), {})
    place = " ".join(
        part for part in (home.get("country", ""), home.get("postalCode", ""), home.get("city", "")) if part
    )
    return Addressed(shown, (shown, *home.get("line", []), place), login, code, one.language)


def page(letter: Addressed, base: str, day: Any, until: Any) -> list[pdf.Block]:
    """Return the blocks of one letter."""
    texts = _texts().get(letter.language) or _texts()["fr"]
    address = f"{base}/activate"
    locale = "de" if letter.language == "lb" else letter.language
    date, last = format_date(day, "long", locale=locale), format_date(until, "long", locale=locale)
    blocks: list[pdf.Block] = [pdf.Address(letter.lines), pdf.Text(date), pdf.Heading(texts["title"])]
    blocks += [
        pdf.Text(texts[name].format(days=ACTIVATION_DAYS, until=last))
        for name in ("dear", "what", "who", "how")
    ]
    facts = ((texts["address"], address), (texts["login"], letter.login), (texts["code"], letter.code))
    blocks += [pdf.Facts(facts), pdf.Squares(qr.matrix(address), 28.0)]
    blocks += [pdf.Text(texts["object"].format(days=ACTIVATION_DAYS, until=last)), pdf.Text(texts["never"])]
    return blocks


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads((resources.files(__package__) / "data" / "letter.toml").read_text("utf-8"))


def languages() -> Sequence[str]:
    """Return the languages of the letter."""
    return list(_texts())
