"""A permission that may be passed on in the demonstration: a patient lets the doctor involve others, who involved a nurse."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from ardenne.apps.demo import facts
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind
from ardenne.kernel.rest import keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.kernel.store import hashing
from ardenne.kernel.store.change import now
from ardenne.kernel.store.database import Connection, Database
from ardenne.services.consent import projection, rules
from ardenne.services.consent.templates import templates

_PERSON, _DOCTOR, _NURSE = "weber-jean", "thill", "muller"
_TEMPLATE, _LANGUAGE = "delegate-normal", "fr"
_LENGTH = timedelta(days=90)


async def load(dsn: str, settings: Settings, patients: dict[str, str]) -> int:
    """Add what is not there yet; return how many were involved. ``patients``: ids by the key of a person."""
    if _PERSON not in patients:
        return 0
    database = Database(dsn, 1)
    try:
        service = FhirService(database, settings.data_folder / "contents", zone=settings.time_zone)
        async with database.transaction() as connection:
            await _involve(service, connection, patients[_PERSON])
        return 1
    finally:
        await database.close()


async def _involve(service: FhirService, connection: Connection, patient: str) -> None:
    template = templates()[_TEMPLATE]
    doctor, nurse = (f"Practitioner/{facts.identity('practitioner', key)}" for key in (_DOCTOR, _NURSE))
    given = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    consent = rules.consent(
        template.name, template.version, patient, template.text(_LANGUAGE), _LANGUAGE, given, party=doctor
    )
    consent["id"] = facts.identity("consent", _PERSON, _TEMPLATE)
    if await service.resources.read_in(connection, "Consent", consent["id"]) is not None:
        return
    await service.resources.write_in(connection, [keeping.put(consent)])
    hashed = hashing.self_hash("Patient", patient)
    await projection.apply(connection, hashed)
    (own,) = await policy.to_pass_on(connection, hashed, [hashing.reference(doctor)], now())
    ends = now() + int(_LENGTH.total_seconds() * 1_000_000)
    involved = uuid.UUID(facts.identity("involved", _PERSON, _NURSE))
    await policy.grant(
        connection, patient, nurse, Kind.PATIENT, own.level, (now(), ends), policy.passed_on(own), involved
    )
