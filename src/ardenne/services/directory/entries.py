"""An entry of the directory as people read it, out of PractitionerRole and what it refers to (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ardenne.standards.professions import SYSTEM, professions

Json = dict[str, Any]
ACCEPTS = "https://ardenne.health/fhir/StructureDefinition/accepts-new-patients"
"""Extension of PractitionerRole (boolean): whether new patients are taken; R4 has no element for it."""


class Place(NamedTuple):
    """Where somebody works; ``position`` is (latitude, longitude) in degrees, WGS 84."""

    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    position: tuple[float, float] | None = None


class Entry(NamedTuple):
    """One role of a professional."""

    id: str
    name: str
    codes: tuple[str, ...]
    """``country.code`` of professions and specialities."""
    titles: tuple[str, ...]
    house: str
    place: Place
    languages: tuple[str, ...]
    accepts: bool | None
    telecom: tuple[tuple[str, str], ...]
    """(phone, email or url; value) of the place of work, never of the person."""

    def what(self, language: str) -> list[str]:
        """Return profession and speciality in a language, the most special last."""
        shown = []
        for code in self.codes:
            country, _, name = code.partition(".")
            try:
                shown.append(professions(country)[name].name(language))
            except KeyError:
                continue
        return shown or list(self.titles)


def entries(resources: Iterable[Json]) -> list[Entry]:
    """Return the entries among resources of a search with its includes, by name."""
    by_reference = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    roles = [one for one in by_reference.values() if one["resourceType"] == "PractitionerRole"]
    return sorted(
        (_entry(role, by_reference) for role in roles), key=lambda one: (one.name.casefold(), one.id)
    )


def _entry(role: Json, known: Mapping[str, Json]) -> Entry:
    person = known.get(_reference(role.get("practitioner")), {})
    house = known.get(_reference(role.get("organization")), {})
    location = next((known[ref] for ref in map(_reference, role.get("location", [])) if ref in known), {})
    concepts = [*role.get("code", []), *role.get("specialty", [])]
    codings = [coding for concept in concepts for coding in concept.get("coding", [])]
    return Entry(
        role["id"],
        _name(person) or str(role.get("practitioner", {}).get("display", "")),
        tuple(
            dict.fromkeys(one["code"] for one in codings if one.get("system") == SYSTEM and one.get("code"))
        ),
        tuple(dict.fromkeys(title for title in map(_title, concepts) if title)),
        str(house.get("name") or role.get("organization", {}).get("display", "")),
        _place(location, house),
        tuple(code[:2] for concept in person.get("communication", []) for code in _codes(concept)),
        next(
            (one.get("valueBoolean") for one in role.get("extension", []) if one.get("url") == ACCEPTS), None
        ),
        tuple(
            (one["system"], one["value"])
            for one in [*role.get("telecom", []), *location.get("telecom", [])]
            if one.get("system") in ("phone", "email", "url")
            and one.get("value")
            and one.get("use") != "home"
        ),
    )


def _reference(value: Json | None) -> str:
    return str((value or {}).get("reference", ""))


def _codes(concept: Json) -> list[str]:
    return [str(coding["code"]) for coding in concept.get("coding", []) if coding.get("code")]


def _title(concept: Json) -> str:
    shown = next((coding.get("display") or coding.get("code") for coding in concept.get("coding", [])), "")
    return str(concept.get("text") or shown or "")


def _name(person: Json) -> str:
    name: Json = next(iter(person.get("name", [])), {})
    parts = [name.get("family", ""), *name.get("given", [])]
    shown = " ".join(part for part in parts if part)
    prefix = " ".join(name.get("prefix", []))
    return f"{shown} ({prefix})" if prefix and shown else shown or str(name.get("text", ""))


def _place(location: Json, house: Json) -> Place:
    address: Json = location.get("address") or next(iter(house.get("address", [])), {})
    position: Json = location.get("position", {})
    found = (
        (position["latitude"], position["longitude"]) if {"latitude", "longitude"} <= set(position) else None
    )
    return Place(
        ", ".join(address.get("line", [])), address.get("postalCode", ""), address.get("city", ""),
        address.get("country", ""), found,
    )  # fmt: skip
