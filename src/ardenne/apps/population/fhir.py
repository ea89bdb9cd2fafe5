"""The population as FHIR R4: one line of JSON a resource."""

from __future__ import annotations

from typing import Any

import orjson

from ardenne.apps.population.persons import Address, Person
from ardenne.apps.population.records import Record
from ardenne.standards.identifiers import SYSTEM

Json = dict[str, Any]
_SYSTEMS = {kind.value: system for kind, system in SYSTEM.items()}
SOURCE_SYSTEM = "urn:ardenne:population:source"
HOSPITALS = ("hospital-north", "hospital-south", "hospital-city")
_LANGUAGE = {
    "lb": "lb",
    "fr": "fr",
    "wa": "fr",
    "de": "de",
    "pt": "pt",
    "it": "it",
    "uk": "uk",
    "ar": "ar",
    "yu": "sr",
}


def _address(home: Address, period: Json | None = None) -> Json:
    found: Json = {
        "use": "old" if period else "home", "line": [f"{home.street} {home.house}"], "city": home.city,
        "postalCode": home.postcode, "country": home.country,
    }  # fmt: skip
    return {**found, "period": period} if period else found


def patient(person: Person) -> bytes:
    """Return a person as Patient, as the truth is."""
    names: list[Json] = [{"use": "official", "family": person.family, "given": person.given.split("-")}]
    if person.latin[0] != person.given.split("-")[0] and person.culture == "ar":
        names.append({"use": "usual", "family": person.latin[1], "given": [person.latin[0]]})
    addresses = [_address(person.address)]
    if person.former is not None:
        addresses.append(_address(person.former, {"end": "2024-06-30"}))
    resource: Json = {
        "resourceType": "Patient",
        "id": f"p{person.id}",
        "identifier": [{"system": _SYSTEMS[kind], "value": value} for kind, value in person.numbers],
        "name": names,
        "gender": person.sex,
        "birthDate": person.birth,
        "address": addresses,
        "communication": [
            {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": _LANGUAGE[person.culture]}]}}
        ],
    }
    if person.phone:
        resource["telecom"] = [{"system": "phone", "value": person.phone, "use": "mobile"}]
    if person.death:
        resource["deceasedDateTime"] = person.death
    if person.twin_of >= 0:
        resource["multipleBirthInteger"] = 2
    return orjson.dumps(resource)


def household(person: Person, other: Person) -> bytes:
    """Return the RelatedPerson that joins a member of a household to its first person."""
    return orjson.dumps(
        {
            "resourceType": "RelatedPerson",
            "id": f"h{person.id}",
            "patient": {"reference": f"Patient/p{person.id}"},
            "relationship": [
                {
                    "coding": [
                        {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "FAMMEMB"}
                    ]
                }
            ],
            "name": [{"family": other.family, "given": other.given.split("-")}],
        }
    )


def identity(record: Record) -> bytes:
    """Return a record as the Patient that its hospital sends to the index."""
    copy = int(record.id.rpartition("-")[2])
    identifiers: list[Json] = [{"system": f"{SOURCE_SYSTEM}:{HOSPITALS[copy % 3]}", "value": record.id}]
    if record.number:
        identifiers.append({"system": _SYSTEMS[record.kind], "value": record.number})
    resource: Json = {
        "resourceType": "Patient",
        "id": f"r{record.id}",
        "identifier": identifiers,
        "name": [{"family": record.family, "given": record.given.split("-")}],
        "gender": record.sex,
        "address": [
            {"line": [f"{record.street} {record.house}"], "city": record.city, "postalCode": record.postcode}
        ],
    }
    if _is_day(record.birth):
        resource["birthDate"] = record.birth
    if record.phone:
        resource["telecom"] = [{"system": "phone", "value": record.phone}]
    return orjson.dumps(resource)


def _is_day(text: str) -> bool:
    return "01" <= text[5:7] <= "12" and "01" <= text[8:] <= "28"
