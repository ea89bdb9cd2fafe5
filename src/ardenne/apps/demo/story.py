"""What sources say of invented persons, and telling it to the index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ardenne.kernel.rest.conditional import locked
from ardenne.kernel.rest.service import FhirService
from ardenne.services.mpi.contract import Identified, PersonIndex, Told

Json = dict[str, Any]
NORTH, SOUTH = "urn:oid:2.999.1.1", "urn:oid:2.999.1.2"
_BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


def told(
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


async def tell(
    service: FhirService, index: PersonIndex, story: Sequence[tuple[str, Json]]
) -> list[Identified]:
    """Tell the index what sources say, a day after the other; return who each is."""
    found = []
    for place, (sender, patient) in enumerate(story):
        said = Told(sender, _BEGIN + timedelta(days=place))
        async with locked(service, index.locks(patient)) as connection:
            found.append(await index.identify(service, connection, patient, said))
    return found
