"""From one number of a person to the others: what PIX queries ask, in FHIR, HL7 v2 and HL7 v3 alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi import golden, store, store_aliases
from ardenne.services.mpi.rules.blocking import ENOUGH, key_of_number
from ardenne.services.mpi.rules.reading import is_national, traits_of
from ardenne.standards.identifiers import parse

Json = dict[str, Any]
Number = tuple[str, str]
_MOST = 20
_OWN = (golden.NODE, golden.ALIAS, "urn:ardenne:sender:")


async def is_domain(asked: Database | Connection, system: str) -> bool:
    """Tell whether numbers of an authority are known here."""
    return is_national(system) or (not system.startswith(_OWN) and await store.knows_system(asked, system))


async def person(asked: Database | Connection, system: str, value: str) -> str:
    """Return the person whom a number names; empty when nobody, or more than one."""
    if not is_national(system):
        found = await store.identities(asked, [(system, value)])
        return await store.survivor(asked, found[0].person) if found else ""
    number = next(iter(traits_of({"identifier": [{"system": system, "value": value}]})[0].numbers))
    persons = {
        one.person
        for one in await store.candidates(asked, {key_of_number(number[1]): ENOUGH}, ENOUGH)
        if any(number[1] == held[1] for traits in one.traits for held in traits.numbers)
    }
    # who asks by the national number of somebody under protection finds nobody
    if len(persons) != 1 or await store_aliases.protected(asked, list(persons)):
        return ""
    return persons.pop()


async def numbered(asked: Database | Connection, own: str, system: str, value: str) -> str:
    """Return the person of a number; ``own`` is the system of the node's Patient ids. Empty: nobody."""
    return await store.survivor(asked, value) if system == own else await person(asked, system, value)


async def of_any_source(asked: Database | Connection, value: str) -> list[str]:
    """Return the persons whom some source knows under a number, or who have it as national number. For identity officers.

    Persons under protection are among them.
    """
    bare = parse(value).value
    found = [one.person for one in await store.by_value(asked, value, _MOST)]
    for key in dict.fromkeys(key_of_number(one) for one in (bare, value)):
        found += [
            one.person
            for one in await store.candidates(asked, {key: ENOUGH}, ENOUGH)
            if any(held[1] in (bare, value) for traits in one.traits for held in traits.numbers)
        ]
    return list(dict.fromkeys([await store.survivor(asked, one) for one in found]))[:_MOST]


async def numbers(
    asked: Database | Connection,
    person_id: str,
    patient: Json,
    source: Number | None = None,
    wanted: Sequence[str] = (),
) -> list[Number]:
    """Return the numbers of a person, of the wanted systems (none: of all), never the one that was asked about."""
    members = await store.group(asked, person_id)
    known = [
        (one.system, one.value)
        for one in await store.of_persons(asked, members)
        if one.status != "retired" and not one.system.startswith(_OWN)
    ]
    known += [
        (str(one["system"]), str(one["value"]))
        for one in patient.get("identifier", [])
        if one.get("system") and one.get("value")
    ]
    return [one for one in dict.fromkeys(known) if one != source and (not wanted or one[0] in wanted)]
