"""The golden record: for each trait the value of the source that is to be believed most. Pure.

A source that is trusted more wins; among equals the newer one. What only one source says is taken from it.
Numbers and names of all sources are kept, each once. Trust stands in ``data/trust.json``.
"""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ardenne.services.mpi.rules.reading import national_numbers
from ardenne.standards import identifiers

Json = dict[str, Any]
_SINGLE = ("gender", "birthDate", "maritalStatus", "photo", "communication", "contact", "generalPractitioner")
_DEATH = ("deceasedDateTime", "deceasedBoolean")
_BIRTH_ORDER = ("multipleBirthInteger", "multipleBirthBoolean")


class Said(NamedTuple):
    """What one source says of the person, and since when."""

    system: str
    sent: datetime
    patient: Json


GOVERNED = ("identifier", "name", "telecom", "address", *_SINGLE, *_DEATH, *_BIRTH_ORDER)
"""The elements of a Patient that this decides; the others stay as they are."""


class Golden(NamedTuple):
    """The governed elements of a Patient, and for each the system and the time that it comes from."""

    patient: Json
    origin: dict[str, tuple[str, str]]


@functools.cache
def _trust() -> dict[str, int]:
    data = (importlib.resources.files("ardenne.services.mpi") / "data" / "trust.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, int])


def trust(one: Said) -> int:
    """Return how far a source is believed: by the longest beginning of its system in the table, more with a valid number."""
    table = _trust()
    best = max((name for name in table if one.system.startswith(name)), key=len, default="")
    verified = any(identifiers.parse(text, kind).valid for kind, text in national_numbers(one.patient))
    return table[best] + (table["+verified"] if verified else 0)


def golden(said: Sequence[Said]) -> Golden:
    """Return the golden record of what sources say. ``said`` must not be empty."""
    order = sorted(said, key=lambda one: (trust(one), one.sent), reverse=True)
    patient: Json = {}
    origin: dict[str, tuple[str, str]] = {}
    patient["identifier"] = _each_once(order, "identifier", ("system", "value"))
    names = _each_once(order, "name", ("family", "given", "text"))
    if names:
        # only the first is the official one; the others stay to be found
        patient["name"] = [
            names[0],
            *({**one, "use": "old"} if one.get("use") == "official" else one for one in names[1:]),
        ]
    for name in ("telecom", "address"):
        found = next((one for one in order if one.patient.get(name)), None)
        if found is not None:
            patient[name] = found.patient[name]
            origin[name] = _origin(found)
    for group in (*((name,) for name in _SINGLE), _BIRTH_ORDER):
        _first(patient, origin, order, group)
    # a death that anybody knows of is no matter of trust; a date says more than a mere yes
    _first(patient, origin, [one for one in order if one.patient.get("deceasedDateTime")] or order, _DEATH)
    for name in ("identifier", "name"):
        if patient.get(name):
            origin[name] = _origin(order[0])
        else:
            patient.pop(name, None)
    return Golden(patient, origin)


def _first(
    patient: Json, origin: dict[str, tuple[str, str]], order: Sequence[Said], names: Sequence[str]
) -> None:
    for one in order:
        for name in names:
            if one.patient.get(name) not in (None, "", [], {}):
                patient[name] = one.patient[name]
                origin[name] = _origin(one)
                return


def _origin(one: Said) -> tuple[str, str]:
    return one.system, one.sent.isoformat()


def _each_once(order: Sequence[Said], name: str, keys: Sequence[str]) -> list[Json]:
    found: dict[str, Json] = {}
    for one in order:
        for value in one.patient.get(name, []):
            found.setdefault(repr([value.get(key) for key in keys]).casefold(), value)
    return list(found.values())


def applied(base: Json, found: Golden) -> Json:
    """Return a Patient with its governed elements replaced."""
    kept = {name: value for name, value in base.items() if name not in GOVERNED}
    return {**kept, **found.patient}
