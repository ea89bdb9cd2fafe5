"""Answers: PRPA_IN201306UV02 (persons found), PRPA_IN201310UV02 (numbers of a person), MCCI_IN000002UV01 (taken or not)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

from lxml import etree

from ardenne.standards.hl7v3 import patients
from ardenne.standards.hl7v3.patients import Json, Number
from ardenne.standards.hl7v3.wrapper import (
    ACKNOWLEDGEMENT,
    XSI,
    Acknowledged,
    Head,
    Id,
    Party,
    act,
    add,
    answer,
    request,
    write_id,
)

REVISED = "PRPA_IN201302UV02"
FOUND, NUMBERS = "PRPA_IN201306UV02", "PRPA_IN201310UV02"
OK, NOTHING, APPLICATION_ERROR, QUERY_ERROR = "OK", "NF", "AE", "QE"
"""Codes of an answer (HL7 QueryResponse)."""
_ISSUES = "2.16.840.1.113883.5.4"
WANTED = "1.3.6.1.4.1.19376.1.2.27.1"
"""XCPD: further traits that would tell persons apart."""
REASONS = "1.3.6.1.4.1.19376.1.2.27.3"
"""XCPD: why there is no answer."""


class Person(NamedTuple):
    """One person of an answer: numbers of the role, other numbers, domains without number, degree of match in percent."""

    patient: Json
    numbers: Sequence[Number]
    others: Sequence[Number] = ()
    absent: Sequence[str] = ()
    degree: int | None = None


class Counts(NamedTuple):
    """How many persons were found, stand in this answer, and are still to be fetched."""

    total: int
    here: int
    remaining: int


class Issue(NamedTuple):
    """Why a gateway answers nothing: ``code`` of REASONS, or a trait of WANTED."""

    code: str
    system: str = REASONS


def acknowledgement(asked: Head, own: Party, done: Acknowledged) -> etree._Element:
    """Return what became of a feed, or of a cancelled question."""
    return answer(ACKNOWLEDGEMENT, asked, own, done)


def response(
    interaction: str,
    asked: Head,
    own: Party,
    done: Acknowledged,
    code: str,
    query: tuple[Id, etree._Element | None],
    persons: Sequence[Person] = (),
    counts: Counts | None = None,
    issue: Issue | None = None,
) -> etree._Element:
    """Return the answer to a question. ``query``: its id, and its parameters as they were asked."""
    root = answer(interaction, asked, own, done)
    node = act(root, interaction.replace("_IN", "_TE"))
    for person in persons:
        _registration(node, person, own, interaction == FOUND)
    if issue is not None:
        _issue(node, issue)
    told = add(node, "queryAck")
    write_id(told, "queryId", query[0])
    add(
        told,
        "statusCode",
        code="aborted" if code in (APPLICATION_ERROR, QUERY_ERROR) else "deliveredResponse",
    )
    add(told, "queryResponseCode", code=code)
    if counts is not None:
        for name, value in zip(("Total", "Current", "Remaining"), counts, strict=True):
            add(told, f"result{name}Quantity", value=str(value))
    if query[1] is not None:
        node.append(copy.deepcopy(query[1]))
    return root


def revised(own: Party, receiver: Party, numbers: Sequence[Number]) -> etree._Element:
    """Return PRPA_IN201302UV02 with all numbers of a person and nothing else (IHE PIXV3 Update Notification, ITI-46)."""
    root = request(REVISED, own, receiver)
    _registration(act(root, REVISED.replace("_IN", "_TE")), Person({}, numbers), own, False)
    return root


def _registration(parent: etree._Element, person: Person, own: Party, with_degree: bool) -> None:
    event = add(add(parent, "subject", typeCode="SUBJ"), "registrationEvent", classCode="REG", moodCode="EVN")
    add(event, "id", nullFlavor="NA")
    add(event, "statusCode", code="active")
    subject = add(event, "subject1", typeCode="SBJ")
    role = patients.write(subject, person.patient, person.numbers, person.others, person.absent)
    organisation = add(role, "providerOrganization", classCode="ORG", determinerCode="INSTANCE")
    write_id(organisation, "id", own.organisation)
    add(organisation, "contactParty", classCode="CON", nullFlavor="NA")
    if with_degree and person.degree is not None:
        match = add(add(role, "subjectOf1"), "queryMatchObservation", classCode="COND", moodCode="EVN")
        add(match, "code", code="IHE_PDQ")
        add(match, "value", value=str(person.degree)).set(f"{{{XSI}}}type", "INT")
    entity = add(add(event, "custodian", typeCode="CST"), "assignedEntity", classCode="ASSIGNED")
    write_id(entity, "id", own.organisation)


def _issue(parent: etree._Element, issue: Issue) -> None:
    """Add why there is no answer (ITI TF-2, 3.55.4.2.3: DetectedIssueEvent)."""
    event = add(
        add(parent, "reasonOf", typeCode="RSON"), "detectedIssueEvent", classCode="ALRT", moodCode="EVN"
    )
    add(event, "code", code="ActAdministrativeDetectedIssueCode", codeSystem=_ISSUES)
    if issue.system == WANTED:
        wanted = add(
            add(event, "triggerFor", typeCode="TRIG"), "actOrderRequired", classCode="ACT", moodCode="RQO"
        )
        add(wanted, "code", code=issue.code, codeSystem=WANTED)
        return
    managed = add(
        add(event, "mitigatedBy", typeCode="MITGT"),
        "detectedIssueManagement",
        classCode="ACT",
        moodCode="EVN",
    )
    add(managed, "code", code=issue.code, codeSystem=issue.system)
