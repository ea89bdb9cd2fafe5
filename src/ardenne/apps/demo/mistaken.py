"""Two invented sisters whom a lent card made one person, and a woman under protection with a document that names her."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from ardenne.apps.demo import facts
from ardenne.apps.demo.story import NORTH, SOUTH, tell, told
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind
from ardenne.kernel.rest import keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import protecting
from ardenne.services.mpi.contract import PersonIndex
from ardenne.services.mpi.merging import Officer

Json = dict[str, Any]
_MATRICULE = {"system": "urn:oid:1.3.182.4.4", "value": "1988042301770"}
_HOME = ("21 rue des Tanneurs", "9080", "Ettelbruck")
_ONE = told(NORTH, "N-1004", "Maria Inês", "Coelho Duarte", "1988-04-23", "female", _HOME)
_OTHER = told(SOUTH, "S-2004", "Maria José", "Coelho Duarte", "1988-04-23", "female", _HOME)
for _patient in (_ONE, _OTHER):
    _patient["identifier"].append(_MATRICULE)
_HIDDEN = told(
    NORTH, "N-1005", "Svetlana", "Morozowa", "1987-03-09", "female", ("8 rue du Canal", "4050", "Esch")
)
_ALIAS: Json = {
    "name": [{"use": "anonymous", "family": "Feller", "given": ["Marie"]}], "birthDate": "1987", "gender": "female",
}  # fmt: skip
_OFFICER = Officer("Josée Kremer", "threatened by a former partner")
_DOCTOR = "thill"
_LETTER = (
    "Esch, le 12 janvier 2026\n\nConsultation de Mme Svetlana Morozowa, née le 09.03.1987, 8 rue du Canal.\n"
    "Hématomes à l'avant-bras gauche, radiographie sans fracture. Mme Morozowa est adressée au service social.\n"
)
_CATEGORY = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}
    ]
}


async def load(service: FhirService, index: PersonIndex) -> None:
    """Tell the index and file what belongs to them; doing it again changes nothing."""
    sisters = await tell(service, index, [("Hospital North", _ONE), ("Hospital South", _OTHER)])
    (hidden,) = await tell(service, index, [("Hospital North", _HIDDEN)])
    async with service.database.transaction() as connection:
        await _create(service, connection, _allergy(sisters[1].person))
        if await _create(service, connection, _letter(hidden.person)):
            await _let_in(connection, hidden.person)
    if await index.hidden(service.database, hidden.person) is None:
        async with service.database.transaction() as connection:
            members = await protecting.protect(service, connection, hidden.person, _ALIAS, _OFFICER)
        await protecting.forget_versions(service, members)


async def _create(service: FhirService, connection: Connection, resource: Json) -> bool:
    """Store a resource unless it is there, wherever officers moved it since."""
    (done,) = await service.resources.write_in(connection, [keeping.create(resource)])
    return done.status.done


def _allergy(person: str) -> Json:
    """What the southern hospital found: to be moved when the sisters are parted."""
    return {
        "resourceType": "AllergyIntolerance",
        "id": facts.identity("allergy", "S-2004"),
        "clinicalStatus": _CATEGORY,
        "criticality": "high",
        "code": {"text": "Pénicilline"},
        "patient": {"reference": f"Patient/{person}"},
        "recordedDate": "2026-01-06",
    }


def _letter(person: str) -> Json:
    return {
        "resourceType": "DocumentReference",
        "id": facts.identity("letter", "N-1005"),
        "status": "current",
        "type": {
            "coding": [{"system": "http://loinc.org", "code": "11488-4", "display": "Consult note"}],
        },
        "description": "Consultation Mme Morozowa",
        "subject": {"reference": f"Patient/{person}"},
        "date": "2026-01-12T10:00:00Z",
        "author": [{"reference": f"Practitioner/{facts.identity('practitioner', _DOCTOR)}", "display": "Dr Claude Thill"}],
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain;charset=utf-8", "language": "fr", "creation": "2026-01-12T10:00:00Z",
                    "data": base64.b64encode(_LETTER.encode()).decode(),
                }
            }
        ],
    }  # fmt: skip


async def _let_in(connection: Connection, person: str) -> None:
    now = datetime.now(UTC)
    span = (int(now.timestamp() * 1_000_000), int((now + timedelta(days=365)).timestamp() * 1_000_000))
    reference = f"Practitioner/{facts.identity('practitioner', _DOCTOR)}"
    grant = uuid.UUID(facts.identity("relation", "N-1005", _DOCTOR))
    await policy.grant(connection, person, reference, Kind.TEAM, 0, span, "invented", grant)
