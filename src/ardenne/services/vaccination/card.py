"""A person's card in the node, as the caller may see it: acts of the record, and what the schedule says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import orjson

from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.rest import incoming
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store.change import Method, Mode
from ardenne.services.vaccination import conditions
from ardenne.services.vaccination.acts import Subject, parse_day, subject_of
from ardenne.services.vaccination.contract import Use, VaccineStock
from ardenne.services.vaccination.forecasts import Due, dues
from ardenne.services.vaccination.nomenclature import starter
from ardenne.services.vaccination.rules.engine import Assessment, assess
from ardenne.services.vaccination.rules.schedule import Ruleset
from ardenne.services.vaccination.schedules import load
from ardenne.standards.fhir.json import dump

Json = dict[str, Any]
_MOST = "1000"


@dataclass(frozen=True, slots=True)
class Card:
    """Who, which acts, what is due; ``problem`` when no age can be reckoned."""

    patient: Json
    subject: Subject | None
    dues: list[Due]
    schedule: Ruleset
    problem: str = ""
    assessment: Assessment | None = None


async def card_of(
    service: FhirService, patient_id: str, schedule: str, today: date | None = None
) -> Card | None:
    """The card of a patient; None when the caller may not see the patient, or there is none."""
    owner = ask.OwnedBy((hashing.self_hash("Patient", patient_id),))
    query = parse([("_count", _MOST), ("_total", "none")])
    # one way to the database instead of two; both are over before anything is raised, so that the journal has both
    stored, page = await asyncio.gather(
        service.resources.read("Patient", patient_id),
        service.searcher.search(["Immunization", *conditions.TYPES], query, within=owner),
        return_exceptions=True,
    )
    for one in (stored, page):
        if isinstance(one, BaseException):
            raise one
    assert not isinstance(stored, BaseException) and not isinstance(page, BaseException)
    if stored is None or stored.body is None:
        return None
    bodies = [row.body for row in page.matches]
    day = today or datetime.now(UTC).date()
    if _may_be_pregnant(orjson.loads(stored.body), day):
        codes = ",".join(f"http://loinc.org|{code}" for code in conditions.PREGNANCY)
        query = parse([("code", codes), ("_count", _MOST), ("_total", "none")])
        page = await service.searcher.search(["Observation"], query, within=owner)
        bodies += [row.body for row in page.matches]
    return _judged(schedule, day, stored.body, tuple(bodies))


@lru_cache(maxsize=128)
def _judged(schedule: str, today: date, person: bytes, bodies: tuple[bytes, ...]) -> Card:
    """The card of what was just read from the store.

    The last ones are kept by all that they depend on, for whoever opens a page and then asks again: what is kept is given
    only to a caller who was let read the same texts. Nobody changes a card.
    """
    found = [orjson.loads(body) for body in bodies]
    acts = [one for one in found if one["resourceType"] == "Immunization"]
    others = [one for one in found if one["resourceType"] != "Immunization"]
    return judge(orjson.loads(person), acts, load(schedule), today, others=others)


def _may_be_pregnant(patient: Json, today: date) -> bool:
    """Whether it is worth asking: nobody is told anything by it."""
    born = parse_day(str(patient.get("birthDate", "")))[0]
    return patient.get("gender") != "male" and born is not None and 10 <= (today - born).days / 365.25 <= 60


def judge(
    patient: Json,
    acts: list[Json],
    ruleset: Ruleset,
    today: date,
    groups: Iterable[str] | None = None,
    others: Iterable[Json] = (),
) -> Card:
    """Apply a schedule to a patient and acts, for all vaccine groups or those named.

    ``others``: problems, allergies, reactions and observations that the schedule may ask for.
    """
    try:
        observed = conditions.observations_of(others, acts, ruleset, today)
        subject = subject_of(patient, acts, observed, ruleset, starter(), today)
    except ValueError as error:
        return Card(patient, None, [], ruleset, str(error))
    assessment = assess(subject.person, ruleset, groups)
    return Card(patient, subject, dues(assessment, today), ruleset, assessment=assessment)


def immunization(patient_id: str, facts: Json) -> Json:
    """An Immunization of what a vaccinator entered. ``facts``: vaccine, day, status and what else is known."""
    vaccine = facts["vaccine"]
    coding = [{"system": "http://ivci.org/NUVA", "code": vaccine.code, "display": vaccine.name}]
    if vaccine.atc:
        coding.append({"system": "http://www.whocc.no/atc", "code": vaccine.atc})
    made: Json = {
        "resourceType": "Immunization",
        "status": facts["status"],
        "vaccineCode": {"coding": coding, "text": vaccine.name},
        "patient": {"reference": f"Patient/{patient_id}"},
        "occurrenceDateTime": facts["day"],
        "recorded": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "primarySource": not facts.get("reported", False),
    }
    if facts.get("reason"):
        made["statusReason"] = {"text": facts["reason"]}
    if facts.get("reported"):
        made["reportOrigin"] = {"text": "recall"}
    made |= {name: facts[name] for name in ("lotNumber", "expirationDate") if facts.get(name)}
    if facts.get("performer"):
        made["performer"] = [{"actor": facts["performer"]}]
    return made


def performer_of(caller: Caller) -> Json:
    """Who acts, as a performer: name, and role or person of the directory."""
    performer: Json = {"display": caller.name}
    if caller.role or caller.practitioner:
        performer["reference"] = (
            f"PractitionerRole/{caller.role}" if caller.role else f"Practitioner/{caller.practitioner}"
        )
    return performer


async def keep(service: FhirService, resource: Json, use: Use | None = None) -> str:
    """Store a new Immunization, take its dose from the stock, and say what the stock answered (``elsewhere`` without).

    Raises RestError, AccessRefused.
    """
    resource_id = change.new_id()
    sent = incoming.read_resource(dump({**resource, "id": resource_id}), "Immunization")
    written = change.write(sent.resource, sent.content, resource_id, Mode.CREATE, Method.POST, None)
    async with service.database.transaction() as connection:
        await service.resources.write_in(connection, [written])
        if use is None:
            return "elsewhere"
        stock = service.registry.get(VaccineStock)
        return await stock.use(connection, use._replace(act=resource_id))
