"""Opening a record: by the patient's code, or by break-glass. Each act is one transaction with its journal line."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection
from ardenne.services.access import rules, store
from ardenne.services.access.contract import OpeningRefused
from ardenne.services.notices.contract import Notices


def hashed(code: str) -> bytes:
    """Return the form in which a code is kept."""
    return hashlib.sha256(f"access-code|{code}".encode()).digest()


async def make_code(service: FhirService, patient_id: str, now: datetime | None = None) -> str:
    """Return a new code that opens the patient's record once."""
    moment = now or datetime.now(UTC)
    async with service.database.transaction() as connection:
        await store.prune(connection, moment)
        while True:
            code = rules.new_code()
            if await store.add_code(connection, hashed(code), patient_id, moment + rules.CODE_LIFE):
                await service.note(connection, patient_id, Action.RELATION, "code", "code made")
                return code


async def open_by_code(service: FhirService, typed: str, now: datetime | None = None) -> str:
    """Open a record for a consultation with a patient's code; return the patient's id. Raises OpeningRefused."""
    caller, moment = service.caller, now or datetime.now(UTC)
    if caller.kind is not Kind.PROFESSIONAL or not _party(caller):
        raise OpeningRefused("profession")
    async with service.database.transaction() as connection:
        patient_id, refused = await _take(connection, caller, typed, moment)
        if patient_id:
            hours = _hours(service, "consultation")
            span = _span(moment, timedelta(hours=hours))
            await policy.grant(
                connection, patient_id, _party(caller), Grant.TREATMENT, 0, span, "consultation"
            )
            await service.note(connection, patient_id, Action.RELATION, "code", f"opened for {hours} h")
    if refused:
        raise OpeningRefused(refused)
    return patient_id


class Codes:
    """Codes of patients for other services: proof that the patient is there and agrees."""

    async def redeem(self, service: FhirService, typed: str) -> str:
        """Use up a code; return the patient's id. Raises OpeningRefused."""
        caller = service.caller
        if caller.kind is not Kind.PROFESSIONAL or not _party(caller):
            raise OpeningRefused("profession")
        async with service.database.transaction() as connection:
            patient_id, refused = await _take(connection, caller, typed, datetime.now(UTC))
            if patient_id:
                await service.note(connection, patient_id, Action.RELATION, "code", "given as a signature")
        if refused:
            raise OpeningRefused(refused)
        return patient_id


async def _take(connection: Connection, caller: Caller, typed: str, moment: datetime) -> tuple[str, str]:
    """Use up a code: return the patient's id, or the rule that refuses; wrong codes are counted."""
    if await store.failures(connection, caller.account, moment - rules.ATTEMPT_SPAN) >= rules.ATTEMPTS:
        return "", "wait"
    code = rules.read_code(typed)
    patient_id = await store.take_code(connection, hashed(code), moment) if code else ""
    if not patient_id:
        await store.fail(connection, caller.account, moment)
        return "", "code"
    return patient_id, ""


async def open_in_emergency(
    service: FhirService, patient_id: str, reason: str, now: datetime | None = None
) -> None:
    """Open a record by break-glass for a short time. Raises OpeningRefused."""
    caller, moment = service.caller, now or datetime.now(UTC)
    if (
        caller.kind is not Kind.PROFESSIONAL
        or not _party(caller)
        or caller.profession in ("secretary", "laboratory")
    ):
        raise OpeningRefused("profession")
    typed = " ".join(reason.split())
    if not rules.is_reason(typed):
        raise OpeningRefused("reason")
    emergency = uuid.uuid4()
    length = timedelta(hours=_hours(service, "emergency"))
    async with service.database.transaction() as connection:
        patient = hashing.self_hash("Patient", patient_id)
        if await policy.patient_id(connection, patient) is None:
            raise OpeningRefused("code")
        await policy.grant(
            connection, patient_id, _party(caller), Grant.EMERGENCY, 1, _span(moment, length),
            f"Emergency/{emergency}", emergency,
        )  # fmt: skip
        begun = store.Emergency(
            emergency, patient_id, caller.account, caller.name, caller.profession, caller.organisation, typed,
            moment, moment + length,
        )  # fmt: skip
        await store.begin(connection, begun)
        await service.note(connection, patient_id, Action.BREAK_GLASS, "emergency", typed)
        await service.registry.get(Notices).tell(connection, patient, "emergency")


async def end(service: FhirService, patient_id: str, grant: uuid.UUID) -> bool:
    """End a relation to a record, as its patient; False when it had ended already."""
    moment = _microseconds(datetime.now(UTC))
    async with service.database.transaction() as connection:
        patient = hashing.self_hash("Patient", patient_id)
        # what a consent or an agreement gave ends with it, on its own page
        mine = {
            one.id
            for one in await policy.grants_of(connection, patient, moment)
            if not one.source.startswith(("Consent/", "Agreement/"))
        }
        if grant not in mine or not await policy.end_grant(connection, grant, moment):
            return False
        await service.note(connection, patient_id, Action.RELATION, "ended", "ended by the patient")
    return True


def _hours(service: FhirService, name: str) -> int:
    assert service.policy is not None
    return service.policy.matrix.hours[name]


def _party(caller: Caller) -> str:
    return f"Practitioner/{caller.practitioner}" if caller.practitioner else ""


def _span(start: datetime, length: timedelta) -> tuple[int, int]:
    return _microseconds(start), _microseconds(start + length)


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
