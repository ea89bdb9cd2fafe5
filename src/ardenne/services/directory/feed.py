"""A feed of the directory: lines of a CSV file become Organization, Location, Practitioner, PractitionerRole (pure).

Profile: IHE mCSD (Care Services). Ids are made of the source and the line's keys, so that loading a file again
changes what changed and nothing else.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from ardenne.services.directory.entries import ACCEPTS
from ardenne.standards.identifiers import SYSTEM as NUMBER_SYSTEM
from ardenne.standards.identifiers import Number, parse
from ardenne.standards.professions import SYSTEM, professions

Json = dict[str, Any]
COLUMNS = (
    "key", "family", "given", "prefix", "profession", "number_kind", "number", "organisation", "street", "postcode", "city",
    "country", "latitude", "longitude", "phone", "email", "languages", "accepts", "active",
)  # fmt: skip
_NEEDED = ("key", "family", "given", "profession")
_NAMESPACE = uuid.UUID("0f6a2b52-4f0a-5c8e-8c4b-4a3b3e0c9a11")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_SOURCE = re.compile(r"[a-z0-9-]{1,40}")
_YES = {"yes": True, "no": False, "": None}


class Fault(NamedTuple):
    """What is wrong with a line: its number in the file, the column, and how to mend it."""

    line: int
    column: str
    message: str


class Read(NamedTuple):
    """What a file holds: resources by (type, id), the ids of its roles, and its faults."""

    resources: dict[tuple[str, str], Json]
    roles: frozenset[str]
    faults: list[Fault]


def system(source: str) -> str:
    """Return the identifier system of a source's own keys. Raises ValueError for a name that is none."""
    if not _SOURCE.fullmatch(source):
        raise ValueError("a source has a name of small letters, digits and hyphens, such as hospital-north")
    return f"https://ardenne.health/fhir/NamingSystem/directory-feed/{source}"


def read(content: str, source: str) -> Read:
    """Read a whole file. Faulty lines give faults and no resources."""
    own = system(source)
    rows = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")))
    faults: list[Fault] = []
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        return Read({}, frozenset(), [Fault(1, name, "the column is missing") for name in missing])
    found: dict[tuple[str, str], Json] = {}
    roles: set[str] = set()
    for row in rows:
        line = {name: (row.get(name) or "").strip() for name in COLUMNS}
        wrong = list(_faults(line, rows.line_num))
        role = _id(own, "role", line["key"])
        if role in roles:
            wrong.append(Fault(rows.line_num, "key", f"'{line['key'][:40]}' stands in the file twice"))
        faults += wrong
        if not wrong:
            roles.add(role)
            found |= {(one["resourceType"], one["id"]): one for one in _resources(line, own, role)}
    return Read(found, frozenset(roles), faults)


def _faults(line: dict[str, str], number: int) -> Iterator[Fault]:
    for name in _NEEDED:
        if not line[name]:
            yield Fault(number, name, "is empty")
    country, _, code = line["profession"].partition(".")
    try:
        known = code in professions(country)
    except KeyError:
        known = False
    if line["profession"] and not known:
        yield Fault(
            number, "profession", "is country.code of the professions, such as lu.nurse or be.cardiology"
        )
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            if line[name] and not -most <= float(line[name]) <= most:
                raise ValueError
        except ValueError:
            yield Fault(number, name, f"is a number of degrees between -{most} and {most}")
    if bool(line["latitude"]) != bool(line["longitude"]):
        yield Fault(number, "latitude", "latitude and longitude come together")
    for name in ("accepts", "active"):
        if line[name] not in _YES:
            yield Fault(number, name, "is yes, no or empty")
    if any(not _LANGUAGE.fullmatch(one) for one in line["languages"].split()):
        yield Fault(number, "languages", "are codes of two letters with spaces between, such as fr de")
    if bool(line["number"]) != bool(line["number_kind"]):
        yield Fault(number, "number_kind", "a number and its kind (CNS, BE_NIHDI, FR_RPPS …) come together")
    elif line["number"]:
        try:
            problem = _number(line).problem
        except (ValueError, KeyError):
            yield Fault(
                number,
                "number_kind",
                "is a kind of number of professionals: CNS, BE_NIHDI, BE_NIHDI8 or FR_RPPS",
            )
        else:
            if problem:
                yield Fault(number, "number", problem)


