"""Invented persons for the identity desk: told twice, nearly alike, suddenly another, unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ardenne.kernel.rest.conditional import locked
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database
from ardenne.services.mpi.contract import PersonIndex, Told

Json = dict[str, Any]
NORTH, SOUTH = "urn:oid:2.999.1.1", "urn:oid:2.999.1.2"
_BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


def _told(
    system: str, number: str, given: str, family: str, birth: str, sex: str, place: tuple[str, str, str]
) -> Json:
    line, postcode, city = place
    found: Json = {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": number}],
        "name": [{"use": "official", "family": family, "given": given.split()}],
        "gender": sex,
        "birthDate": birth,
        "address": [{"line": [line], "postalCode": postcode, "city": city}] if line else [],
    }
    return {name: value for name, value in found.items() if value}


_MILL = ("14 rue du Moulin", "9710", "Clervaux")
_STATION = ("3 route de la Gare", "6700", "Arlon")
STORY: tuple[tuple[str, Json], ...] = (
    ("Hospital North", _told(NORTH, "N-1001", "Mathilde", "Lentz-Ruppert", "1971-05-14", "female", _MILL)),
    ("Hospital South", _told(SOUTH, "S-2001", "Mathilde", "Ruppert", "1971-05-15", "female", ("", "", ""))),
    ("Hospital North", _told(NORTH, "N-1002", "Aristide", "Bouvier", "1949-11-02", "male", _STATION)),
    ("Hospital South", _told(SOUTH, "S-2002", "A", "Bouvier", "1949-11-12", "", _STATION)),
    ("Hospital North", _told(NORTH, "N-1003", "Ludivine", "Castagne", "1990-02-20", "female", _STATION)),
    ("Hospital North", _told(NORTH, "N-1003", "Grégoire", "Pasquier", "1958-08-31", "male", _MILL)),
    ("Hospital South", _told(SOUTH, "S-2003", "Inconnu", "Inconnu", "", "", ("", "", ""))),
)
"""Who says what, in this order."""


async def load(dsn: str, settings: Settings, index: PersonIndex) -> int:
    """Tell the index, and return how many questions it has for the officers; telling again changes nothing."""
    database = Database(dsn, 2)
    service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
    cases: set[int] = set()
    try:
        for place, (sender, patient) in enumerate(STORY):
            told = Told(sender, _BEGIN + timedelta(days=place))
            async with locked(service, index.locks(patient)) as connection:
                cases.update((await index.identify(service, connection, patient, told)).cases)
    finally:
        await database.close()
    return len(cases)
