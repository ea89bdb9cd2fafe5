"""Making, opening and ending a link; each is one transaction with its line in the patient's journal."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity import opaque, passwords
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.services.record import summary_operation
from ardenne.services.record.sharing import store
from ardenne.services.record.sharing.store import Share
from ardenne.standards.cards.shc import HealthLink, seal_file, write_link
from ardenne.standards.fhir.json import dump

MEDIA_TYPE = "application/fhir+json"
DAYS = (1, 7, 30)
ATTEMPTS = 10
"""Wrong passcodes before a link is worth nothing (SHL 1.0: the server has to count)."""
_SHORTEST = 4
_LABEL = 80


class ShareError(ValueError):
    """What is wrong; the message is one of: days, passcode, not-yours."""


class Closed(Exception):
    """The link is unknown, ended, or its time is over; or the passcode is wrong, with how many are left."""

    def __init__(self, left: int | None = None) -> None:
        super().__init__()
        self.left = left


class Opened(NamedTuple):
    """What a link stands for: its label and the sealed file."""

    label: str
    sealed: str


async def make(service: FhirService, patient_id: str, base: str, label: str, days: int, passcode: str) -> str:
    """Seal the summary as the caller sees it now, and return the link, which is shown once. Raises ShareError."""
    if not service.caller.acts_for(patient_id):
        raise ShareError("not-yours")
    if days not in DAYS:
        raise ShareError("days")
    if passcode and not _SHORTEST <= len(passcode) <= 40:
        raise ShareError("passcode")
    now = datetime.now(UTC)
    expires = now + timedelta(days=days)
    key, token = os.urandom(32), opaque.fresh()
    document = await summary_operation.compose(service, patient_id)
    share = Share(uuid.uuid4(), label.strip()[:_LABEL], now, expires, bool(passcode), ATTEMPTS, 0, None)
    kept = passwords.hashed(passcode) if passcode else ""
    patient = hashing.self_hash("Patient", patient_id)
    sealed = seal_file(dump(document), key, MEDIA_TYPE)
    async with service.database.transaction() as connection:
        await store.prune(connection, now)
        await store.add(connection, opaque.digest(token), share, patient, patient_id, sealed, kept)
        detail = f"summary shared for {days} days"
        await service.note(connection, patient_id, Action.EXPORT, "shared-made", detail)
    flag = "P" if passcode else ""
    return write_link(HealthLink(f"{base}/shl/{token}", key, share.label, flag, int(expires.timestamp())))


async def open_link(service: FhirService, token: str, recipient: str, passcode: str) -> Opened:
    """Return the sealed file of a link. Raises Closed."""
    now, hashed = datetime.now(UTC), opaque.digest(token)
    left: int | None = None
    async with service.database.transaction() as connection:
        found = await store.find(connection, hashed, now)
        if found is not None:
            if not found.passcode or await passwords.matches(found.passcode, passcode):
                await store.opened(connection, hashed)
                await service.note(
                    connection, found.patient_id, Action.EXPORT, "shared-opened", recipient.strip()[:80]
                )
                return Opened(found.label, found.sealed)
            left = await store.wrong(connection, hashed)
            await service.note(connection, found.patient_id, Action.EXPORT, "shared-refused")
    raise Closed(left)


async def end(service: FhirService, patient_id: str, share: uuid.UUID) -> bool:
    """End a link of the patient; False when it has ended already."""
    if not service.caller.acts_for(patient_id):
        raise ShareError("not-yours")
    async with service.database.transaction() as connection:
        patient = hashing.self_hash("Patient", patient_id)
        done = await store.end(connection, patient, share, datetime.now(UTC))
        if done:
            await service.note(connection, done, Action.EXPORT, "shared-ended")
    return bool(done)
