"""Who is this person with you? What gateways of other communities ask (IHE XCPD ITI-55), and where else (ITI-56).

One person beyond doubt, or none: a gateway is never shown several to choose from.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from ardenne.kernel.policy.service import AccessRefused
from ardenne.services.mpi import crossing, protecting, store
from ardenne.services.mpi.contract import Doubtful
from ardenne.services.mpi.doubts import Doubts
from ardenne.services.mpi.index import to_link
from ardenne.services.mpi.rules.decision import NEW
from ardenne.services.mpi.rules.reading import says_enough, traits_of
from ardenne.services.mpi.v3_finding import person as shown
from ardenne.services.mpi.v3_finding import unknown
from ardenne.services.mpi.v3_own import Call, wrong
from ardenne.standards.cda import elements as el
from ardenne.standards.fhir.json import parse_exact
from ardenne.standards.hl7v3 import answers, patients, queries
from ardenne.standards.hl7v3.answers import APPLICATION_ERROR, FOUND, NOTHING, OK, WANTED, Counts, Issue
from ardenne.standards.hl7v3.queries import Find
from ardenne.standards.hl7v3.wrapper import Acknowledged, Head, Id, Party
from ardenne.standards.refusal import Refused

NO_HEAD = Head("", Id(), "", "", Party(), Party())
"""Patient location queries have no HL7 v3 wrapper."""
_DONE = Acknowledged("AA")
_XCPD = "urn:ihe:iti:xcpd:2009"
_NOT_AVAILABLE, _MORE, _RIGHTS = "AnswerNotAvailable", "AdditionalDemographicsRequested", "InsufficientRights"


async def discover(call: Call) -> etree._Element:
    """Answer with the one person who is meant, each case as ITI TF-2 3.55.4.2.3 and MyHealth@EU ask."""
    try:
        asked = queries.find(call.body, call.head)
    except Refused as error:
        return _answer(call, (Id(), None), wrong(error, "AE"), APPLICATION_ERROR, Issue(_NOT_AVAILABLE))
    query = (asked.id, asked.parameters)
    strange = await unknown(call, asked.domains)
    if strange:
        return _answer(call, query, Acknowledged("AE", strange), APPLICATION_ERROR, Issue(_NOT_AVAILABLE))
    if not asked.numbers and not any(says_enough(one) for one in traits_of(asked.patient)):
        return _answer(call, query, Acknowledged("AE"), APPLICATION_ERROR, Issue(_MORE))
    try:
        person, several = await _meant(call, asked)
        stored = await call.service.resources.read("Patient", person) if person else None
    except AccessRefused:
        return _answer(call, query, Acknowledged("AE"), APPLICATION_ERROR, Issue(_RIGHTS))
    if several:
        wanted = (
            Issue("PatientAddressRequested", WANTED)
            if not asked.patient.get("address")
            else Issue(_NOT_AVAILABLE)
        )
        return _answer(call, query, _DONE, OK, wanted)
    if stored is None or stored.body is None:
        return _answer(call, query, _DONE, NOTHING)
    if _contradicts(asked, parse_exact(stored.body)):
        return _answer(call, query, _DONE, NOTHING)
    patient, domains = parse_exact(stored.body), [domain for domain, _place in asked.domains]
    one = await shown(call, person, patient, domains, 100)
    return answers.response(FOUND, call.head, call.own.party, _DONE, OK, query, [one], Counts(1, 1, 0))


async def _meant(call: Call, asked: Find) -> tuple[str, bool]:
    """Return the one person beyond doubt (else empty), and whether there are several who may be meant."""
    database, traits = call.service.database, traits_of(asked.patient)
    named = {await _numbered(call, system, value) for system, value in asked.numbers} - {""}
    if len(named) > 1:
        return "", False
    if named:
        person = named.pop()
        doubts = Doubts(call.persons.matcher, database, traits, certain=True)
        try:
            known = [
                one
                for one in await store.of_persons(database, await store.group(database, person))
                if one.traits
            ]
            found = await doubts.by_numbers(known) if _says_more(asked) else person
        except Doubtful:
            return "", False
        return person if found else "", False
    if asked.numbers and not any(says_enough(one._replace(numbers=())) for one in traits):
        return "", False
    matches = await call.persons.matcher.matches(database, traits)
    matches = await protecting.disclosed(call.service, call.persons.matcher, traits, matches)
    likely = [match for match in matches if match.outcome != NEW]
    return to_link(likely), bool(likely) and not to_link(likely)


def _contradicts(asked: Find, patient: dict[str, Any]) -> bool:
    """Tell whether the sex that a question names is another one than the person's: then somebody else is meant."""
    wanted, known = asked.patient.get("gender"), patient.get("gender")
    return bool(wanted and known and wanted != known and {wanted, known} <= {"female", "male"})


def _says_more(asked: Find) -> bool:
    return bool(asked.patient.get("name") or asked.patient.get("birthDate"))


async def _numbered(call: Call, system: str, value: str) -> str:
    return await crossing.numbered(call.service.database, call.own.patients, system, value)


async def locate(call: Call) -> etree._Element:
    """Answer whether this community holds data of a person, and under which number (ITI-56)."""
    asked = call.body.find(f"{{{_XCPD}}}RequestedPatientId")
    number = patients.number(asked, "") if asked is not None else None
    node = etree.Element(f"{{{_XCPD}}}PatientLocationQueryResponse", nsmap={"xcpd": _XCPD})
    person = await _numbered(call, *number) if number is not None else ""
    stored = await call.service.resources.read("Patient", person) if person else None
    if number is None or stored is None:
        return node
    place = etree.SubElement(node, f"{{{_XCPD}}}PatientLocationResponse")
    etree.SubElement(place, f"{{{_XCPD}}}HomeCommunityId").text = f"urn:oid:{call.own.community}"
    own = patients.written((call.own.patients, person))
    for name, found in (
        ("CorrespondingPatientId", own),
        ("RequestedPatientId", Id(*(el.attribute(asked, one) for one in ("root", "extension")))),
    ):
        etree.SubElement(place, f"{{{_XCPD}}}{name}", root=found.root, extension=found.extension)
    return node


def _answer(
    call: Call,
    query: tuple[Id, etree._Element | None],
    done: Acknowledged,
    code: str,
    issue: Issue | None = None,
) -> etree._Element:
    return answers.response(FOUND, call.head, call.own.party, done, code, query, issue=issue)
