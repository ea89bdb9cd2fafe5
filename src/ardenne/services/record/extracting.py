"""Reading facts out of documents that came by document sharing, off the acknowledged path but never lost.

A document is queued in the transaction that registers it. Whoever takes it writes facts, Provenance and "done" in one
transaction; a process that dies leaves it to the next. Facts have the level of their document and follow it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from ardenne.kernel.background import repeat
from ardenne.kernel.http.faults import report
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.rest import binary, conditional, keeping
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change
from ardenne.kernel.store.database import Connection, DatabaseUnavailable
from ardenne.services.mpi.contract import Doubtful, PersonIndex
from ardenne.services.record import directory, documents, facts, hiding, lateness, store_facts
from ardenne.standards.fhir.json import parse, parse_exact
from ardenne.standards.fhir.labels import label
from ardenne.standards.recognition import Recognised, recognise

Json = dict[str, Any]

_KINDS = frozenset({"cda", "fhir-document", "kmehr", "hl7v2"})
_IDLE_SECONDS = 0.5
_ATTEMPTS = 12
_VALID = frozenset({"current", "superseded"})
_CALLER = Caller(
    Kind.SOFTWARE, "documents", name="Reading of documents", profession="platform", purpose=Purpose.TREATMENT
)


class FactRunner:
    """Works off the queue; several workers share it."""

    def __init__(self, service: FhirService) -> None:
        self._service = service

    async def run(self) -> None:
        """Work for ever."""
        await repeat(self.step, _IDLE_SECONDS)

    async def step(self) -> bool:
        """Read the facts of one document; False when none is due."""
        claimed = await store_facts.claim(self._service.database)
        if claimed is None:
            return False
        document, attempt = claimed
        service = self._service.seen_by(_CALLER) if self._service.policy is not None else self._service
        try:
            await conditional.retried(lambda: _read(service, document))
        except DatabaseUnavailable:
            raise
        except Exception as error:
            number = report(error)
            if attempt >= _ATTEMPTS:
                async with self._service.database.transaction() as connection:
                    await store_facts.done(connection, document, f"fault-{number}")
        finally:
            await service.finish()
        return True


async def _read(service: FhirService, document_id: str) -> None:
    async with service.database.transaction() as connection:
        # the row stays locked: whoever hides or removes the document does it before or after, never in between
        stored = await service.resources.read_in(connection, "DocumentReference", document_id)
        if stored is None or stored.body is None:
            await store_facts.done(connection, document_id)
            return
        document = parse_exact(stored.body)
        if document.get("status") not in _VALID:
            await store_facts.done(connection, document_id)
            return
        data = await _content(service, connection, document)
        found = recognise(data, zone=service.zone) if data is not None else None
        if data is None or not isinstance(found, Recognised) or found.kind not in _KINDS or found.parts:
            # what says nothing structured, such as a PDF, is complete without facts
            await store_facts.done(connection, document_id)
            return
        patient = str(document.get("subject", {}).get("reference", "")).removeprefix("Patient/")
        problem = await _other_person(service, connection, found, patient)
        if not problem:
            problem = await _write(service, connection, document, stored.version, found, data, patient)
        await store_facts.done(connection, document_id, problem)


async def _content(service: FhirService, connection: Connection, document: Json) -> bytes | None:
    """Return the content of a document, None when it has none here."""
    reference = documents.content_reference(document)
    stored = await service.resources.read_in(connection, "Binary", reference) if reference else None
    if stored is None or stored.body is None:
        return None
    try:
        return await binary.content_of(service, parse(stored.body), connection)
    except RestError as error:
        if error.status == 404:
            return None
        raise


async def _other_person(service: FhirService, connection: Connection, found: Recognised, patient: str) -> str:
    """Return the rule that forbids taking facts when the content is about somebody else than the metadata say."""
    if found.patient is None:
        return ""
    index = service.registry.get(PersonIndex)
    try:
        named = await index.find(connection, found.patient)
    except Doubtful as error:
        return error.rule
    if named:
        same = await index.survivor(connection, named) == await index.survivor(connection, patient)
        return "" if same else "another-patient"
    stored = await service.resources.read_in(connection, "Patient", patient)
    known = parse(stored.body) if stored is not None and stored.body is not None else {}
    both = (known.get("birthDate"), found.patient.get("birthDate"))
    return "another-patient" if all(both) and both[0] != both[1] else ""


async def _write(
    service: FhirService,
    connection: Connection,
    document: Json,
    version: int,
    found: Recognised,
    data: bytes,
    patient: str,
) -> str:
    """Write the facts with the level of their document; return the rule of what could not be taken."""
    found = hiding.at_least(found, label(document).level)
    late = await lateness.late(service, connection, found.resources) if found.kind == "hl7v2" else set()
    digest = hashlib.sha256(data).hexdigest()
    known = await directory.entries(service, connection, found)
    changes, notes = facts.changes(found, patient, digest, late, known)
    told = [f"{one.resource_type}/{one.resource_id}" for one in changes]
    if told:
        related = msgspec.json.decode(msgspec.json.encode(document))
        documents.relate(related, told)
        if related != document:
            changes.append(keeping.update(related, version))
        targets = [f"Patient/{patient}", f"DocumentReference/{document['id']}", *told]
        provenance = documents.provenance(
            digest, list(dict.fromkeys(targets)), "document sharing", document["id"]
        )
        provenance["id"] = documents.derived_id(document["id"], "provenance")
        changes.append(keeping.put(hiding.raised(provenance, label(document).level)))
    unique = list({one.self_hash: one for one in changes}.values())
    for done in await service.resources.write_in(connection, unique):
        assert done.status.done, done.status
    return next((one.rule for one in notes if one.severity == "error" and not told), "")


async def withdraw(service: FhirService, connection: Connection, document: Json) -> list[Change]:
    """Return the changes that take away what was made of a removed document and of no other one.

    ``service`` sees everything: what others told counts whether the caller may see it or not.
    """
    gone: dict[str, None] = {}
    origins = set(documents.filings(document))
    for name in sorted(origins):
        stored = await service.resources.read_in(connection, "Provenance", name)
        if stored is None or stored.body is None:
            continue
        gone[f"Provenance/{name}"] = None
        for target in parse(stored.body).get("target", []):
            reference = str(target.get("reference", ""))
            if reference.startswith(documents.NO_FACTS) or reference in gone:
                continue
            criteria = conditional.criteria_text([("target", reference)])
            others = await conditional.matches(service, "Provenance", criteria, connection, 50)
            if {one for one, _version in others} <= origins:
                gone[reference] = None
    found = []
    for reference in gone:
        kind, _, name = reference.partition("/")
        present = await service.resources.read_in(connection, kind, name)
        if present is not None and present.body is not None:
            found.append(change.delete(kind, name))
    return found
