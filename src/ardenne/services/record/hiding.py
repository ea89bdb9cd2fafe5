"""Hiding a document: one level for the document and for everything that was made of it.

A document that is hidden while its values stay visible would not be hidden. What two documents told of is
hidden with the first and shown with the last change: the patient's newest choice holds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from ardenne.kernel.policy import store as policy
from ardenne.kernel.rest import conditional, keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change, hashing
from ardenne.kernel.store.change import Change
from ardenne.kernel.store.database import Connection
from ardenne.services.record import documents
from ardenne.standards.fhir.json import parse, parse_exact
from ardenne.standards.fhir.labels import Level, label, with_level
from ardenne.standards.recognition import Recognised

Json = dict[str, Any]
_FOLLOWS = ("Patient/", "Binary/")
"""What is not relabelled: the person, and contents, which follow their document (Binary.securityContext)."""


class Affected(NamedTuple):
    """Somebody with access to the record, and up to which level of documents."""

    reference: str
    level: Level


async def set_level(service: FhirService, patient_id: str, document: Json, level: Level) -> int:
    """Give a document of a patient, and what was made of it, a level; return how many resources changed.

    All change or none. Raises AccessRefused, RestError.
    """

    async def attempt() -> int:
        async with service.database.transaction() as connection:
            changes = []
            for reference in await _belonging(service, connection, document):
                one = await _relabelled(service, connection, patient_id, reference, level)
                if one is not None:
                    changes.append(one)
            done = await service.resources.write_in(connection, changes)
        return sum(one.status.done for one in done)

    return await conditional.retried(attempt)


async def _belonging(service: FhirService, connection: Connection, document: Json) -> list[str]:
    found = [f"DocumentReference/{document['id']}"]
    # locked before the facts are looked for, which may just be being read out of its content
    await service.resources.read_in(connection, "DocumentReference", document["id"])
    for filing in documents.filings(document):
        stored = await service.resources.read_in(connection, "Provenance", filing)
        if stored is None or stored.body is None:
            continue
        found.append(f"Provenance/{filing}")
        found += [str(target.get("reference", "")) for target in parse(stored.body).get("target", [])]
    return [one for one in dict.fromkeys(found) if not one.startswith(_FOLLOWS)]


async def _relabelled(
    service: FhirService, connection: Connection, patient_id: str, reference: str, level: Level
) -> Change | None:
    """Return the change of one resource of the patient; None when nothing changes."""
    kind, _, resource_id = reference.partition("/")
    stored = await service.resources.read_in(connection, kind, resource_id)
    if stored is None or stored.body is None:
        return None
    if stored.facts.patient != hashing.self_hash("Patient", patient_id):
        return None
    resource = parse_exact(stored.body)
    if label(resource).level is level and stored.facts.level == level:
        return None
    return keeping.update(with_level(resource, level), stored.version)._replace(labelling=True)


def at_least(found: Recognised, level: Level) -> Recognised:
    """Return a recognised content whose facts have at least a level."""
    if level is Level.NORMAL:
        return found
    resource = found.resource
    if found.kind == "fhir-document" and resource is not None:
        entries = [
            {**entry, "resource": raised(entry["resource"], level)} if "resource" in entry else entry
            for entry in resource.get("entry", [])
        ]
        resource = {**resource, "entry": entries}
    facts = tuple(raised(one, level) for one in found.resources)
    return msgspec.structs.replace(found, resource=resource, resources=facts)


def raised(resource: Json, level: Level) -> Json:
    """Return a resource with at least a level."""
    return with_level(resource, level) if label(resource).level < level else resource


async def affected(service: FhirService, patient_id: str) -> list[Affected]:
    """Return who has access to the record now, each once, with the highest level that is open to them."""
    patient = hashing.self_hash("Patient", patient_id)
    found: dict[str, Level] = {}
    for grant in await policy.grants_of(service.database, patient, change.now()):
        found[grant.reference] = max(found.get(grant.reference, Level.NORMAL), Level(grant.level))
    return [Affected(reference, level) for reference, level in found.items()]
