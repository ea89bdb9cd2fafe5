"""What makes a pair of records hard: kinds of traps, by how the two records compare. Pure."""

from __future__ import annotations

from ardenne.services.mpi.rules.comparison import (
    ALIKE,
    BIRTH_PART,
    BIRTH_SAME,
    BIRTH_SLIP,
    BIRTH_SWAPPED,
    DIFFERENT,
    MISSING,
    PART,
    SAME,
    SLIP,
    SWAPPED,
    compare,
)
from ardenne.services.mpi.rules.traits import Traits

_SAME_NUMBER, _MISTYPED_NUMBER = 2, 1
_SAME_STREET = 3


def of_one_person(one: Traits, other: Traits) -> list[str]:
    """Return what differs between two records of one person; ``nothing`` when they are equal."""
    found = compare(one, other)
    told = []
    if SWAPPED in (found.given, found.family):
        told.append("swapped names")
    if ALIKE in (found.given, found.family):
        told.append("spelled by sound, transliteration")
    if SLIP in (found.given, found.family):
        told.append("mistyped name")
    if PART in (found.given, found.family):
        told.append("part of a name missing")
    if found.family == DIFFERENT:
        told.append("other family name, marriage")
    if found.given == DIFFERENT:
        told.append("other given name")
    if found.birth == BIRTH_SWAPPED:
        told.append("day and month swapped")
    elif found.birth in (BIRTH_PART, BIRTH_SLIP):
        told.append("mistyped birth date")
    elif found.birth not in (BIRTH_SAME, MISSING):
        told.append("other birth date")
    if found.number == MISSING:
        told.append("number missing")
    elif found.number < _SAME_NUMBER:
        told.append("mistyped number" if found.number == _MISTYPED_NUMBER else "other number")
    if found.place not in (MISSING, _SAME_STREET) or found.street not in (MISSING, _SAME_STREET):
        told.append("other address, moved")
    return told or ["nothing differs"]


def of_two_persons(one: Traits, other: Traits) -> list[str]:
    """Return what two persons have in common that makes them look like one; empty: nothing much."""
    found = compare(one, other)
    told = []
    if found.number == _SAME_NUMBER:
        told.append("shared number")
    if found.birth == BIRTH_SAME and found.family >= PART and found.given != SAME:
        told.append("twins")
    if found.family >= PART and found.street == _SAME_STREET and found.birth != BIRTH_SAME:
        told.append("household")
    if found.given >= PART and found.family >= PART:
        told.append("namesakes")
    return told
