"""Protection: a person is shown under an alias to everybody but the identity officers.

The Patient itself carries the alias, so that every face, search, list and export shows it without knowing of it; what
sources say stays with their identities, and feeds still find the person by it. Questions by the real name or the
national number find nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import expunging
from ardenne.kernel.store.database import Connection, Database
from ardenne.services.mpi import golden, store, store_aliases
from ardenne.services.mpi import store_events as events
from ardenne.services.mpi.contract import Hidden
from ardenne.services.mpi.matching import Match, Matcher, keys_of
from ardenne.services.mpi.merging import CannotMerge, Officer
from ardenne.services.mpi.rules.decision import NEW
from ardenne.services.mpi.rules.reading import national_numbers, traits_of
from ardenne.services.mpi.rules.traits import Traits

Json = dict[str, Any]
ALIAS = golden.ALIAS
_OFFICES = frozenset({"identity"})
"""The offices that see who somebody under protection is."""
_MOST_VERSIONS = 10_000


def sees_through(service: FhirService) -> bool:
    """Tell whether a caller may learn who stands behind an alias."""
    return service.caller.kind is Kind.OFFICER and service.caller.profession in _OFFICES


async def protect(
    service: FhirService, connection: Connection, person: str, alias: Json, officer: Officer
) -> list[str]:
    """Show a person under an alias from now on; return the Patients whose older versions are to be forgotten.

    Raises CannotMerge when the alias has no name.
    """
    if not alias.get("name"):
        raise CannotMerge("alias", "an alias needs a name")
    person = await store.survivor(connection, person)
    members = await store.group(connection, person)
    shown = {"resourceType": "Patient", **alias}
    await store_aliases.put(connection, person, shown, officer.name, officer.reason)
    traits, said = traits_of(shown), (officer.name, datetime.now(UTC))
    known = await store.identity(connection, ALIAS, person)
    if known is None:
        await store.add(connection, (ALIAS, person), person, "alias", said, keys_of(traits), traits, shown)
    else:
        await store.update(connection, known, "alias", said, keys_of(traits), traits, shown)
    await _told(service, connection, person, "protected", officer)
    return members


async def unprotect(service: FhirService, connection: Connection, person: str, officer: Officer) -> None:
    """Show a person as sources tell of it again. Raises CannotMerge when it is under no protection."""
    person = await store.survivor(connection, person)
    members = await store.group(connection, person)
    if not await store_aliases.drop(connection, members):
        raise CannotMerge("undone", "this was taken back already")
    for one in await store.of_persons(connection, members):
        if one.system == ALIAS:
            await store.retire(connection, one)
    await _told(service, connection, person, "unprotected", officer)


async def _told(
    service: FhirService, connection: Connection, person: str, kind: str, officer: Officer
) -> None:
    await golden.renew(service, connection, person)
    await events.add(connection, kind, person, officer.name, reason=officer.reason)
    await service.note(connection, person, Action.UPDATE, "identity", kind)


async def forget_versions(service: FhirService, persons: Sequence[str]) -> None:
    """Remove the older versions of Patients, which tell who stands behind the alias. To be called after the commit."""
    for person in persons:
        await expunging.expunge(service.database, "Patient", person, True, False, _MOST_VERSIONS)


async def hidden(database: Database, person: str) -> Hidden | None:
    """Return what is hidden of a person under protection: what its sources say and the alias does not; None: no protection."""
    alias = await store_aliases.of_person(database, person)
    if alias is None:
        return None
    members = await store.group(database, person)
    said = [one.content for one in await store.of_persons(database, members) if one.system != ALIAS]
    shown = _words_of_names(alias.patient)
    return Hidden(
        alias.patient,
        frozenset(word for one in said for word in _words_of_names(one) - shown),
        frozenset(value for one in said for _kind, value in national_numbers(one)) | _telecoms(said, "phone"),
        frozenset(str(one["birthDate"]) for one in said if one.get("birthDate")),
        frozenset(line for one in said for place in one.get("address", []) for line in place.get("line", []))
        | _telecoms(said, "email"),
    )


def _words_of_names(patient: Json) -> set[str]:
    texts = [
        text
        for name in patient.get("name", [])
        for text in (*name.get("given", []), name.get("family", ""), name.get("text", ""))
    ]
    return {word for text in texts for word in re.split(r"[\s\-]+", text) if len(word) > 1}


def _telecoms(said: Sequence[Json], system: str) -> frozenset[str]:
    return frozenset(
        str(one["value"])
        for patient in said
        for one in patient.get("telecom", [])
        if one.get("system") == system and one.get("value")
    )


async def disclosed(
    service: FhirService, matcher: Matcher, traits: Sequence[Traits], matches: Sequence[Match]
) -> list[Match]:
    """Return the matches that a caller may learn of: persons under protection only by their alias."""
    if sees_through(service):
        return list(matches)
    aliases = await store_aliases.protected(service.database, [match.person for match in matches])
    scorer, shown = await matcher.scorer(service.database), list[Match]()
    for match in matches:
        if match.person in aliases:
            decision = matcher.between(scorer, traits, traits_of(aliases[match.person]))
            if decision.outcome != NEW:
                shown.append(match._replace(decision=decision))
        else:
            shown.append(match)
    return sorted(shown, key=lambda one: -one.weight) if aliases else shown
