"""Giving resources of a record to another person, when two persons were taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ardenne.kernel.rest import keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import contents, hashing
from ardenne.kernel.store.change import Change
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.resources import Stored
from ardenne.services.mpi import store_resources
from ardenne.standards.fhir.json import parse, parse_exact

Json = dict[str, Any]


async def reassign(
    service: FhirService, connection: Connection, references: Sequence[str], person: str, other: str
) -> list[str]:
    """Let resources (``Type/id``) of a person's record speak of another person; return those that do now.

    What belongs to them goes along: the contents of documents and the notes about their origin. Resources of
    other records are left alone.
    """
    wanted = await _with_belongings(service, connection, references, person)
    changes: list[Change] = []
    for reference in wanted:
        kind, _, name = reference.partition("/")
        stored = await service.resources.read_in(connection, kind, name)
        if stored is None or stored.body is None:
            continue
        if kind == "Binary":
            moved = await _moved(service, connection, stored, person, other)
            changes += [moved] if moved is not None else []
            continue
        if stored.facts.patient != hashing.self_hash("Patient", person):
            continue
        resource = _speaking_of(parse_exact(stored.body), f"Patient/{person}", f"Patient/{other}")
        changes.append(keeping.update(resource, stored.version))
    for done in await service.resources.write_in(connection, changes):
        assert done.status.done, done.status
    for one in changes:
        if one.content is not None:
            record = contents.record_of(person)
            await service.blobs.release(connection, one.content.digest.hex(), one.self_hash, record)
    return [f"{one.resource_type}/{one.resource_id}" for one in changes]


async def _moved(
    service: FhirService, connection: Connection, stored: Stored, person: str, other: str
) -> Change | None:
    """Return the change that puts a content of a person's record under the key of another person's.

    None for a content that does not lie in the record of the person.
    """
    assert stored.body is not None
    binary = parse_exact(stored.body)
    named = contents.named(binary)
    if named is None or named.record != contents.record_of(person):
        return None
    data = await service.blobs.get(named.digest.hex(), named.record, connection)
    moved = {**binary, "_data": contents.naming(named.digest.hex(), other)}
    return keeping.update(_speaking_of(moved, f"Patient/{person}", f"Patient/{other}"), stored.version, data)


async def _with_belongings(
    service: FhirService, connection: Connection, references: Sequence[str], person: str
) -> list[str]:
    found = dict.fromkeys(references)
    for reference in references:
        kind, _, name = reference.partition("/")
        if kind != "DocumentReference":
            continue
        stored = await service.resources.read_in(connection, kind, name)
        if stored is None or stored.body is None:
            continue
        for content in parse(stored.body).get("content", []):
            url = str(content.get("attachment", {}).get("url", ""))
            if url.startswith("Binary/"):
                found[url] = None
    targets = [hashing.reference(reference) for reference in found]
    for reference in await store_resources.provenances(
        connection, hashing.self_hash("Patient", person), targets
    ):
        found[reference] = None
    return list(found)


def _speaking_of(value: Any, before: str, after: str) -> Any:
    """Return a JSON value in which every reference to one person leads to another."""
    if isinstance(value, dict):
        return {
            name: after if name == "reference" and part == before else _speaking_of(part, before, after)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_speaking_of(part, before, after) for part in value]
    return value
