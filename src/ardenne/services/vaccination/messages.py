"""HL7 v2 messages about vaccinations: VXU^V04 keeps them, QBP^Q11 asks for history and forecast (RSP^K11)."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import orjson

from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.mllp.answering import Handle, Taken, new_control, stamp
from ardenne.kernel.rest import conditional, keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.services.mpi.contract import Doubtful, PersonIndex, Told
from ardenne.services.vaccination.card import Card, card_of
from ardenne.standards import timestamps
from ardenne.standards.hl7v2 import fhir_types, from_fhir, patients, to_fhir, vaccinations
from ardenne.standards.hl7v2.er7 import Message, Segment, escape, segment, write
from ardenne.standards.hl7v2.fhir_types import Context
from ardenne.standards.hl7v2.fields import Reading, numbers
from ardenne.standards.refusal import Refused

Json = dict[str, Any]
_HISTORY, _FORECAST = "Z34", "Z44"
_SHAPES = {_HISTORY: "Z32", _FORECAST: "Z42"}
"""Query profile → profile of an answer with one person; Z31 holds several, Z33 none."""
_CRITERIA = (
    ("recommended", ("30980-7", "Date vaccination due")), ("earliest", ("30981-5", "Earliest date to give")),
    ("past_due", ("59778-1", "Date when overdue for immunization")), ("latest", ("59777-3", "Latest date to give")),
)  # fmt: skip
_MOST = 10


class VaccinationMessages:
    """Takes messages for one node. ``schedule``: name of the schedule that forecasts."""

    def __init__(self, service: FhirService, schedule: str) -> None:
        self._service = service
        self._schedule = schedule

    def takers(self) -> dict[str, Handle]:
        """Return who takes which type of message."""
        return {"VXU": self.update, "QBP^Q11": self.query}

    def _seen(self, message: Message, address: str) -> FhirService:
        """The node for a sender: the platform works in its name."""
        sender = (message.get("MSH-4.1") or message.get("MSH-3.1") or "mllp")[:100]
        caller = Caller(
            Kind.SOFTWARE, f"mllp:{sender}", name=sender, profession="platform", purpose=Purpose.TREATMENT
        )
        return self._service.seen_by(caller, address)

    async def update(self, message: Message, data: bytes, address: str) -> Taken:
        """Keep the vaccinations of a VXU in the person's record; all of them or none."""
        context, reading = fhir_types.context(message, self._service.zone, {}), Reading()
        try:
            patient = to_fhir.patient(patients.patient(message, reading), context)
            acts = vaccinations.read(message, context, reading)
            told = Told(context.sender, self._moment(message.get("MSH-7")))
        except Refused as error:
            found = error.refusal
            return Taken("AE", f"{found.found}. {found.mend}", found.where, "101")
        except ValueError as error:
            return Taken("AE", f"MSH-7 is not a point in time: {error}", "MSH-7", "102")
        service = self._seen(message, address)
        try:
            await conditional.retried(lambda: self._settle(service, patient, acts, told, context))
        except Doubtful as error:
            return Taken("AE", str(error), "PID-3", "204")
        finally:
            if service is not self._service:
                await service.finish()
        return Taken()

    async def _settle(
        self,
        service: FhirService,
        patient: Json,
        acts: tuple[vaccinations.Vaccination, ...],
        told: Told,
        context: Context,
    ) -> None:
        index = service.registry.get(PersonIndex)
        async with conditional.locked(service, index.locks(patient)) as connection:
            person = (await index.identify(service, connection, patient, told)).person
            changes = []
            for one in acts:
                made = vaccinations.to_fhir(one, person, context)
                changes.append(keeping.put({**made, "id": _id(context.sender, person, one)}))
            unique = list({change.self_hash: change for change in changes}.values())
            await service.resources.write_in(connection, unique)

    def _moment(self, text: str) -> datetime:
        moment = timestamps.read(text).moment
        return moment if moment.tzinfo else moment.replace(tzinfo=self._service.zone)

    async def query(self, message: Message, data: bytes, address: str) -> Taken:
        """Answer a query: one person's history (Z34), with forecast (Z44); several candidates or nobody are told so."""
        query = message.first("QPD")
        profile = query.get(1).strip() if query is not None else ""
        if query is None or profile not in _SHAPES:
            return Taken("AE", "QPD-1 names Z34 (history) or Z44 (history and forecast)", "QPD-1", "103")
        context = fhir_types.context(message, self._service.zone, {})
        service = self._seen(message, address)
        try:
            people = await self._people(service, query, context)
            if not people:
                return Taken(answer=_answer(message, "Z33", "NF", ()))
            if len(people) > 1:
                many = len(people) > _MOST
                found = (
                    () if many else tuple(_pid(number, one, message) for number, one in enumerate(people, 1))
                )
                return Taken(answer=_answer(message, "Z33" if many else "Z31", "TM" if many else "OK", found))
            today = datetime.now(UTC).date()
            card = await card_of(service, str(people[0]["id"]), self._schedule, today)
            acts = await self._acts(service, str(people[0]["id"]))
        finally:
            if service is not self._service:
                await service.finish()
        parts = [_pid(1, people[0], message), *vaccinations.segments(acts, message.delimiters)]
        if profile == _FORECAST and card is not None:
            parts += _forecast(card, today, message)
        return Taken(answer=_answer(message, _SHAPES[profile], "OK", tuple(parts)))

    async def _people(self, service: FhirService, query: Segment, context: Context) -> list[Json]:
        """By number first; without a number of ours by name, birth date and sex as they are told."""
        for number in numbers(query, 3):
            system = context.identifier_system(number.authority)
            found = await self._search(service, [("identifier", f"{system}|{number.value}")])
            if found:
                return found
        family, given, born = query.get(4, 1).strip(), query.get(4, 2).strip(), query.get(6).strip()[:8]
        if not (family and given and len(born) == 8 and born.isdigit()):
            return []
        pairs = [
            ("family:exact", family),
            ("given", given),
            ("birthdate", f"{born[:4]}-{born[4:6]}-{born[6:]}"),
        ]
        return await self._search(service, pairs)

    async def _search(self, service: FhirService, pairs: list[tuple[str, str]]) -> list[Json]:
        clean = [(name, value.replace(",", "\\,")) for name, value in pairs]
        asked = parse([*clean, ("active:not", "false"), ("_count", str(_MOST + 1)), ("_total", "none")])
        page = await service.searcher.search(["Patient"], asked)
        return [orjson.loads(row.body) for row in page.matches]

    async def _acts(self, service: FhirService, patient: str) -> list[Json]:
        asked = parse(
            [("patient", f"Patient/{patient}"), ("_sort", "date"), ("_count", "1000"), ("_total", "none")]
        )
        page = await service.searcher.search(["Immunization"], asked)
        return [orjson.loads(row.body) for row in page.matches]


