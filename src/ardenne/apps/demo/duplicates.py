"""Invented persons for the identity desk: told twice, nearly alike, suddenly another, unknown."""

from __future__ import annotations

from typing import Any

from ardenne.apps.demo import mistaken
from ardenne.apps.demo.story import NORTH, SOUTH, tell, told
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database
from ardenne.services.mpi.contract import PersonIndex

Json = dict[str, Any]
_MILL = ("14 rue du Moulin", "9710", "Clervaux")
_STATION = ("3 route de la Gare", "6700", "Arlon")
STORY: tuple[tuple[str, Json], ...] = (
    ("Hospital North", told(NORTH, "N-1001", "Mathilde", "Lentz-Ruppert", "1971-05-14", "female", _MILL)),
    ("Hospital South", told(SOUTH, "S-2001", "Mathilde", "Ruppert", "1971-05-15", "female", ("", "", ""))),
    ("Hospital North", told(NORTH, "N-1002", "Aristide", "Bouvier", "1949-11-02", "male", _STATION)),
    ("Hospital South", told(SOUTH, "S-2002", "A", "Bouvier", "1949-11-12", "", _STATION)),
    ("Hospital North", told(NORTH, "N-1003", "Ludivine", "Castagne", "1990-02-20", "female", _STATION)),
    ("Hospital North", told(NORTH, "N-1003", "Grégoire", "Pasquier", "1958-08-31", "male", _MILL)),
    ("Hospital South", told(SOUTH, "S-2003", "Inconnu", "Inconnu", "", "", ("", "", ""))),
)
"""Who says what, in this order."""


async def load(dsn: str, settings: Settings, index: PersonIndex) -> int:
    """Tell the index, and return how many questions it has for the officers; telling again changes nothing."""
    database = Database(dsn, 2)
    service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
    try:
        found = await tell(service, index, STORY)
        await mistaken.load(service, index)
    finally:
        await database.close()
    return len({case for one in found for case in one.cases})
