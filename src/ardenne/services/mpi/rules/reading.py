"""From a FHIR Patient to the traits that are compared. Pure.

A person with several names (birth, married, in another script) is compared under each of them. Names that
stand for none, such as "Baby" or "Inconnu", are left out (``data/placeholders.json``).
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Sequence
from typing import Any

import msgspec

from ardenne.services.mpi.rules.traits import Traits, holds, prepare
from ardenne.standards import names
from ardenne.standards.identifiers import SYSTEM

Json = dict[str, Any]
_KINDS: dict[str, list[str]] = {}
for _kind, _system in SYSTEM.items():
    _KINDS.setdefault(_system, []).append(_kind.value)
_MOST_NAMES = 3
_CACHED = 100_000
_USES = ("official", "usual", "maiden", "nickname", "anonymous", "temp", "old", "")


@functools.cache
def placeholders() -> frozenset[str]:
    """Return the words that stand for an unknown name, in plain form."""
    data = (importlib.resources.files("ardenne.services.mpi") / "data" / "placeholders.json").read_bytes()
    return frozenset(names.plain(word) for word in msgspec.json.decode(data, type=list[str]))


def traits_of(patient: Json) -> list[Traits]:
    """Return the traits of a Patient, once for each of its names; at least once."""
    address: Json = next((one for one in patient.get("address", []) if one.get("use") != "old"), {})
    line = str((address.get("line") or [""])[0])
    street, house = _street(line)
    telecom = {
        str(one.get("system", "")): str(one.get("value", "")) for one in reversed(patient.get("telecom", []))
    }
    order = patient.get("multipleBirthInteger")
    found: dict[Traits, None] = {}
    for name in _names(patient):
        given = " ".join(str(part) for part in name.get("given", []))
        one = prepare(
            given=_told(given),
            family=_told(str(name.get("family", "")) or ("" if given else str(name.get("text", "")))),
            birth=str(patient.get("birthDate", "")),
            sex=str(patient.get("gender", "")) if patient.get("gender") in ("male", "female") else "",
            numbers=national_numbers(patient),
            postcode=str(address.get("postalCode", "")),
            city=str(address.get("city", "")),
            street=street,
            house=house,
            phone=telecom.get("phone", ""),
            email=telecom.get("email", ""),
            birth_order=str(order) if order else "",
        )
        found[one] = None
    return list(found)


def _names(patient: Json) -> list[Json]:
    known = [
        one for one in patient.get("name", []) if one.get("family") or one.get("given") or one.get("text")
    ]
    known.sort(key=lambda one: _USES.index(one.get("use", "")) if one.get("use", "") in _USES else len(_USES))
    return known[:_MOST_NAMES] or [{}]


@functools.lru_cache(_CACHED)
def _told(text: str) -> str:
    """Return a name without the words that stand for none."""
    return " ".join(word for word in text.split() if names.plain(word) not in placeholders())


def _street(line: str) -> tuple[str, str]:
    """Return street and house number, which stands behind it, or before it as in "12, rue de l'Eau"."""
    first, _, rest = line.strip().partition(" ")
    if first[:1].isdigit():
        return rest, first.rstrip(",")
    before, _, last = line.strip().rpartition(" ")
    return (before, last) if last[:1].isdigit() else (line, "")


def national_numbers(patient: Json) -> tuple[tuple[str, str], ...]:
    """Return the numbers of a Patient that are national ones, as (kind, text)."""
    return tuple(
        (_kind_of(one["system"], str(one["value"])), str(one["value"]))
        for one in patient.get("identifier", [])
        if one.get("value") and one.get("system") in _KINDS
    )


def _kind_of(system: str, text: str) -> str:
    """Return which of the numberings of one authority a number belongs to: the first whose rules hold."""
    kinds = _KINDS[system]
    return next((kind for kind in kinds if holds(kind, text)), kinds[0])


def local_numbers(patient: Json) -> list[tuple[str, str]]:
    """Return the numbers of a Patient that some source gave it, as (system, value)."""
    return [
        (str(one["system"]), str(one["value"]))
        for one in patient.get("identifier", [])
        if one.get("value") and one.get("system") and one["system"] not in _KINDS
    ]


def says_anything(traits: Traits) -> bool:
    """Tell whether traits can be compared at all: a person about whom nothing is known matches nobody."""
    return bool(traits.numbers or ((traits.given or traits.family) and (traits.birth or traits.postcode)))


def is_told(traits: Sequence[Traits]) -> bool:
    """Tell whether an identity can be compared under some name."""
    return any(says_anything(one) for one in traits)


def status_of(traits: Sequence[Traits]) -> str:
    """Return how far an identity is believed: validated by a valid national number, provisional, or anonymous."""
    if not is_told(traits):
        return "anonymous"
    return (
        "validated" if any(valid for one in traits for _kind, _value, valid in one.numbers) else "provisional"
    )


def says_enough(traits: Traits) -> bool:
    """Tell whether traits name somebody: by number, or by name and whole birth date."""
    return bool(traits.numbers or ((traits.given or traits.family) and len(traits.birth) == len("19800101")))


def is_national(system: str) -> bool:
    """Tell whether an assigning authority gives national numbers."""
    return system in _KINDS
