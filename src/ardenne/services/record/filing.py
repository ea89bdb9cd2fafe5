"""Filing what arrives: recognise, find the person, store original and facts in one transaction.

Nothing is lost: what cannot be filed is kept whole in the error desk with the reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ardenne.kernel.blobs import WAITING
from ardenne.kernel.policy import store as policy_store
from ardenne.kernel.rest import conditional, keeping
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change
from ardenne.kernel.store.database import Connection
from ardenne.services.mpi.contract import Doubtful, Outcome, PersonIndex, Told
from ardenne.services.record import directory, documents, facts, hiding, lateness, loading, store
from ardenne.standards.fhir.json import dump, parse_exact
from ardenne.standards.fhir.labels import Level, label
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.recognition import Recognised, recognise
from ardenne.standards.recognition.result import Relation
from ardenne.standards.refusal import Refusal

_PACKED = {"fhir-bundle", "fhir-ndjson"}


class Filed(NamedTuple):
    """What became of one content."""

    outcome: str
    """"filed", "duplicate" or "refused"."""
    kind: str = ""
    patient_id: str = ""
    document_id: str = ""
    stored: int = 0
    issues: tuple[Issue, ...] = ()
    """Why it was refused; of a filed one what was left out."""


class _Refused(Exception):
    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(issues[0].message)
        self.issues = tuple(issues)


async def file(
    service: FhirService,
    data: bytes,
    name: str,
    sidecar: Mapping[str, Any] | None = None,
    *,
    person: str = "",
) -> Filed:
    """File one content that came under a name. Never raises for bad content: it is refused and kept.

    ``person``: the Patient into whose record a document goes; whom the document names is not asked then.
    """
    found = recognise(data, name, sidecar, zone=service.zone)
    if person and isinstance(found, Recognised):
        found = msgspec.structs.replace(found, patient=None, patient_reference=f"Patient/{person}")
    try:
        if isinstance(found, Refusal):
            raise _Refused([facts.issue(found)])
        return await _file(service, data, name, found, person)
    except (_Refused, RestError) as error:
        digest = await service.blobs.put(data, WAITING)
        await store.refuse(service.database, digest, name, error.issues)
        return Filed("refused", issues=tuple(error.issues))


async def _file(service: FhirService, data: bytes, name: str, found: Recognised, person: str = "") -> Filed:
    if found.kind == "fhir-bundle" and found.patient is not None:
        return await conditional.retried(lambda: _load_for_person(service, data, found))
    if found.kind in _PACKED:
        return await _load(service, data, found.kind)
    if found.parts:
        return await _file_parts(service, name, found)
    if found.kind == "fhir-resource" and found.resource is not None:
        return await _store_resource(service, data, found)
    return await conditional.retried(lambda: _file_document(service, data, name, found, person))


async def _file_parts(service: FhirService, name: str, found: Recognised) -> Filed:
    """File the messages of a batch one by one; each that is refused waits alone."""
    results = [await file(service, part, f"{name}#{place}") for place, part in enumerate(found.parts, 1)]
    issues = [issue for result in results for issue in result.issues]
    outcomes = {result.outcome for result in results}
    outcome = "filed" if "filed" in outcomes else "duplicate" if outcomes == {"duplicate"} else "refused"
    first = next((result for result in results if result.patient_id), results[0])
    stored = sum(result.stored for result in results)
    return Filed(outcome, found.kind, first.patient_id, first.document_id, stored, tuple(issues))


async def _load(service: FhirService, data: bytes, kind: str) -> Filed:
    """Store the resources of a Bundle or of NDJSON lines, all or none."""
    changes: list[Change] = []
    issues: list[Issue] = []
    for line in data.splitlines() if kind == "fhir-ndjson" else [data]:
        if line.strip():
            loaded = loading.load_line(line)
            changes += loaded.changes
            issues += loaded.issues
    if issues:
        raise _Refused(issues)
    return await _write(service, changes, kind)


async def _load_for_person(service: FhirService, data: bytes, found: Recognised) -> Filed:
    """Store the resources of a Bundle about one person, who may be known here under another id."""
    assert found.patient is not None
    index = service.registry.get(PersonIndex)
    async with conditional.locked(service, index.locks(found.patient)) as connection:
        try:
            person = await index.find(connection, found.patient)
        except Doubtful as error:
            raise _Refused([_doubt(error)]) from None
        changes = list(loading.bundle_changes(data, person))
        unique = list({asked.self_hash: asked for asked in changes}.values())
        done = await service.resources.write_in(connection, unique)
        patient = person or next((one.resource_id for one in unique if one.resource_type == "Patient"), "")
        if patient and not person:
            await index.adopt(connection, patient)
    stored = sum(one.status is not change.Status.UNCHANGED for one in done)
    return Filed("filed" if stored else "duplicate", found.kind, patient, "", stored)


async def _store_resource(service: FhirService, data: bytes, found: Recognised) -> Filed:
    content = data
    resource = found.resource
    assert resource is not None
    if not data.lstrip().startswith(b"{"):
        content = dump(resource)
    if not resource.get("id"):
        resource_id = documents.derived_id(hashlib.sha256(data).hexdigest(), "resource")
        content = dump({**parse_exact(content), "id": resource_id})
    return await _write(service, [loading.resource_change(content)], found.kind)


async def _write(service: FhirService, changes: list[Change], kind: str) -> Filed:
    unique = list({asked.self_hash: asked for asked in changes}.values())

    async def attempt() -> Filed:
        async with service.database.transaction() as connection:
            done = await service.resources.write_in(connection, unique)
        stored = sum(one.status is not change.Status.UNCHANGED for one in done)
        patient = next((one.change.resource_id for one in done if one.change.resource_type == "Patient"), "")
        return Filed("filed" if stored else "duplicate", kind, patient, "", stored)

    return await conditional.retried(attempt)


async def _file_document(
    service: FhirService, data: bytes, name: str, found: Recognised, record: str
) -> Filed:
    if found.former_identifiers:
        raise _Refused([_merge_issue()])
    digest = hashlib.sha256(data).hexdigest()
    # what somebody puts into one record by hand may lie in another too, which nobody learns here
    key = hashlib.sha256(f"{digest}:{record}".encode()).hexdigest() if record else digest
    document_id = documents.document_id(key)
    inner = [(file, hashlib.sha256(file.data).hexdigest()) for file in found.files]
    locks = [f"content:{key}", *_locks(service, found)]
    async with conditional.locked(service, locks) as connection:
        if await _already_filed(service, connection, key):
            return Filed("duplicate", found.kind, document_id=document_id)
        person = await _person(service, connection, found)
        await _check_open(connection, person.patient_id)
        changes: list[Change] = []
        older = await _older(service, connection, found)
        level = _level_of(older)
        found = hiding.at_least(found, level)
        late = await lateness.late(service, connection, found.resources) if found.kind == "hl7v2" else set()
        known_parties = await directory.entries(service, connection, found)
        told, notes = facts.changes(found, person.patient_id, key, late, known_parties)
        changes += told
        is_document = found.type is not None
        if is_document:
            attachments = [
                {
                    "contentType": file.media_type,
                    "url": f"Binary/{documents.binary_id(hashed, person.patient_id)}",
                    "title": file.title or found.title,
                }
                for file, hashed in inner
            ]
            known = await directory.authors(service, connection, found)
            reference = documents.document_reference(
                found, digest, len(data), person.patient_id, attachments, known, documents.sha1(data)
            )
            reference = hiding.raised({**reference, "id": document_id}, level)
            documents.relate(reference, [f"{fact.resource_type}/{fact.resource_id}" for fact in told])
            changes += await _supersede(service, connection, found, reference, older)
            changes.append(keeping.put(reference))
            parts = [(found.media_type, digest, data)]
            parts += [(file.media_type, hashed, file.data) for file, hashed in inner]
            changes += [
                keeping.put(documents.binary(kind, hashed, person.patient_id, document_id), content)
                for kind, hashed, content in parts
            ]
        # the Patient among the targets makes the Provenance part of the record
        targets = [f"Patient/{person.patient_id}"]
        targets += [f"{asked.resource_type}/{asked.resource_id}" for asked in changes]
        targets = list(dict.fromkeys(targets))
        provenance = documents.provenance(digest, targets, name, document_id if is_document else "")
        changes.append(keeping.put({**provenance, "id": documents.derived_id(key, "provenance")}))
        unique = list({asked.self_hash: asked for asked in changes}.values())
        for done in await service.resources.write_in(connection, unique):
            assert done.status.done, done.status
        await store.settle(connection, digest)
        # the copy at the desk is not protected by the record's key
        await service.blobs.release(connection, digest, WAITING)
    stored = len(unique) + person.added
    return Filed(
        "filed", found.kind, person.patient_id, document_id if is_document else "", stored, tuple(notes)
    )


async def _check_open(connection: Connection, patient_id: str) -> None:
    """Refuse what is for a record that its person closed or did not want."""
    if not await policy_store.is_open(connection, patient_id):
        text = "The person closed the record or objected to it: nothing is filed there. Tell the sender."
        raise _Refused([Issue("error", "forbidden", "Patient", text, "record-closed")])


async def _already_filed(service: FhirService, connection: Connection, digest: str) -> bool:
    """Every filing leaves a Provenance under an id made of the content."""
    provenance_id = documents.derived_id(digest, "provenance")
    found = await service.resources.read_in(connection, "Provenance", provenance_id)
    return found is not None and found.body is not None


class _Person(NamedTuple):
    patient_id: str
    added: bool = False


def _locks(service: FhirService, found: Recognised) -> Sequence[str]:
    """Return what must be locked so that two documents at once do not add the same person twice."""
    if found.patient is None:
        return []
    return service.registry.get(PersonIndex).locks(found.patient)


async def _person(service: FhirService, connection: Connection, found: Recognised) -> _Person:
    """Return the person whom a content is about; a person never seen before is added."""
    index = service.registry.get(PersonIndex)
    if found.patient is None:
        patient_id = found.patient_reference.partition("/")[2]
        stored = await service.resources.read_in(connection, "Patient", patient_id) if patient_id else None
        if stored is None or stored.body is None:
            raise _Refused([_nobody(found.patient_reference)])
        return _Person(await index.survivor(connection, patient_id))
    told = Told("documents", documents.written_at(found.date))
    try:
        identified = await index.identify(service, connection, found.patient, told, certain=True)
    except Doubtful as error:
        raise _Refused([_doubt(error)]) from None
    return _Person(identified.person, identified.outcome is Outcome.ADDED)


def _doubt(error: Doubtful) -> Issue:
    return Issue("error", "conflict", "Patient.identifier", str(error), error.rule)


class _Older(NamedTuple):
    """A relation of a new document, and the document that it names, if that is here."""

    relation: Relation
    document: dict[str, Any] | None


async def _supersede(
    service: FhirService,
    connection: Connection,
    found: Recognised,
    reference: dict[str, Any],
    related: Sequence[_Older],
) -> list[Change]:
    """Link a new version of a document to the older one, whichever of them came first."""
    changes: list[Change] = []
    for relation, older in related:
        target: dict[str, Any] = {"identifier": relation.identifier}
        if older is not None:
            target["reference"] = f"DocumentReference/{older['id']}"
            if relation.code == "replaces" and older.get("status") == "current":
                changes.append(keeping.put({**older, "status": "superseded"}))
        reference.setdefault("relatesTo", []).append({"code": relation.code, "target": target})
    if found.identifier:
        newer = await _by_identifier(service, connection, "relatesto:identifier", found.identifier)
        if newer is not None and any(
            relation.get("code") == "replaces" for relation in newer.get("relatesTo", [])
        ):
            reference["status"] = "superseded"
    return changes


async def _older(service: FhirService, connection: Connection, found: Recognised) -> list[_Older]:
    """Return the documents that a new one relates to."""
    return [
        _Older(relation, await _by_identifier(service, connection, "identifier", relation.identifier))
        for relation in found.relates_to
    ]


def _level_of(older: Sequence[_Older]) -> Level:
    """Return the highest level of the documents that a new version replaces: what is hidden stays hidden."""
    replaced = (one.document for one in older if one.relation.code == "replaces")
    return max((label(one).level for one in replaced if one is not None), default=Level.NORMAL)


async def _by_identifier(
    service: FhirService, connection: Connection, parameter: str, identifier: dict[str, Any]
) -> dict[str, Any] | None:
    token = f"{identifier.get('system', '')}|{identifier.get('value', '')}"
    criteria = conditional.criteria_text([(parameter, token)])
    matches = await conditional.matches(service, "DocumentReference", criteria, connection, 1)
    if not matches:
        return None
    stored = await service.resources.read_in(connection, "DocumentReference", matches[0][0])
    return parse_exact(stored.body) if stored is not None and stored.body is not None else None


def _merge_issue() -> Issue:
    text = "The message merges two persons. An identity officer must decide: it waits in the error desk."
    return Issue("error", "business-rule", "MRG-1", text, "merge")


def _nobody(reference: str) -> Issue:
    told = (
        f"It names the patient only as '{reference}', who is not known here."
        if reference
        else "It names no patient."
    )
    text = f"{told} Send the patient with at least one identifier, or the name and the date of birth."
    return Issue("error", "required", "Patient", text, "patient")
