"""Queries in HL7 v3: other numbers of a person (PIXV3 ITI-45), persons by their traits (PDQV3 ITI-47)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from ardenne.kernel.search.errors import SearchError
from ardenne.services.mpi import crossing, finding, store
from ardenne.services.mpi.finding import Found, Question
from ardenne.services.mpi.v3_own import Call, wrong
from ardenne.standards.fhir.json import parse_exact
from ardenne.standards.hl7v3 import answers, queries
from ardenne.standards.hl7v3.answers import (
    APPLICATION_ERROR,
    FOUND,
    NOTHING,
    NUMBERS,
    OK,
    QUERY_ERROR,
    Counts,
    Person,
)
from ardenne.standards.hl7v3.wrapper import Acknowledged, Detail, Id
from ardenne.standards.refusal import Refused

Json = dict[str, Any]
_DONE = Acknowledged("AA")
_DOMAIN = "the domain is not known here"


async def cross(call: Call) -> etree._Element:
    """Answer with the other numbers of a person, each case as ITI TF-2 3.45.4.2.3 asks."""
    try:
        asked = queries.cross(call.body, call.head)
    except Refused as error:
        return _answer(call, NUMBERS, wrong(error, "AE"), QUERY_ERROR)
    query = (asked.id, asked.parameters)
    strange = await unknown(call, asked.domains)
    if strange:
        return _answer(call, NUMBERS, Acknowledged("AE", strange), APPLICATION_ERROR, query)
    database, (system, value) = call.service.database, asked.number
    own = system == call.own.patients
    if not own and not await crossing.is_domain(database, system):
        told = Acknowledged("AE", [Detail(_DOMAIN, f"{asked.place}/@root")])
        return _answer(call, NUMBERS, told, APPLICATION_ERROR, query)
    person = await store.survivor(database, value) if own else await crossing.person(database, system, value)
    stored = await call.service.resources.read("Patient", person) if person else None
    if stored is None or stored.body is None:
        told = Acknowledged("AE", [Detail("the number is not known here", f"{asked.place}/@extension")])
        return _answer(call, NUMBERS, told, APPLICATION_ERROR, query)
    wanted = [domain for domain, _place in asked.domains]
    found = await crossing.numbers(database, person, parse_exact(stored.body), asked.number, wanted)
    if call.own.patients in wanted or not wanted:
        found += [(call.own.patients, person)] if not own else []
    if not found:
        return _answer(call, NUMBERS, _DONE, NOTHING, query)
    return _answer(call, NUMBERS, _DONE, OK, query, [Person({}, found)])


async def find(call: Call) -> etree._Element:
    """Answer with the persons whose traits fit, each case as ITI TF-2 3.47.4.2.3 asks."""
    try:
        asked = queries.find(call.body, call.head)
    except Refused as error:
        return _answer(call, FOUND, wrong(error, "AE"), QUERY_ERROR)
    query = (asked.id, asked.parameters)
    strange = await unknown(call, asked.domains)
    if strange:
        return _answer(call, FOUND, Acknowledged("AE", strange), APPLICATION_ERROR, query)
    if not asked.pairs:
        told = Acknowledged("AE", [Detail("the query names no trait", "//parameterList", "101")])
        return _answer(call, FOUND, told, QUERY_ERROR, query)
    question = Question(asked.pairs, asked.patient, asked.degree, asked.first)
    try:
        found = await finding.ask(call.service, _key(asked.id), question, etree.tostring(asked.parameters))
    except finding.TooMany:
        text = f"more than {finding.MOST} persons fit: ask more narrowly"
        told = Acknowledged("AE", [Detail(text, "//parameterList", "207")])
        return _answer(call, FOUND, told, APPLICATION_ERROR, query)
    except SearchError as error:
        told = Acknowledged("AE", [Detail(error.issue.message, "//parameterList", "102")])
        return _answer(call, FOUND, told, QUERY_ERROR, query)
    return await _found(call, found, query, [domain for domain, _place in asked.domains])


async def go_on(call: Call) -> etree._Element:
    """Answer with the next persons of a question, or forget it."""
    try:
        asked = queries.continuation(call.body)
    except Refused as error:
        return answers.acknowledgement(call.head, call.own.party, wrong(error, "CE"))
    key = _key(asked.id)
    if asked.cancelled:
        known = await finding.stop(call.service, key)
        text = "there is no such query: it was fetched to its end, cancelled, or is too old"
        done = Acknowledged("CA") if known else Acknowledged("CE", [Detail(text, "//queryId")])
        return answers.acknowledgement(call.head, call.own.party, done)
    try:
        found = await finding.go_on(call.service, key, asked.quantity, asked.start)
    except finding.NoAnswer:
        told = Acknowledged(
            "AE", [Detail("there is no such query, or it is too old: ask again", "//queryId")]
        )
        return _answer(call, FOUND, told, APPLICATION_ERROR, (asked.id, None))
    parameters = etree.fromstring(found.asked)
    listed = (
        parameters.find(f"{{{parameters.nsmap[None]}}}parameterList") if None in parameters.nsmap else None
    )
    domains = queries.domains(listed) if listed is not None else ()
    return await _found(call, found, (asked.id, parameters), [domain for domain, _place in domains])


async def unknown(call: Call, domains: Sequence[tuple[str, str]]) -> list[Detail]:
    """Return what to say of domains that are asked for and not known here."""
    return [
        Detail(_DOMAIN, place)
        for system, place in domains
        if system != call.own.patients and not await crossing.is_domain(call.service.database, system)
    ]


async def person(
    call: Call, person_id: str, patient: Json, wanted: Sequence[str], degree: int | None
) -> Person:
    """Return a person for an answer: the node's own number first, others as asked, and what is missing."""
    others = await crossing.numbers(call.service.database, person_id, patient, None, wanted)
    systems = {system for system, _value in others} | {call.own.patients}
    absent = [system for system in wanted if system not in systems]
    return Person(patient, [(call.own.patients, person_id)], others, absent, degree)


async def _found(
    call: Call, found: Found, query: tuple[Id, etree._Element | None], wanted: Sequence[str]
) -> etree._Element:
    persons = [await person(call, name, patient, wanted, degree) for name, patient, degree in found.persons]
    counts = Counts(found.total, len(persons), found.remaining)
    code = OK if found.total else NOTHING
    return _answer(call, FOUND, _DONE, code, query, persons, counts)


def _answer(
    call: Call,
    interaction: str,
    done: Acknowledged,
    code: str,
    query: tuple[Id, etree._Element | None] = (Id(), None),
    persons: Sequence[Person] = (),
    counts: Counts | None = None,
) -> etree._Element:
    return answers.response(interaction, call.head, call.own.party, done, code, query, persons, counts)


def _key(found: Id) -> str:
    return f"{found.root}^{found.extension}"[:300]
