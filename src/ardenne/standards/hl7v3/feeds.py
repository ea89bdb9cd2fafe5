"""Feeds: PRPA_IN201301UV02 (added), 302 (revised), 304 (duplicates resolved); IHE PIXV3 ITI-44."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from ardenne.standards.cda import elements as el
from ardenne.standards.hl7v3.patients import Json, Number, number, patient
from ardenne.standards.hl7v3.wrapper import Head
from ardenne.standards.refusal import Refused

ADDED, REVISED, RESOLVED = "PRPA_IN201301UV02", "PRPA_IN201302UV02", "PRPA_IN201304UV02"
INTERACTIONS = (ADDED, REVISED, RESOLVED)
_SUBJECT = ("controlActProcess", "subject", "registrationEvent")


class Registration(NamedTuple):
    """What a source says of a person, the numbers that it gives up for this one, and the numbers of the mother."""

    patient: Json
    replaced: tuple[Number, ...] = ()
    mother: Number | None = None


def sender_of(head: Head) -> str:
    """Return who feeds: the organisation, else the device."""
    return head.sender.organisation.root or head.sender.device.root


def read(root: etree._Element, head: Head) -> Registration:
    """Return what a feed says. Raises Refused when it says nothing of anybody."""
    event = el.child(root, *_SUBJECT)
    role = el.child(event, "subject1", "patient")
    sender = sender_of(head)
    if event is None or role is None:
        raise _missing("no patient", f"/{head.interaction}/{'/'.join(_SUBJECT)}/subject1/patient")
    found = patient(role, sender)
    if not found.get("identifier"):
        raise _missing("no id of the patient", f"{el.path_of(role)}/id")
    replaced = tuple(
        one
        for node in el.children(event, "replacementOf")
        for prior in el.children(el.child(node, "priorRegistration", "subject1", "priorRegisteredRole"), "id")
        if (one := number(prior, sender)) is not None
    )
    if head.interaction == RESOLVED:
        # IHE: the message tells of numbers alone; its name is a placeholder
        found = {name: found[name] for name in ("resourceType", "identifier")}
        if not replaced:
            raise _missing("no number that is given up", f"{el.path_of(event)}/replacementOf")
    return Registration(found, replaced, _mother(role, sender))


def _mother(role: etree._Element, sender: str) -> Number | None:
    for relation in el.children(el.child(role, "patientPerson"), "personalRelationship"):
        if el.attribute(el.child(relation, "code"), "code") in ("MTH", "NMTH"):
            ids = [
                *el.children(relation, "id"),
                *el.children(el.child(relation, "relationshipHolder1"), "id"),
            ]
            found = [one for node in ids if (one := number(node, sender)) is not None]
            return found[0] if found else None
    return None


def _missing(what: str, where: str) -> Refused:
    return Refused(rule="v3-required", found=f"the message holds {what}", mend="Send it", where=where)
