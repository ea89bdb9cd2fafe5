"""Somebody who died long ago in the demonstration: the record is due for deletion at ``/desk/deletions``."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from ardenne.apps.demo import facts
from ardenne.apps.demo.story import NORTH
from ardenne.kernel.rest.conditional import locked
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Method, Mode
from ardenne.kernel.store.database import Database
from ardenne.services.mpi.contract import Outcome, PersonIndex, Told
from ardenne.standards.fhir.json import dump, parse

Json = dict[str, Any]
_YEARS = 11
"""A year longer than records are kept (``services/retention``)."""


async def load(dsn: str, settings: Settings, index: PersonIndex) -> int:
    """Add the person with what the record holds, unless it is there or was deleted; return how many are due."""
    database = Database(dsn, 2)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        died = date(datetime.now(UTC).year - _YEARS, 3, 2)
        person: Json = {
            "resourceType": "Patient",
            "identifier": [{"system": NORTH, "value": "N-0417"}],
            "name": [{"use": "official", "family": "Theis", "given": ["Nicolas"]}],
            "gender": "male",
            "birthDate": "1931-09-18",
            "deceasedDateTime": died.isoformat(),
            "address": [{"line": ["2 Cité um Bierg"], "postalCode": "9710", "city": "Clervaux"}],
        }
        async with locked(service, index.locks(person)) as connection:
            found = await index.identify(
                service, connection, person, Told("Hospital North", datetime(died.year, 3, 3, tzinfo=UTC))
            )
        # what was deleted stays deleted when the demonstration starts again
        for one in _held(found.person, died) if found.outcome is Outcome.ADDED else ():
            content = dump(one)
            asked = change.write(parse(content), content, one["id"], Mode.PUT_UNLESS_SAME, Method.PUT)
            await service.resources.write(asked)
        return 1
    finally:
        await database.close()


def _held(patient: str, died: date) -> list[Json]:
    """Return what the record holds."""
    subject = {"reference": f"Patient/{patient}"}
    condition = {
        "resourceType": "Condition", "id": facts.identity("condition", "theis-heart"), "subject": subject,
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.0", "display": "Insuffisance cardiaque"}]},
        "recordedDate": f"{died.year - 2}-05-04",
    }  # fmt: skip
    allergy = {
        "resourceType": "AllergyIntolerance", "id": facts.identity("allergy", "theis-penicillin"), "patient": subject,
        "code": {"text": "Pénicilline"}, "recordedDate": f"{died.year - 6}-01-15",
    }  # fmt: skip
    return [condition, allergy]
