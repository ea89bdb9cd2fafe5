"""Professionals, hospitals, laboratories and pharmacies of each commune, as many as its inhabitants need."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import orjson

from ardenne.apps.population import lists
from ardenne.standards.identifiers import checks

Json = dict[str, Any]
_PER_DOCTOR, _PER_PHARMACY, _PER_LABORATORY, _PER_HOSPITAL = 900, 4500, 25_000, 70_000
_SPECIALITIES = (
    ("394814009", "General practice"), ("394814009", "General practice"), ("394579002", "Cardiology"),
    ("394537008", "Paediatrics"), ("394585009", "Obstetrics and gynaecology"), ("394609007", "General surgery"),
    ("394594003", "Ophthalmology"), ("394587001", "Psychiatry"),
)  # fmt: skip
_CNS, _NIHDI = "urn:oid:1.3.182.4.6", "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/nihdi"


def providers(seed: int, persons: int) -> Iterator[tuple[str, bytes]]:
    """Yield type and JSON of each resource, for a population of so many persons."""
    total = sum(place.thousands for place in lists.places())
    for number, place in enumerate(lists.places()):
        if place.country not in ("LU", "BE"):
            continue
        chance = random.Random(seed * 15_485_863 + number)  # noqa: S311 - invented, no secret
        people = persons * place.thousands / total
        for kind, per, name in (
            ("hospital", _PER_HOSPITAL, "Hôpital"), ("laboratory", _PER_LABORATORY, "Laboratoire"),
            ("pharmacy", _PER_PHARMACY, "Pharmacie"),
        ):  # fmt: skip
            for rank in range(round(people / per + 0.2)):
                yield from _organization(
                    f"{kind}-{number}-{rank}", kind, f"{name} {place.name} {rank + 1}", place
                )
        for rank in range(max(1, round(people / _PER_DOCTOR))):
            yield from _doctor(chance, f"{number}-{rank}", number * 1000 + rank, place)


def _organization(key: str, kind: str, name: str, place: lists.Place) -> Iterator[tuple[str, bytes]]:
    address = {"city": place.name, "postalCode": place.postcode, "country": place.country}
    yield "Organization", _json(
        {"resourceType": "Organization", "id": key, "active": True, "name": name, "address": [address],
         "type": [{"text": kind}]}
    )  # fmt: skip
    yield "Location", _json(
        {"resourceType": "Location", "id": f"l-{key}", "status": "active", "name": name, "address": address,
         "managingOrganization": {"reference": f"Organization/{key}"}}
    )  # fmt: skip


def _doctor(chance: random.Random, key: str, number: int, place: lists.Place) -> Iterator[tuple[str, bytes]]:
    codes, bounds = lists.culture_bounds(place.country)
    culture = lists.cultures()[codes[lists.drawn(bounds, chance.random() * 0.7)]]
    female = chance.random() < 0.5
    given = (culture.female if female else culture.male)[int(chance.random() * 25)]
    family = culture.family[int(chance.random() * len(culture.family))]
    base = f"{100000 + number % 900000:06d}"
    value = f"{base}{checks.complement_97(base):02d}" + ("" if place.country == "LU" else "004")
    code, text = _SPECIALITIES[int(chance.random() * len(_SPECIALITIES))]
    yield "Practitioner", _json(
        {"resourceType": "Practitioner", "id": f"d-{key}", "active": True,
         "identifier": [{"system": _CNS if place.country == "LU" else _NIHDI, "value": value}],
         "name": [{"family": family, "given": [given], "prefix": ["Dr"]}],
         "gender": "female" if female else "male"}
    )  # fmt: skip
    yield "PractitionerRole", _json(
        {"resourceType": "PractitionerRole", "id": f"d-{key}", "active": True,
         "practitioner": {"reference": f"Practitioner/d-{key}"},
         "code": [{"coding": [{"system": "http://snomed.info/sct", "code": "158965000"}], "text": "doctor"}],
         "specialty": [{"coding": [{"system": "http://snomed.info/sct", "code": code, "display": text}]}]}
    )  # fmt: skip


def _json(resource: Json) -> bytes:
    return orjson.dumps(resource)
