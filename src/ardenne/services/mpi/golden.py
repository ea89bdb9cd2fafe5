"""Writing the golden record: the Patient that stands for a person, from what all sources say."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest import keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import store, store_aliases
from ardenne.services.mpi.rules.reading import is_national
from ardenne.services.mpi.rules.survivorship import GOVERNED, Said, applied, golden
from ardenne.standards.fhir.json import parse_exact

Json = dict[str, Any]
NODE = "urn:ardenne:patient"
"""System of the identity of a Patient that was written here and not fed by a source; the value is its id."""
ALIAS = "urn:ardenne:alias"
"""System of the identity under which a protected person is known to everybody else; the value is the Patient id."""
_SILENT = frozenset({"retired", "alias", "doubtful"})
"""States of identities that the golden record does not believe."""


async def read(service: FhirService, connection: Connection, person: str) -> Json | None:
    """Return the Patient of a person as it stands, locked; None when it is not there."""
    stored = await service.resources.read_in(connection, "Patient", person)
    return parse_exact(stored.body) if stored is not None and stored.body is not None else None


async def renew(service: FhirService, connection: Connection, person: str) -> None:
    """Write the Patient that stands for a person anew, from the identities of all that are one person with it.

    A person under protection shows its alias instead, also in the Patients that were merged into it.
    """
    base = await read(service, connection, person)
    if base is None:
        return
    members = await store.group(connection, person)
    said = [
        Said(one.system, one.sent, one.content)
        for one in await store.of_persons(connection, members)
        if one.status not in _SILENT and any(one.content.get(name) for name in GOVERNED)
    ]
    found = applied(base, golden(said)) if said else base
    alias = await store_aliases.of(connection, members)
    if alias is not None:
        for member in members:
            own = found if member == person else await read(service, connection, member)
            if own is not None:
                await write(service, connection, under_alias(own, alias.patient))
    elif said:
        await write(service, connection, found)


_KEPT = ("resourceType", "id", "meta", "active", "link")


def under_alias(patient: Json, alias: Json) -> Json:
    """Return a Patient as everybody else may see it: the alias, and numbers of sources, which name nobody. Pure."""
    numbers = [one for one in patient.get("identifier", []) if not is_national(str(one.get("system", "")))]
    shown = {name: patient[name] for name in _KEPT if name in patient} | {
        name: value for name, value in alias.items() if name not in _KEPT
    }
    return shown | ({"identifier": numbers} if numbers else {})


async def write(service: FhirService, connection: Connection, patient: Json) -> None:
    """Write a Patient with its id; the index knows of it already."""
    await store.knows(connection)
    (done,) = await service.resources.write_in(connection, [keeping.put(patient)])
    assert done.status.done, done.status


def without_id(patient: Json) -> Json:
    """Return what a source said of a person: without what the store adds."""
    kept = {name: value for name, value in patient.items() if name not in ("id", "link", "active")}
    meta = {
        name: value
        for name, value in kept.pop("meta", {}).items()
        if name not in ("versionId", "lastUpdated")
    }
    return {**kept, "meta": meta} if meta else kept
