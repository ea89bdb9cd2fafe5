"""Writing the golden record: the Patient that stands for a person, from what all sources say."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest import keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi import store
from ardenne.services.mpi.rules.survivorship import GOVERNED, Said, applied, golden
from ardenne.standards.fhir.json import parse_exact

Json = dict[str, Any]
NODE = "urn:ardenne:patient"
"""System of the identity of a Patient that was written here and not fed by a source; the value is its id."""
_SILENT = frozenset({"retired", "alias", "doubtful"})
"""States of identities that the golden record does not believe."""


async def read(service: FhirService, connection: Connection, person: str) -> Json | None:
    """Return the Patient of a person as it stands, locked; None when it is not there."""
    stored = await service.resources.read_in(connection, "Patient", person)
    return parse_exact(stored.body) if stored is not None and stored.body is not None else None


async def renew(service: FhirService, connection: Connection, person: str) -> None:
    """Write the Patient that stands for a person anew, from the identities of all that are one person with it."""
    base = await read(service, connection, person)
    if base is None:
        return
    said = [
        Said(one.system, one.sent, one.content)
        for one in await store.of_persons(connection, await store.group(connection, person))
        if one.status not in _SILENT and any(one.content.get(name) for name in GOVERNED)
    ]
    if said:
        await write(service, connection, applied(base, golden(said)))


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
