"""Removing: metadata (ITI-62) and documents (ITI-86). What others still point to is kept (ITI TF-2 3.62.4.1.3)."""

from __future__ import annotations

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.rest import conditional, keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change, contents
from ardenne.kernel.store.database import Connection
from ardenne.services.record import extracting
from ardenne.services.record.exchange.objects import Held, Objects, Place, bare
from ardenne.services.record.exchange.retrieving import Wanted, binary_of
from ardenne.standards.fhir.json import dump, parse
from ardenne.standards.xds import from_fhir, names
from ardenne.standards.xds.errors import Code, Refused, RegistryError, refuse
from ardenne.standards.xds.values import Association


async def delete_metadata(service: FhirService, place: Place, entries: list[str]) -> None:
    """Remove objects and associations, all or none. Raises Refused."""
    if not entries:
        raise refuse(Code.METADATA, "name the objects to remove as ObjectRef")
    objects = Objects(bare(service), place)
    asked = {entry.lower() for entry in entries}
    found = {entry: await objects.by_entry(entry) for entry in asked}
    held = [one for one in found.values() if one is not None]
    links = {entry for entry, one in found.items() if one is None}
    errors = []
    around: dict[str, Held] = {one.reference: one for one in held}
    for one in held:
        for other in await _neighbours(objects, one):
            around.setdefault(other.reference, other)
    known_links = {link.id for one in around.values() for link in _links(one)}
    for entry in sorted(links - known_links):
        errors.append(RegistryError(Code.UNRESOLVED, "there is no such object here", entry))
    for one in around.values():
        for link in _links(one):
            gone = {link.source, link.target} & asked
            if gone and link.id not in asked:
                text = f"the association {link.id} still names it: remove that too"
                errors.append(RegistryError(Code.REFERENCES_REMAIN, text, gone.pop()))
    if errors:
        raise Refused(errors)
    removed = {one.reference for one in held}
    changes = [_delete(one.reference) for one in held]
    for reference, one in around.items():
        if reference not in removed and any(link.id in asked for link in _links(one)):
            changes.append(_without(one, asked))
    async with conditional.locked(service, sorted(f"exchange:{one.patient}" for one in held)) as connection:
        await _withdraw(service, connection, held)
        await service.resources.write_in(connection, changes)


async def remove_documents(service: FhirService, place: Place, asked: list[Wanted]) -> list[RegistryError]:
    """Remove documents from the repository; their metadata must be removed first (ITI-86). Returns errors."""
    objects = Objects(service, place)
    errors = []
    for one in asked:
        if one.repository != place.repository:
            text = f"this repository is {place.repository}"
            errors.append(RegistryError(Code.UNKNOWN_REPOSITORY, text, one.unique_id))
            continue
        documents = [held for held in await objects.by_unique_id(one.unique_id) if binary_of(held)]
        if not documents:
            text = f"there is no document {one.unique_id[:130]} that you may remove"
            errors.append(RegistryError(Code.DOCUMENT_ID, text, one.unique_id))
            continue
        async with conditional.locked(service, [f"exchange:{documents[0].patient}"]) as connection:
            await _remove(service, connection, objects.place, documents)
    await service.blobs.discard()
    return errors


async def _remove(service: FhirService, connection: Connection, place: Place, documents: list[Held]) -> None:
    """Take the contents away from documents; a content that no other document has is removed for good."""
    # others are counted whether the caller may see them or not
    objects = Objects(bare(service), place, connection)
    own = {one.reference for one in documents}
    await _withdraw(service, connection, documents)
    for reference in sorted({binary_of(held) for held in documents}):
        sharing = await objects.search(["DocumentReference"], "location", reference)
        if any(f"DocumentReference/{one['id']}" not in own for one in sharing):
            mine = [held for held in documents if binary_of(held) == reference]
            await service.resources.write_in(connection, [_without_content(held) for held in mine])
            continue
        stored = await objects.resource(reference)
        named = contents.named(stored) if stored is not None else None
        asked = _delete(reference)
        await service.resources.write_in(connection, [asked])
        if named is not None:
            await service.blobs.release(connection, named.digest.hex(), asked.self_hash, named.record)


async def _withdraw(service: FhirService, connection: Connection, removed: list[Held]) -> None:
    """Take away what was read out of removed documents alone: it follows whoever may write facts."""
    whole = bare(service)
    for one in removed:
        if one.metadata.kind is not names.DOCUMENT:
            continue
        # locked first: it may just be being read
        await whole.resources.read_in(connection, "DocumentReference", one.resource["id"])
        changes = await extracting.withdraw(whole, connection, one.resource)
        if changes:
            await whole.resources.write_in(connection, changes)
            patient = one.patient.rpartition("/")[2]
            detail = f"{len(changes)} resources that a removed document told"
            await service.note(connection, patient, Action.DELETE, "facts-follow", detail)


def _without_content(one: Held) -> change.Change:
    """Return the change after which a document has no content any more."""
    resource = parse(dump(one.resource))
    resource["content"][0]["attachment"].pop("url")
    return keeping.update(resource)


async def _neighbours(objects: Objects, one: Held) -> list[Held]:
    found = await objects.holders([one.reference])
    if one.metadata.kind is names.DOCUMENT:
        found += await objects.dependents(one.reference)
    return found


def _delete(reference: str) -> change.Change:
    resource_type, _, resource_id = reference.partition("/")
    return change.delete(resource_type, resource_id)


def _links(one: Held) -> list[Association]:
    found = from_fhir.relations if one.metadata.kind is names.DOCUMENT else from_fhir.members
    return [link for link, _target in found(one.resource)]


def _without(one: Held, asked: set[str]) -> change.Change:
    """Return the change that takes links out of a resource."""
    resource = dict(one.resource)
    member = "relatesTo" if one.metadata.kind is names.DOCUMENT else "entry"
    kept = [part for part, link in zip(resource[member], _links(one), strict=True) if link.id not in asked]
    resource[member] = kept
    if not kept:
        del resource[member]
    return keeping.update(resource)
