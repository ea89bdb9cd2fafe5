"""The patient and the authors of a document as FHIR R4 resources without ids."""

from __future__ import annotations

from typing import Any

from ardenne.standards.cda import fhir_types as ft
from ardenne.standards.cda import parties
from ardenne.standards.cda.fhir_types import Zone
from ardenne.standards.cda.read import ClinicalDocument

_ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
_GENDERS = {"M": "male", "F": "female", "UN": "other", "UNK": "unknown"}


def patient(document: ClinicalDocument, zone: Zone = None) -> dict[str, Any]:
    """The record target as a Patient without id."""
    who = document.patient
    read: dict[str, Any] = {
        "identifier": [ft.identifier(one) for one in who.identifiers],
        "name": ft.human_names(who.names),
        "telecom": [ft.contact_point(one) for one in who.telecoms],
        "gender": _GENDERS.get(who.gender.code, "") if who.gender else "",
        "birthDate": who.birth_time.date() if who.birth_time else "",
        "address": [ft.address(one) for one in who.addresses],
        "maritalStatus": ft.codeable_concept(who.marital_status) if who.marital_status else {},
        "contact": [_contact(one) for one in who.guardians if one.names or one.organization],
        "communication": [
            {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}} for code in who.languages
        ],
    }
    found: dict[str, Any] = {"resourceType": "Patient"}
    found |= {name: part for name, part in read.items() if part}
    if isinstance(who.deceased, bool):
        found["deceasedBoolean"] = who.deceased
    elif who.deceased:
        found["deceasedDateTime"] = who.deceased.fhir(zone)
    return found


def _contact(guardian: parties.Guardian) -> dict[str, Any]:
    relations = [ft.codeable_concept(guardian.relation)] if guardian.relation else []
    relations.append({"coding": [{"system": _ROLE_CLASS, "code": "GUARD"}]})
    read: dict[str, Any] = {
        "relationship": [relation for relation in relations if relation],
        "name": ft.human_name(guardian.names[0]) if guardian.names else {},
        "telecom": [ft.contact_point(one) for one in guardian.telecoms],
        "address": ft.address(guardian.addresses[0]) if guardian.addresses else {},
        "organization": {"display": guardian.organization} if guardian.organization else {},
    }
    return {name: part for name, part in read.items() if part}


def author(party: parties.Party, zone: Zone = None) -> dict[str, Any]:
    """Who wrote: a Practitioner, Device or Organization as a plain dict, with its organisation inside.

    {"resourceType", "identifier", "name", …, "organization": {"name", "identifier"}, "time", "display"}.
    """
    kind = "Practitioner" if party.names else "Device" if party.device else "Organization"
    read: dict[str, Any] = {"resourceType": kind, "display": party.wording}
    identifiers = [ft.identifier(one) for one in party.identifiers]
    if identifiers:
        read["identifier"] = identifiers
    if party.names:
        read["name"] = ft.human_names(party.names)
    elif party.device:
        read["deviceName"] = [{"name": party.device, "type": "user-friendly-name"}]
    elif party.organization:
        read["name"] = party.organization.name
    if party.role and (role := ft.codeable_concept(party.role)):
        read["role"] = role
    if party.organization:
        read["organization"] = organization(party.organization)
    if party.time:
        read["time"] = party.time.fhir(zone)
    return read


def organization(found: parties.Organization) -> dict[str, Any]:
    read: dict[str, Any] = {"resourceType": "Organization"}
    if found.identifiers:
        read["identifier"] = [ft.identifier(one) for one in found.identifiers]
    if found.name:
        read["name"] = found.name
    return read