def _id(sender: str, person: str, one: vaccinations.Vaccination) -> str:
    """The id of a vaccination: its order number at the sender, else who, what and when. Sent again it is the same."""
    told = (one.number.value,) if one.number else (person, one.day, one.codes[0].code or one.codes[0].text)
    return hashlib.sha256("|".join((sender, *told)).encode()).hexdigest()[:40]


def _pid(place: int, patient: Json, message: Message) -> Segment:
    own = [
        (str(one.get("system", "")), str(one["value"]))
        for one in patient.get("identifier", [])
        if one.get("value")
    ]
    return from_fhir.pid(place, own, patient, message.delimiters)


def _forecast(card: Card, today: date, message: Message) -> list[Segment]:
    """One group of OBX for each vaccine group that is still to come."""
    marks, place = message.delimiters, 0
    found = list(vaccinations.no_vaccine(f"{today:%Y%m%d}", marks))
    schedule = escape(f"{card.schedule.title} {card.schedule.version}", marks)
    open_ = [due for due in card.dues if due.state in ("overdue", "due", "later")]
    for group, due in enumerate(open_, 1):
        lines = [("CE", ("30979-9", "Vaccine due next"), marks.component + escape(due.group, marks))]
        lines += [
            ("DT", code, f"{day:%Y%m%d}")
            for name, code in _CRITERIA
            if (day := getattr(due, name)) is not None
        ]
        lines.append(("CE", ("59779-9", "Immunization schedule used"), marks.component + schedule))
        for kind, code, value in lines:
            place += 1
            found.append(vaccinations.observation(place, group, kind, code, value, marks))
    return found


def _answer(message: Message, profile: str, state: str, parts: tuple[Segment, ...]) -> bytes:
    """The whole answer: header, acknowledgement, the query again, what was found."""
    marks, head, query = message.delimiters, message.segments[0], message.first("QPD")
    assert query is not None
    kind = marks.component.join(("RSP", "K11", "RSP_K11"))
    named = marks.component.join((profile, "CDCPHINVS"))
    segments = [
        segment(
            "MSH", marks.field, marks.encoding, head.raw(5), head.raw(6), head.raw(3), head.raw(4), stamp(), "", kind,
            new_control(), head.raw(11), head.raw(12), *("",) * 5, head.raw(18), "", "", named, delimiters=marks,
        ),
        segment("MSA", "AA", head.raw(10), delimiters=marks),
        segment("QAK", query.raw(2), state, query.raw(1), delimiters=marks),
        query,
        *parts,
    ]  # fmt: skip
    return write(Message(tuple(segments), marks, message.charset))
