"""The directory of the demonstration: places on the map, languages, professions in the registers' codes."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any

import msgspec

from ardenne.apps.demo import facts
from ardenne.services.directory.entries import ACCEPTS
from ardenne.standards.professions import SYSTEM, professions

Json = dict[str, Any]


class _Person(msgspec.Struct, frozen=True):
    profession: str
    languages: tuple[str, ...]
    accepts: bool | None = None


class _Directory(msgspec.Struct, frozen=True):
    towns: dict[str, tuple[float, float]]
    persons: dict[str, _Person]


@functools.cache
def _data() -> _Directory:
    text = (resources.files(__package__) / "data" / "directory.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Directory)


def location(house: str, name: str, city: str, country: str) -> Json:
    """Return the Location of an organisation."""
    latitude, longitude = _data().towns[city]
    return {
        "resourceType": "Location", "id": facts.identity("location", name), "status": "active", "name": name,
        "address": {"city": city, "country": country}, "position": {"latitude": latitude, "longitude": longitude},
        "managingOrganization": {"reference": f"Organization/{house}"},
    }  # fmt: skip


def described(key: str, person: Json, role: Json, place: str) -> None:
    """Add to a Practitioner and a PractitionerRole what the directory says of a professional."""
    role["location"] = [{"reference": f"Location/{place}"}]
    known = _data().persons.get(key)
    if known is None:
        return
    person["communication"] = [
        {"coding": [{"system": "urn:ietf:bcp:47", "code": one}]} for one in known.languages
    ]
    country, _, code = known.profession.partition(".")
    chosen = professions(country)[code]
    base = professions(country)[chosen.of] if chosen.of else chosen
    role["code"] += [_concept(country, base.code, base.names["fr"])]
    if chosen.of:
        role["specialty"] = [_concept(country, code, chosen.names["fr"])]
    if known.accepts is not None:
        role["extension"] = [{"url": ACCEPTS, "valueBoolean": known.accepts}]


def _concept(country: str, code: str, title: str) -> Json:
    return {"coding": [{"system": SYSTEM, "code": f"{country}.{code}", "display": title}], "text": title}
