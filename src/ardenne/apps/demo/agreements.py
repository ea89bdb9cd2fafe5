"""Agreements with a referring doctor in the demonstration: one reviewed, one overdue, one across the border."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ardenne.apps.demo import facts
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Database
from ardenne.services.referring import rules, store
from ardenne.services.referring.agreements import Agreements


class Agreed(NamedTuple):
    """Who agreed with whom, for what, how many days ago, and whether the record was reviewed since."""

    person: str
    doctor: str
    conditions: tuple[str, ...]
    days: int
    reviewed: bool


AGREED = (
    Agreed("weber-jean", "thill", ("5", "8"), 360, True),
    Agreed("weber-germaine", "thill", ("5", "19"), 400, False),
    Agreed("lambert-marie", "lemaire", ("30",), 350, False),
)


async def load(dsn: str, settings: Settings, patients: dict[str, str]) -> int:
    """Add the agreements that are not there yet; return how many there are. ``patients``: ids by the key of a person."""
    database = Database(dsn, 1)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        for one in AGREED:
            patient = patients.get(one.person)
            if patient and not await store.of_patient(database, hashing.self_hash("Patient", patient)):
                await _agree(service, one, patient)
        return len(AGREED)
    finally:
        await database.close()


async def _agree(service: FhirService, one: Agreed, patient: str) -> None:
    practitioner = facts.identity("practitioner", one.doctor)
    service.caller = Caller(
        Kind.PROFESSIONAL,
        facts.identity("account", one.doctor),
        practitioner=practitioner,
        profession="doctor",
    )
    then = datetime.now(UTC) - timedelta(days=one.days)
    day = then.astimezone(service.zone).date()
    made = await Agreements(service, then).propose(
        patient, practitioner, one.conditions, (day, None), "paper"
    )
    if one.reviewed:
        later = Agreements(service, then + timedelta(days=20))
        await later.review(made, list(rules.checklist()), "")
