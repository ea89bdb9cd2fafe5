"""HL7 v2 messages about persons: feeds (ADT, IHE ITI-8, ITI-10); queries stand in ``v2_queries``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.mllp.answering import Handle, Taken
from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import groups
from ardenne.services.mpi.contract import Told
from ardenne.services.mpi.feeding import UnknownNumber, settle
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.v2_queries import PersonQueries
from ardenne.standards import timestamps
from ardenne.standards.hl7v2 import fhir_types, patients, to_fhir
from ardenne.standards.hl7v2.er7 import Message
from ardenne.standards.hl7v2.fhir_types import Context
from ardenne.standards.hl7v2.fields import Reading, numbers
from ardenne.standards.refusal import Refused

Json = dict[str, Any]
_FEEDS = frozenset(
    ["A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A11", "A12", "A13", "A28", "A31"]
)
_MERGES = frozenset({"A18", "A34", "A40"})


class PersonMessages:
    """Takes messages for one node's index."""

    def __init__(self, service: FhirService, index: Index) -> None:
        self._service = service
        self._index = index

    def takers(self) -> dict[str, Handle]:
        """Return who takes which type of message."""
        return {"ADT": self.feed, **PersonQueries(self._service, self._seen).takers()}

    def _seen(self, message: Message, address: str) -> FhirService:
        """The node for a sender: the platform works in its name."""
        sender = message.get("MSH-4.1") or message.get("MSH-3.1") or "mllp"
        caller = Caller(
            Kind.SOFTWARE,
            f"mllp:{sender}"[:100],
            name=sender[:100],
            profession="platform",
            purpose=Purpose.TREATMENT,
        )
        return self._service.seen_by(caller, address)

    def _moment(self, text: str) -> datetime:
        """Return a point in time; without zone it is read in that of the node. Raises ValueError."""
        moment = timestamps.read(text).moment
        return moment if moment.tzinfo else moment.replace(tzinfo=self._service.zone)

    async def feed(self, message: Message, data: bytes, address: str) -> Taken:
        """Take an ADT message: register, bring up to date, merge. AA only once everything is committed."""
        event = message.get("MSH-9.2")
        if event not in _FEEDS | _MERGES:
            return Taken("AR", f"ADT^{event[:10]} is not taken here", "MSH-9.2", "201")
        service = self._seen(message, address)
        context = fhir_types.context(message, self._service.zone, {})
        try:
            patient = read_patient(message, context)
            told = Told(context.sender, self._moment(message.get("MSH-7")))
        except Refused as error:
            found = error.refusal
            return Taken("AE", f"{found.found}. {found.mend}", found.where, "101")
        except ValueError as error:
            return Taken("AE", f"MSH-7 is not a point in time: {error}", "MSH-7", "102")
        former = [(one["system"], one["value"]) for one in to_fhir.replaced(message, context)]
        if event in _MERGES and not former:
            return Taken("AE", "the message names no number that is given up", "MRG-1", "101")
        try:
            await conditional.retried(
                lambda: self._settle(service, patient, told, former, _mother(message, context))
            )
        except UnknownNumber:
            text = "the number that is given up is not known here: send its registration, then replay this message"
            return Taken("AE", text, "MRG-1", "204")
        finally:
            if service is not self._service:
                await service.finish()
        await groups.refresh(self._service.database)
        return Taken()

    async def _settle(
        self,
        service: FhirService,
        patient: Json,
        told: Told,
        former: list[tuple[str, str]],
        mother: tuple[str, str] | None,
    ) -> None:
        async with conditional.locked(service, self._index.locks(patient)) as connection:
            await settle(self._index, service, connection, patient, told, former, mother)


def read_patient(message: Message, context: Context) -> Json:
    """Return the Patient of a message with what feeds tell beside documents: the order of birth. Raises Refused."""
    patient = to_fhir.patient(patients.patient(message, Reading()), context)
    pid = message.first("PID")
    order = pid.get(25).strip() if pid is not None else ""
    if order.isascii() and order.isdigit():
        patient["multipleBirthInteger"] = int(order)
    return patient


def _mother(message: Message, context: Context) -> tuple[str, str] | None:
    """Return the number of the mother (PID-21)."""
    pid = message.first("PID")
    found = numbers(pid, 21) if pid is not None else ()
    return (context.identifier_system(found[0].authority), found[0].value) if found else None
