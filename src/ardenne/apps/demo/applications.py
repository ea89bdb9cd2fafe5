"""Applications for an authorisation in the demonstration: one waits for the office, one is in force."""

from __future__ import annotations

import uuid
from datetime import date

from ardenne.apps.demo import facts, pdf
from ardenne.kernel.identity.node import Identity
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database
from ardenne.services.authorisations import rules, store
from ardenne.services.authorisations.casework import Actor, Casework
from ardenne.services.authorisations.store import Application, Document

_OFFICE = Actor(facts.identity("account", "office/registers"), "Fernand Wirtz", "officer")
_ASKED = (
    ("origer", "Origer", "Max", date(1990, 4, 12), "LU", "physiotherapist", ("lb", "fr"), False),
    ("steffen", "Steffen", "Laure", date(1979, 9, 30), "LU", "dentist", ("lb", "fr", "de"), True),
)


async def load(dsn: str, settings: Settings) -> int:
    """Add the applications that are not there yet; return how many there are."""
    database = Database(dsn, 2)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        casework = Casework(service, Identity(database, settings))
        for key, family, given, born, nationality, profession, languages, granted in _ASKED:
            found = Application(
                uuid.UUID(facts.identity("application", key)), "lu", profession,
                rules.wanted("lu", profession, "permanent").register, "permanent", facts.identity("account", key), family,
                given, born, nationality, f"{key}@example.org", languages,
            )  # fmt: skip
            present = await store.one(database, found.id)
            if present is None:
                await _apply(casework, found, granted)
        return len(_ASKED)
    finally:
        await database.close()


async def _apply(casework: Casework, found: Application, granted: bool) -> None:
    applicant = Actor(found.account, f"{found.given} {found.family}", "applicant")
    await casework.begin(found, applicant)
    for item in rules.jurisdiction(found.country).checklist[found.kind]:
        content = pdf.write(item, f"{found.given} {found.family}", "An invented document.", "20260101")
        await casework.attach(
            found.id, Document(uuid.uuid4(), item, f"{item}.pdf", "application/pdf", "", 0), content
        )
    await casework.act(found.id, "submit", applicant)
    if not granted:
        return
    await casework.act(found.id, "take", _OFFICE)
    for document in await store.documents(casework.database, found.id):
        await casework.judge(found.id, document.id, "accepted", "", _OFFICE)
    await casework.act(found.id, "grant", _OFFICE)
