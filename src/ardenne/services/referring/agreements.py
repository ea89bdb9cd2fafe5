"""Acts on agreements: each is one transaction of agreement, access and journal line."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import store as policy
from ardenne.kernel.policy.facts import Kind as Grant
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import hashing
from ardenne.kernel.store.database import Connection
from ardenne.services.referring import rules, store
from ardenne.services.referring.rules import Agreement, AgreementError, Side, Stage
from ardenne.services.referring.store import StandIn

SOURCE = "Agreement/"
"""Grants of an agreement carry it before the agreement's id."""


class Agreements:
    """The agreements of one node for one caller. ``now`` is set by tests."""

    def __init__(self, service: FhirService, now: datetime | None = None) -> None:
        self._service = service
        self._now = now or datetime.now(UTC)

    @property
    def today(self) -> date:
        """The day in the node's time zone."""
        return self._now.astimezone(self._service.zone).date()

    def side(self, one: Agreement) -> Side | None:
        """Return on which side of an agreement the caller stands; None: on none."""
        caller = self._service.caller
        if caller.kind is Kind.PROFESSIONAL and caller.practitioner == one.practitioner:
            return Side.DOCTOR if caller.profession in rules.terms().professions else None
        return Side.PATIENT if self._acts_for(one.patient) else None

    def _acts_for(self, patient: int) -> bool:
        caller = self._service.caller
        ids = [caller.patient, *(held.patient for held in caller.mandates)]
        return any(
            caller.acts_for(one) and hashing.self_hash("Patient", one) == patient for one in ids if one
        )

    async def propose(
        self,
        patient_id: str,
        practitioner: str,
        conditions: Sequence[str],
        span: tuple[date, date | None],
        proof: str = "",
    ) -> uuid.UUID:
        """Propose an agreement and sign it on the own side; return its id.

        ``proof``: by what the patient signs at the doctor's desk; empty when the patient signs later.
        Raises AgreementError and AccessRefused.
        """
        caller, found = self._service.caller, sorted(set(conditions))
        rules.check_terms(found, *span, self.today)
        by_patient = caller.acts_for(patient_id)
        if not by_patient and (
            caller.practitioner != practitioner or caller.profession not in rules.terms().professions
        ):
            raise AgreementError("profession")
        if not by_patient and await self._service.resources.read("Patient", patient_id) is None:
            raise AgreementError("patient")
        one = Agreement(
            uuid.uuid4(), hashing.self_hash("Patient", patient_id), patient_id, practitioner, found, *span, self._now,
            Side.PATIENT if by_patient else Side.DOCTOR, self._now if by_patient or proof else None,
            None if by_patient else self._now,
        )  # fmt: skip
        async with self._service.database.transaction() as connection:
            await self._check_record(connection, one)
            for old in await store.open_of(connection, one.patient):
                if old.practitioner == practitioner and rules.stage(old, self.today) in (
                    Stage.LAPSED,
                    Stage.OVER,
                ):
                    await store.close(connection, old.id, self._now, "ended", "", "lapsed")
            await self._replace_others(connection, one)
            if not await store.add(connection, one, proof or (caller.account if by_patient else "")):
                raise AgreementError("exists")
            await self._note(connection, one, "proposed")
            await self._open_access(connection, one)
        return one.id  # type: ignore[no-any-return]

    async def sign(self, agreement: uuid.UUID, proof: str = "") -> None:
        """Sign; when both did, the record opens. ``proof``: by what the patient signs at the doctor's desk."""
        async with self._service.database.transaction() as connection:
            one = await self._allowed(connection, agreement, "sign", Side.PATIENT if proof else None)
            await self._check_record(connection, one)
            by_patient = one.patient_signed is None
            times: tuple[datetime | None, datetime | None] = (
                (self._now, None) if by_patient else (None, self._now)
            )
            signed = one._replace(
                patient_signed=times[0] or one.patient_signed, doctor_signed=times[1] or one.doctor_signed
            )
            await self._replace_others(connection, signed)
            await store.sign(connection, one.id, *times, proof or self._service.caller.account)
            await self._note(connection, one, "signed")
            await self._open_access(connection, signed)

    async def close(self, agreement: uuid.UUID, act: str, reason: str = "") -> None:
        """Refuse a proposal or end an agreement (``act``: refuse, end); access ends with it."""
        async with self._service.database.transaction() as connection:
            one = await self._allowed(connection, agreement, act)
            side = self.side(one)
            assert side is not None
            outcome = {"refuse": "refused", "end": "ended"}[act]
            await store.close(connection, one.id, self._now, outcome, side.value, reason.strip()[:500])
            await self._end_access(connection, one)
            await self._note(connection, one, outcome)

    async def review(self, agreement: uuid.UUID, checked: Sequence[str], remark: str) -> None:
        """Keep the yearly review; every point of the checklist has to be checked, or the remark says why not."""
        known = [key for key in rules.checklist() if key in checked]
        if len(known) < len(rules.checklist()) and len(remark.strip()) < 10:
            raise AgreementError("review")
        async with self._service.database.transaction() as connection:
            one = await self._allowed(connection, agreement, "review")
            account = self._service.caller.account
            await store.review(connection, one.id, self._now, account, known, remark.strip()[:2000])
            await self._note(connection, one, "reviewed")

    async def stand_in(self, agreement: uuid.UUID, practitioner: str, span: tuple[date, date]) -> None:
        """Let a colleague look into the record for some days."""
        rules.check_stand_in(*span, self.today)
        async with self._service.database.transaction() as connection:
            one = await self._allowed(connection, agreement, "stand-in")
            if practitioner == one.practitioner:
                raise AgreementError("stand-in")
            found = StandIn(uuid.uuid4(), practitioner, *span)
            await store.add_stand_in(connection, one.id, found)
            await self._grant(connection, one, practitioner, found.id, span)
            await self._note(connection, one, "stand-in")

    async def _allowed(
        self, connection: Connection, agreement: uuid.UUID, act: str, side: Side | None = None
    ) -> Agreement:
        patient_id = await store.patient_of(connection, agreement)
        if patient_id is None:
            raise AgreementError("unknown")
        # acts on one person's agreements come one after the other: always the record first, then the agreement
        await policy.lock(connection, await policy.know(connection, patient_id))
        one = await store.locked(connection, agreement)
        mine = self.side(one) if one else None
        if one is None or mine is None:
            raise AgreementError("unknown")
        if act not in rules.acts(one, side or mine, self.today):
            raise AgreementError("step")
        return one

    async def _check_record(self, connection: Connection, one: Agreement) -> None:
        """An agreement needs an open record."""
        await policy.lock(connection, await policy.know(connection, one.patient_id))
        if not await policy.is_open(connection, one.patient_id):
            raise AgreementError("closed")

    async def _replace_others(self, connection: Connection, one: Agreement) -> None:
        """When both signed: an agreement with another doctor ends, there is one at a time."""
        if one.patient_signed is None or one.doctor_signed is None:
            return
        for other in await store.open_of(connection, one.patient):
            if other.id != one.id and other.patient_signed and other.doctor_signed:
                await store.close(connection, other.id, self._now, "replaced", "", "")
                await self._end_access(connection, other)
                await self._note(connection, other, "replaced")

    async def _open_access(self, connection: Connection, one: Agreement) -> None:
        """When both signed: open the record to the doctor."""
        if one.patient_signed and one.doctor_signed:
            await self._grant(connection, one, one.practitioner, one.id, (one.starts, one.ends))

    async def _grant(
        self, connection: Connection, one: Agreement, practitioner: str, grant: uuid.UUID,
        days: tuple[date, date | None],
    ) -> None:  # fmt: skip
        starts = max(self._midnight(days[0]), _microseconds(self._now))
        ends = self._midnight(days[1] + timedelta(days=1)) if days[1] else policy.FOR_EVER
        reference = f"Practitioner/{practitioner}"
        source = f"{SOURCE}{one.id}"
        await policy.grant(
            connection, one.patient_id, reference, Grant.REFERRING, 0, (starts, ends), source, grant
        )

    async def _end_access(self, connection: Connection, one: Agreement) -> None:
        for grant in (one.id, *(held.id for held in await store.stand_ins(connection, one.id))):
            await policy.end_grant(connection, grant, _microseconds(self._now))

    async def _note(self, connection: Connection, one: Agreement, done: str) -> None:
        await self._service.note(connection, one.patient_id, Action.RELATION, f"agreement-{done}")

    def _midnight(self, day: date) -> int:
        return _microseconds(datetime.combine(day, time(), self._service.zone))


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
