"""Appointments of today in the demonstration: who comes to the practices, each day that it is started."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from ardenne.apps.demo import facts
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.database import Database
from ardenne.standards.fhir.json import dump, parse

Json = dict[str, Any]


class Announced(NamedTuple):
    """Who comes to whom at which time of the day, and how far it is."""

    person: str
    professional: str
    at: time
    status: str


TODAY = (
    Announced("weber-jean", "thill", time(8, 30), "fulfilled"),
    Announced("weber-germaine", "thill", time(9, 15), "arrived"),
    Announced("schmitz-anne", "thill", time(10, 0), "booked"),
    Announced("pauly-emma", "thill", time(14, 30), "booked"),
    Announced("lambert-marie", "lemaire", time(9, 0), "booked"),
    Announced("dubois-luc", "lemaire", time(11, 0), "booked"),
)


async def load(dsn: str, settings: Settings, patients: dict[str, str]) -> int:
    """Add the appointments of today that are not there yet; return how many there are."""
    database = Database(dsn, 1)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        day = datetime.now(service.zone).date()
        known = [one for one in TODAY if one.person in patients]
        for one in known:
            content = dump(_appointment(one, day, patients[one.person], service))
            made = parse(content)
            asked = change.write(made, content, made["id"], Mode.PUT_UNLESS_SAME, Method.PUT)
            await service.resources.write(asked)
        return len(known)
    finally:
        await database.close()


def _appointment(one: Announced, day: date, patient: str, service: FhirService) -> Json:
    start = datetime.combine(day, one.at, service.zone).astimezone(UTC)
    practitioner = facts.identity("practitioner", one.professional)
    actors = (f"Patient/{patient}", f"Practitioner/{practitioner}")
    return {
        "resourceType": "Appointment",
        "id": facts.identity("appointment", f"{day:%Y%m%d}", one.person, one.professional),
        "status": one.status,
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{start + timedelta(minutes=20):%Y-%m-%dT%H:%M:%SZ}",
        "minutesDuration": 20,
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }
