"""HL7 version 2 data types as FHIR R4 data types (dicts)."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ardenne.standards import naming, timestamps
from ardenne.standards.hl7v2.er7 import Message, Repetition
from ardenne.standards.hl7v2.fields import Authority, Coded, Number, Person
from ardenne.standards.hl7v2.tables import tables
from ardenne.standards.timestamps import Timestamp

UCUM = "http://unitsofmeasure.org"
_INTERPRETATION = naming.code_system("HL70078")
_FLAGS = frozenset(
    {
        "L",
        "H",
        "LL",
        "HH",
        "N",
        "A",
        "AA",
        "U",
        "D",
        "B",
        "W",
        "S",
        "R",
        "I",
        "MS",
        "VS",
        "<",
        ">",
        "IND",
        "POS",
        "NEG",
    }
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_BETWEEN = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:-|–|_|\.\.|to)\s*(-?\d+(?:\.\d+)?)(?:\s.*)?", re.ASCII)
_BOUND = re.compile(r"(<=|>=|<|>|≤|≥)\s*(-?\d+(?:\.\d+)?)(?:\s.*)?", re.ASCII)


class Context(msgspec.Struct, frozen=True):
    """Who sent the message, and how times and local names are to be read.

    `namespaces` maps the names of assigning authorities and code systems that this sender uses to
    URIs; a name without entry becomes a local system of the sender.
    """

    sender: str
    zone: datetime.tzinfo | None
    namespaces: Mapping[str, str]

    def time(self, found: Timestamp) -> str:
        return found.fhir(self.zone)

    def identifier_system(self, authority: Authority) -> str:
        if authority.universal and authority.kind.upper() in ("ISO", "UUID", "GUID", ""):
            known = naming.identifier_system(authority.universal)
            uri = known.uri if known else naming.oid_or_uuid_uri(authority.universal)
            if uri:
                return uri
        if authority.universal.startswith(("http://", "https://", "urn:")):
            return authority.universal
        name = authority.namespace or authority.universal
        return self.namespaces.get(name) or naming.local_system(self.sender, name or "patients")

    def code_system(self, name: str) -> str:
        known = self.namespaces.get(name) or naming.code_system(name)
        return known or naming.local_system(self.sender, "codes", "" if name in ("L", "99LOCAL") else name)


def context(message: Message, zone: datetime.tzinfo | None, namespaces: Mapping[str, str]) -> Context:
    """The sender is the facility (MSH-4), else the application (MSH-3).

    A zone in MSH-7 holds for the whole message (HL7 v2.5.1 chapter 2.15.9.7); `zone` is used without one.
    """
    names = [message.get(path) for path in ("MSH-4.1", "MSH-4.2", "MSH-3.1", "MSH-3.2")]
    try:
        own = timestamps.read(message.get("MSH-7")).moment.tzinfo
    except ValueError:
        own = None
    named = (name.strip() for name in names)
    sender = next((name for name in named if name and name.lower() not in ("unknown", "unk")), "")
    return Context(sender, own or zone, namespaces)


def identifier(number: Number, context: Context) -> dict[str, Any]:
    system = context.identifier_system(number.authority)
    known = naming.identifier_system(system)
    value = naming.identifier(system, number.value)[1] if known else number.value
    kind = number.type or (known.type if known else "")
    read: dict[str, Any] = {}
    if kind:
        read["type"] = {"coding": [{"system": naming.code_system("HL70203"), "code": kind}]}
    read |= {"system": system, "value": value}
    if number.authority.namespace:
        read["assigner"] = {"display": number.authority.namespace}
    return read


def codeable_concept(found: Coded, context: Context) -> dict[str, Any]:
    pairs = (
        (found.code, found.text, found.system),
        (found.other_code, found.other_text, found.other_system),
    )
    codings = []
    for code, text, system in pairs:
        if code:
            coding = {"system": context.code_system(system), "code": " ".join(code.split())}
            if text:
                coding["display"] = text
            if coding not in codings:
                codings.append(coding)
    read: dict[str, Any] = {"coding": codings} if codings else {}
    if found.wording:
        read["text"] = found.wording
    return read


def number(text: str) -> int | float | None:
    """A JSON number, None when `text` is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        return None
    return int(text) if text.lstrip("+-").isdigit() and len(text) < 16 else float(text)


def quantity(text: str, unit: Coded) -> dict[str, Any] | None:
    value = number(text)
    if value is None:
        return None
    read: dict[str, Any] = {"value": value}
    if unit.wording:
        read["unit"] = unit.wording
    if unit.code and naming.code_system(unit.system) == UCUM:
        read |= {"system": UCUM, "code": unit.code}
    return read


def reference_range(text: str, unit: Coded) -> dict[str, Any]:
    """OBX-7: its numbers where they are understood, and always its text."""
    read: dict[str, Any] = {}
    between, bound = _BETWEEN.fullmatch(text), _BOUND.fullmatch(text)
    if between:
        read = {"low": quantity(between[1], unit), "high": quantity(between[2], unit)}
    elif bound:
        read = {"high" if bound[1] in "<=≤" else "low": quantity(bound[2], unit)}
    return read | {"text": text}


def interpretation(flag: str) -> dict[str, Any]:
    if flag in _FLAGS:
        return {"coding": [{"system": _INTERPRETATION, "code": flag}]}
    return {"text": flag}


def human_name(person: Person) -> dict[str, Any]:
    read: dict[str, Any] = {}
    if use := tables().name_use.get(person.type, ""):
        read["use"] = use
    if person.family:
        read["family"] = person.family
    for key, parts in (("given", person.given), ("prefix", [person.prefix]), ("suffix", [person.suffix])):
        if kept := [part for part in parts if part]:
            read[key] = kept
    return read


def address(found: Repetition) -> dict[str, Any]:
    street = " ".join(part for n in (1, 2, 3) if (part := found.get(1, n).strip()))
    read = {
        "use": tables().address_use.get(found.get(7).strip(), ""),
        "line": [line for line in (street, found.get(2).strip()) if line],
        "city": found.get(3).strip(),
        "state": found.get(4).strip(),
        "postalCode": found.get(5).strip(),
        "country": found.get(6).strip(),
        "district": found.get(9).strip(),
    }
    kept = {key: part for key, part in read.items() if part}
    return kept if set(kept) - {"use"} else {}


def contact_point(found: Repetition, default_use: str) -> dict[str, Any]:
    """XTN in its old form (the number in the first part) and its new one (parts 3 to 7 and 12)."""
    number, use, equipment, mail = (found.get(component).strip() for component in range(1, 5))
    parts = [found.get(component).strip() for component in (5, 6, 7)]
    local = " ".join(part for part in ((f"+{parts[0]}" if parts[0] else ""), *parts[1:]) if part)
    value = mail or number or found.get(12).strip() or local
    if not value:
        return {}
    system = "email" if mail else tables().telecom_system.get(equipment.upper(), "phone")
    mobile = "mobile" if equipment.upper() == "CP" else ""
    return {"system": system, "value": value, "use": mobile or tables().telecom_use.get(use, default_use)}


def author(person: Person, context: Context) -> dict[str, Any]:
    """A Practitioner without id, with "display"."""
    read: dict[str, Any] = {"resourceType": "Practitioner", "display": person.wording}
    if person.number:
        read["identifier"] = [identifier(person.number, context)]
    if person.wording:
        read["name"] = [human_name(person)]
    return read