def _number(line: dict[str, str]) -> Number:
    """Return the number of a professional. Raises ValueError or KeyError for a kind that has no system."""
    found = parse(line["number"], line["number_kind"])
    NUMBER_SYSTEM[found.kind]
    return found


def _id(own: str, kind: str, key: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{own}|{kind}|{key}"))


def _resources(line: dict[str, str], own: str, role: str) -> Iterator[Json]:
    person = _id(own, "person", line["number"] or f"{line['family']}|{line['given']}|{line['key']}")
    house = _id(own, "house", line["organisation"]) if line["organisation"] else ""
    place = _id(
        own, "place", "|".join((line["organisation"], line["street"], line["postcode"], line["city"]))
    )
    address = _filled(
        {"line": [line["street"]] if line["street"] else [], "postalCode": line["postcode"], "city": line["city"],
         "country": line["country"]}
    )  # fmt: skip
    if house:
        yield _filled({"resourceType": "Organization", "id": house, "active": True, "name": line["organisation"],
                       "address": [address] if address else []})  # fmt: skip
    if address:
        yield _location(line, place, house, address)
    yield _person(line, person)
    yield _role(line, own, role, person, house, place if address else "")


def _location(line: dict[str, str], place: str, house: str, address: Json) -> Json:
    position = {}
    if line["latitude"]:
        position = {"latitude": float(line["latitude"]), "longitude": float(line["longitude"])}
    name = line["organisation"] or f"{line['given']} {line['family']}"
    managing = {"reference": f"Organization/{house}"} if house else {}
    return _filled(
        {"resourceType": "Location", "id": place, "status": "active", "name": name, "address": address,
         "position": position, "managingOrganization": managing}
    )  # fmt: skip


def _person(line: dict[str, str], person: str) -> Json:
    name = {"family": line["family"], "given": line["given"].split()}
    numbers = []
    if line["number"]:
        found = _number(line)
        numbers = [{"system": NUMBER_SYSTEM[found.kind], "value": found.value}]
    return _filled(
        {"resourceType": "Practitioner", "id": person, "active": True, "identifier": numbers,
         "name": [name | ({"prefix": [line["prefix"]]} if line["prefix"] else {})],
         "communication": [{"coding": [{"system": "urn:ietf:bcp:47", "code": one}]} for one in line["languages"].split()]}
    )  # fmt: skip


def _role(line: dict[str, str], own: str, role: str, person: str, house: str, place: str) -> Json:
    country, _, code = line["profession"].partition(".")
    chosen = professions(country)[code]
    base = professions(country)[chosen.of] if chosen.of else chosen
    accepts = _YES[line["accepts"]]
    telecom = [{"system": kind, "value": line[name], "use": "work"}
               for kind, name in (("phone", "phone"), ("email", "email")) if line[name]]  # fmt: skip
    return _filled(
        {"resourceType": "PractitionerRole", "id": role, "active": line["active"] != "no",
         "extension": [] if accepts is None else [{"url": ACCEPTS, "valueBoolean": accepts}],
         "identifier": [{"system": own, "value": line["key"]}],
         "practitioner": {"reference": f"Practitioner/{person}", "display": f"{line['given']} {line['family']}"},
         "organization": {"reference": f"Organization/{house}", "display": line["organisation"]} if house else {},
         "location": [{"reference": f"Location/{place}"}] if place else [],
         "code": [_concept(f"{country}.{base.code}", base.names["fr"])],
         "specialty": [_concept(line["profession"], chosen.names["fr"])] if chosen.of else [],
         "telecom": telecom}
    )  # fmt: skip


def _concept(code: str, title: str) -> Json:
    return {"coding": [{"system": SYSTEM, "code": code, "display": title}], "text": title}


def _filled(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if value not in ("", [], {}, None)}
