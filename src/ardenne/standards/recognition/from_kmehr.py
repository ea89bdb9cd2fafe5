"""A KMEHR message as something to file."""

from __future__ import annotations

import datetime
from typing import Any

from lxml import etree

from ardenne.standards import naming
from ardenne.standards.kmehr.read import Identifier, Message, Party, Patient, interpret
from ardenne.standards.recognition import types
from ardenne.standards.recognition.result import File, Recognised

_SEXES = {
    "male": "male",
    "female": "female",
    "changed": "other",
    "undefined": "unknown",
    "unknown": "unknown",
}
_TELECOMS = {"phone": "phone", "mobile": "phone", "fax": "fax", "email": "email"}
_LEVELS = {"secret": "V", "verysecret": "V", "restricted": "R", "confidential": "R"}


def recognise(root: etree._Element, zone: datetime.tzinfo | None) -> Recognised:
    """Raises Refused when the message cannot be filed."""
    message = interpret(root)
    first = message.transactions[0]
    kind, category = types.typed(types.kmehr_type(first.type), first.type)
    moment = first.moment or message.moment
    authors = first.authors or message.sender
    files = (File(one.media_type, one.data) for part in message.transactions for one in part.attachments)
    return Recognised(
        kind="kmehr",
        media_type="text/xml",
        patient=_patient(message.patient),
        authors=tuple(_author(one) for one in authors if one.wording),
        date=moment.fhir(zone),
        type=kind,
        category=category,
        confidentiality=types.confidentiality(_LEVELS.get(message.confidentiality, "")),
        language=message.language,
        title=kind.get("text", ""),
        identifier={"system": naming.local_system("kmehr", "messages"), "value": message.identifier},
        set_identifier=_set_identifier(message),
        version=first.version,
        doc_status="final" if first.validated and first.complete else "preliminary",
        files=tuple(files),
        notes=message.notes,
    )


def _set_identifier(message: Message) -> dict[str, str] | None:
    """The local identity of a scheme or summary in its vault, which stays when a new version replaces it."""
    local = next((one for one in message.transactions[0].identifiers if one.local), None)
    return {"system": naming.local_system("kmehr", local.local), "value": local.value} if local else None


def _identifier(found: Identifier) -> dict[str, Any]:
    system, value = naming.identifier(found.system, found.value)
    known = naming.identifier_system(found.system)
    read: dict[str, Any] = {}
    if known and known.type:
        read["type"] = {"coding": [{"system": naming.code_system("HL70203"), "code": known.type}]}
    return read | {
        "system": system or naming.local_system("kmehr", found.local or found.system),
        "value": value,
    }


def _patient(found: Patient) -> dict[str, Any]:
    name = {"family": found.family_name, "given": list(found.first_names)}
    read: dict[str, Any] = {
        "identifier": [_identifier(one) for one in found.identifiers],
        "name": [{key: part for key, part in name.items() if part}] if any(name.values()) else [],
        "telecom": [
            {"system": _TELECOMS.get(kind, "other"), "value": value}
            | ({"use": use} if use in ("home", "work") else {"use": "mobile"} if kind == "mobile" else {})
            for kind, use, value in found.telecoms
            if value
        ],
        "gender": _SEXES.get(found.sex, ""),
        "birthDate": found.birth_date,
        "deceasedDateTime": found.death_date,
        "address": [place for one in found.addresses if (place := _address(one))],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": found.language}]}}]
        if found.language
        else [],
    }
    return {"resourceType": "Patient"} | {key: part for key, part in read.items() if part}


def _address(found: dict[str, str]) -> dict[str, Any]:
    street = " ".join(
        part for part in (found["street"], found["housenumber"], found["postboxnumber"]) if part
    )
    read: dict[str, Any] = {
        "use": found["use"] if found["use"] in ("home", "work") else "",
        "line": [street] if street else [],
        "city": found["city"],
        "district": found["district"],
        "postalCode": found["zip"],
        "country": found["country"],
    }
    kept = {key: part for key, part in read.items() if part}
    return kept if set(kept) - {"use", "country"} else {}


def _author(party: Party) -> dict[str, Any]:
    person = bool(party.family_name)
    device = "application" in party.roles
    kind = "Practitioner" if person else "Device" if device else "Organization"
    read: dict[str, Any] = {"resourceType": kind, "display": party.wording}
    if party.identifiers:
        read["identifier"] = [_identifier(one) for one in party.identifiers]
    if person:
        given = [party.first_name] if party.first_name else []
        read["name"] = [{"family": party.family_name} | ({"given": given} if given else {})]
    elif device:
        read["deviceName"] = [{"name": party.name, "type": "user-friendly-name"}]
    else:
        read["name"] = party.name
    return read
