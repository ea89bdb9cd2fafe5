"""HL7 v2 messages about persons: feeds (ADT) and queries (PIX QBP^Q23, PDQ QBP^Q22), IHE ITI-8, 9, 10, 21."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.mllp.answering import Handle, Taken
from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import parse
from ardenne.kernel.store import groups
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import golden, store, v2_answers
from ardenne.services.mpi.contract import Told
from ardenne.services.mpi.feeding import UnknownNumber, resolve
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.rules.reading import is_national, local_numbers
from ardenne.services.mpi.v2_answers import Problem
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
_MOST = 50
_PARAMETERS = {
    "PID.5.1": "family", "PID.5.1.1": "family", "PID.5.2": "given", "PID.7": "birthdate", "PID.7.1": "birthdate",
    "PID.8": "gender", "PID.11.3": "address-city", "PID.11.5": "address-postalcode", "PID.11.6": "address-country",
}  # fmt: skip
_SEX = {"M": "male", "F": "female", "O": "other"}


class PersonMessages:
    """Takes messages for one node's index."""

    def __init__(self, service: FhirService, index: Index) -> None:
        self._service = service
        self._index = index

    def takers(self) -> dict[str, Handle]:
        """Return who takes which type of message."""
        return {"ADT": self.feed, "QBP^Q23": self.cross_reference, "QBP^Q22": self.demographics}

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
            identified = await self._index.identify(service, connection, patient, told)
            for number in former:
                own = local_numbers(patient)
                if own:
                    await resolve(self._index, service, connection, (number, own[0]), told)
            if mother is not None:
                await self._relate(connection, identified.person, mother)

    async def _relate(self, connection: Connection, person: str, mother: tuple[str, str]) -> None:
        known = await store.identity(connection, *mother)
        if known is not None:
            await store.relate(connection, person, known.person, "mother")

    async def cross_reference(self, message: Message, data: bytes, address: str) -> Taken:
        """Answer a PIX query: the numbers of a person in other domains (RSP^K23)."""
        context = fhir_types.context(message, self._service.zone, {})
        query = message.first("QPD")
        asked = numbers(query, 3) if query is not None else ()
        if not asked:
            return _answered(message, "K23", Problem("QPD^1^3", "the query names no number"))
        system, value = context.identifier_system(asked[0].authority), asked[0].value
        targets = [
            context.identifier_system(authority)
            for authority in (v2_answers.authority(one) for one in query.repetitions(4))  # type: ignore[union-attr]
            if authority is not None
        ]
        database = self._service.database
        for place, target in enumerate(targets, 1):
            if not await self._is_domain(target):
                return _answered(message, "K23", Problem(f"QPD^1^4^{place}", "Unknown target domain"))
        if not await self._is_domain(system):
            return _answered(message, "K23", Problem("QPD^1^3^1^4", "Unknown domain of the number"))
        known = await store.identities(database, [(system, value)])
        if not known:
            return _answered(message, "K23", Problem("QPD^1^3^1^1", "Unknown patient ID"))
        members = await store.group(database, known[0].person)
        found = [
            (one.system, one.value)
            for one in await store.of_persons(database, members)
            if one.status != "retired" and (one.system, one.value) != (system, value)
            and (one.system in targets or (not targets and not one.system.startswith((golden.NODE, "urn:ardenne:"))))
        ]  # fmt: skip
        return _answered(message, "K23", None, [(found, {})] if found else [])

    async def _is_domain(self, system: str) -> bool:
        return is_national(system) or await store.knows_system(self._service.database, system)

    async def demographics(self, message: Message, data: bytes, address: str) -> Taken:
        """Answer a PDQ query: persons with their traits (RSP^K22)."""
        context = fhir_types.context(message, self._service.zone, {})
        query = message.first("QPD")
        pairs = _pairs(query, context) if query is not None else []
        if not pairs:
            return _answered(
                message, "K22", Problem("QPD^1^3", "the query names no trait that can be searched")
            )
        wanted = message.get("RCP-2.1")
        limit = min(int(wanted), _MOST) if wanted.isdigit() and int(wanted) else 10
        service = self._seen(message, address)
        try:
            page = await service.searcher.search(
                ["Patient"],
                parse([*pairs, ("active:not", "false"), ("_count", str(limit)), ("_total", "none")]),
            )
        except SearchError as error:
            return _answered(message, "K22", Problem("QPD^1^3", error.issue.message))
        finally:
            if service is not self._service:
                await service.finish()
        found = []
        for row in page.matches:
            patient = orjson.loads(row.body)
            own = [
                (one["system"], one["value"])
                for one in patient.get("identifier", [])
                if one.get("system") and one.get("value")
            ]
            found.append((own, patient))
        return _answered(message, "K22", None, found)


def read_patient(message: Message, context: Context) -> Json:
    """Return the Patient of a message with what feeds tell beside documents: the order of birth. Raises Refused."""
    patient = to_fhir.patient(patients.patient(message, Reading()), context)
    pid = message.first("PID")
    order = pid.get(25).strip() if pid is not None else ""
    if order.isascii() and order.isdigit():
        patient["multipleBirthInteger"] = int(order)
    return patient


def _all_numbers(patient: Json) -> list[tuple[str, str]]:
    return [
        (one["system"], one["value"])
        for one in patient.get("identifier", [])
        if one.get("system") and one.get("value")
    ]


def _mother(message: Message, context: Context) -> tuple[str, str] | None:
    """Return the number of the mother (PID-21)."""
    pid = message.first("PID")
    found = numbers(pid, 21) if pid is not None else ()
    return (context.identifier_system(found[0].authority), found[0].value) if found else None


def _pairs(query: Any, context: Context) -> list[tuple[str, str]]:
    """Return the traits of a PDQ query as search parameters of FHIR; those that cannot be searched are left out."""
    pairs: list[tuple[str, str]] = []
    number: dict[str, str] = {}
    for one in query.repetitions(3):
        name, value = one.get(1).removeprefix("@"), one.get(2).strip()
        if not value:
            continue
        if name.startswith("PID.3"):
            number.setdefault(name, value)
        elif name in _PARAMETERS:
            text = _SEX.get(value.upper(), value) if name == "PID.8" else value
            if _PARAMETERS[name] == "birthdate":
                digits = value[:8]
                text = "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
            pairs.append((_PARAMETERS[name], text.replace(",", "\\,").rstrip("*")))
    if number.get("PID.3.1") or number.get("PID.3"):
        value = number.get("PID.3.1") or number["PID.3"]
        universal = number.get("PID.3.4.2", "")
        pairs.append(("identifier", f"urn:oid:{universal}|{value}" if universal else value))
    return pairs


def _answered(
    message: Message,
    event: str,
    problem: Problem | None,
    found: list[tuple[list[tuple[str, str]], Json]] | None = None,
) -> Taken:
    code = "AE" if problem is not None else "AA"
    return Taken(code, answer=v2_answers.response(message, event, problem, found or []))
