"""Registering a submission: judged, then written with all its consequences in one transaction, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import scoping
from ardenne.kernel.policy import store as policy_store
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest import conditional, keeping
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.body import instant
from ardenne.kernel.store.change import Change, Outcome, Status
from ardenne.kernel.store.database import Connection
from ardenne.services.record import documents, store_facts
from ardenne.services.record.adding import writing
from ardenne.services.record.exchange import rules, update_rules
from ardenne.services.record.exchange.objects import Held, Objects, Place, bare
from ardenne.standards.fhir.json import dump, parse
from ardenne.standards.fhir.labels import Level, label, with_level
from ardenne.standards.recognition import may_be_structured
from ardenne.standards.xds import as_fhir, codings, from_fhir, names, times
from ardenne.standards.xds.errors import Code, Refused, RegistryError, refuse
from ardenne.standards.xds.values import Association, Metadata, Submission, patient_id

Json = dict[str, Any]


class Registration:
    """One submission on its way into the store."""

    def __init__(
        self,
        service: FhirService,
        place: Place,
        submission: Submission,
        ready: Mapping[str, Json] | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        """``ready``: resources by entryUUID that were sent as FHIR and hold their own links already.

        ``aliases``: references of what they point to, by the entryUUID that links name.
        """
        self._service = service
        self._place = place
        self.submission = rules.resolved(submission)
        self._contents: dict[str, bytes] = {}
        self._changed: dict[str, Json] = {}
        self._new: dict[str, Json] = {}
        self._before: dict[str, Json] = {}
        self._previous: dict[str, Held] = {}
        self._ready = dict(ready or {})
        resolved = zip(submission.objects, self.submission.objects, strict=True)
        self._fresh = {new.id for old, new in resolved if old.id.lower() != new.id} | set(self._ready)
        """Ids that were made here a moment ago: nothing has them yet."""
        self._aliases = dict(aliases or {})

    async def run(self, contents: Mapping[str, bytes] | None = None, patient: str = "") -> list[str]:
        """Write the submission; returns the references of what is new, in order. Raises Refused.

        ``contents``: by the ids of the submission as it was resolved; None for metadata alone. ``patient``: the
        id of the patient, when it is known already.
        """
        self._contents = dict(contents or {})
        (submission_set,) = self.submission.of(names.SUBMISSION_SET)
        objects = Objects(bare(self._service), self._place)
        patient = patient or await objects.patient(submission_set.patient_id)
        if not patient:
            text = "no patient of this number is known here: send the patient first (ITI-104, ADT), or correct it"
            raise refuse(Code.UNKNOWN_PATIENT, text, "patientId")
        locks = [f"exchange:{patient}"]
        locks += sorted({f"unique:{one.unique_id}" for one in self.submission.objects})

        async def attempt() -> list[str]:
            self._changed, self._new, self._before = {}, {}, {}
            async with conditional.locked(self._service, locks) as connection:
                return await self._write(connection, patient)

        return await conditional.retried(attempt)

    async def _write(self, connection: Connection, patient: str) -> list[str]:
        objects = Objects(bare(self._service), self._place, connection)
        await _check_open(connection, patient)
        self._previous = await self._find_previous(objects)
        known = await self._known(objects)
        metadata = rules.Known(
            {name: one.metadata for name, one in known[0].items()},
            {name: [one.metadata for one in listed] for name, listed in known[1].items()},
        )
        before = {name: one.metadata for name, one in self._previous.items()}
        errors = rules.against(self.submission, metadata)
        errors += update_rules.against(self.submission, metadata, before)
        if errors:
            raise Refused(errors)
        self._make(patient, known[0])
        for link in self.submission.associations:
            await self._follow(link, known[0], objects)
        for new, older in self._previous.items():
            await self.set_status(older, names.DEPRECATED, objects)
            await self._join_folders(older.reference, new, known[0], objects)
        for done in await self._store(connection, patient):
            if not done.status.done:
                raise refuse(
                    Code.METADATA if done.status is Status.ID_IN_USE else Code.REGISTRY,
                    "an id of the submission is in use" if done.status is Status.ID_IN_USE else "try again",
                )
        # what says nothing structured, such as a PDF, is complete without facts
        telling = [name for name, content in self._contents.items() if may_be_structured(content)]
        if telling:
            await store_facts.queue(connection, [name.removeprefix("urn:uuid:") for name in telling])
        return list(self._new)

    async def _known(self, objects: Objects) -> tuple[dict[str, Held], dict[str, list[Held]]]:
        """Return what the submission names of the registry, and what has one of its uniqueIds."""
        found: dict[str, Held] = {}
        own = [one.id for one in self.submission.objects if one.id not in self._fresh]
        for name in (*rules.outside(self.submission), *own):
            known = await self._find(objects, name)
            if known is not None:
                found[name] = known
        same = await objects.by_unique_ids(one.unique_id for one in self.submission.objects)
        for one in self.submission.objects:
            before = self._previous.get(one.id)
            logical = before.metadata.logical_id if before is not None else ""
            listed = same[one.unique_id]
            same[one.unique_id] = [other for other in listed if other.metadata.logical_id != logical]
        return found, same

    async def _find(self, objects: Objects, name: str) -> Held | None:
        if name not in self._aliases:
            return await objects.by_entry(name)
        resource = await objects.resource(self._aliases[name])
        return objects.held(resource) if resource is not None else None

    async def _find_previous(self, objects: Objects) -> dict[str, Held]:
        """Return the newest version of what the submission updates, by the id of the new version."""
        found = {}
        numbers = update_rules.versions(self.submission)
        for one in self.submission.objects:
            if one.id in numbers and one.logical_id != one.id:
                listed = await objects.by_logical_id(one.logical_id)
                if listed:
                    found[one.id] = max(listed, key=lambda held: int(held.metadata.version))
        return found

    def _make(self, patient: str, known: Mapping[str, Held]) -> None:
        """Make the resources of what is new."""
        named = patient_id(self.submission.of(names.SUBMISSION_SET)[0].patient_id)
        assert named is not None
        subject: Json = {"reference": f"Patient/{patient}"}
        if named.domain != self._place.patients:
            subject["identifier"] = codings.to_patient_identifier(named)
        levels = _inherited_levels(self.submission, known)
        for one in self.submission.objects:
            before = self._previous.get(one.id)
            found = self._stamped(one, before)
            made = parse(dump(self._ready[found.id])) if self._ready else as_fhir.resource(found, subject)
            level = levels.get(found.id, Level.NORMAL)
            if found.id in self._contents:
                self._attach(made, self._contents[found.id], patient)
            if before is not None:
                level = label(before.resource).level
                _take_over(made, before.resource)
            if level > label(made).level:
                made = with_level(made, level)
            self._new[f"{made['resourceType']}/{made['id']}"] = made

    def _stamped(self, one: Metadata, before: Held | None) -> Metadata:
        """Return an object with what the registry itself says of it."""
        if before is not None:
            return msgspec.structs.replace(one, version=str(int(before.metadata.version) + 1))
        one = msgspec.structs.replace(one, status=names.APPROVED, version="")
        if one.kind is names.FOLDER:
            moment = times.from_fhir(instant(change.now()))
            return msgspec.structs.replace(one, slots={**one.slots, "lastUpdateTime": (moment,)})
        return one

    def _attach(self, made: Json, content: bytes, patient: str) -> None:
        attachment = made["content"][0].setdefault("attachment", {})
        digest = hashlib.sha256(content).hexdigest()
        attachment |= {
            "url": f"Binary/{documents.binary_id(digest, patient)}",
            "size": len(content),
            "hash": documents.sha1(content),
        }

    async def _follow(self, link: Association, known: Mapping[str, Held], objects: Objects) -> None:
        """Put a link where it belongs, and do what it brings about."""
        own = link.source in self._ready
        if link.type == names.HAS_MEMBER and own:
            return
        if link.type == names.HAS_MEMBER:
            package = await self._resource(link.source, known, objects)
            as_fhir.member(package, link, self._reference(link.target, known))
            if link.source in known and from_fhir.metadata(package).kind is names.FOLDER:
                _touch(package)
        elif link.type in names.RELATIONS:
            source = await self._resource(link.source, known, objects)
            target = self._reference(link.target, known)
            if not own:
                as_fhir.relate(source, link, target)
            if link.type in names.REPLACING:
                await self._replace(link, known, objects, target)
        elif link.type == names.UPDATE_STATUS:
            status = link.slot("NewStatus")
            await self.set_status(known[link.target], status, objects)

    async def _replace(
        self, link: Association, known: Mapping[str, Held], objects: Objects, target: str
    ) -> None:
        """Deprecate the replaced document with its addenda and transforms; the new one joins its folders."""
        if link.target in known:
            await self.set_status(known[link.target], names.DEPRECATED, objects)
        for one in await objects.dependents(target):
            kinds = {
                found.type for found, reference in from_fhir.relations(one.resource) if reference == target
            }
            if kinds & names.DEPENDENT:
                await self.set_status(one, names.DEPRECATED, objects)
        await self._join_folders(target, link.source, known, objects)

    async def _join_folders(
        self, reference: str, entry: str, known: Mapping[str, Held], objects: Objects
    ) -> None:
        """Put an object into the folders of the one that it follows."""
        for folder in await objects.holders([reference]):
            if folder.metadata.kind is not names.FOLDER:
                continue
            package = await self._stored(folder.reference, objects)
            join = Association(
                id=f"urn:uuid:{change.new_id()}", type=names.HAS_MEMBER, source=folder.metadata.id,
                target=entry,
            )  # fmt: skip
            as_fhir.member(package, join, self._reference(entry, known))
            _touch(package)

    async def set_status(self, one: Held, status: str, objects: Objects) -> None:
        """Approve or deprecate an object."""
        stored = await self._stored(one.reference, objects)
        old = "superseded" if stored["resourceType"] == "DocumentReference" else "retired"
        stored["status"] = "current" if status == names.APPROVED else old

    async def _resource(self, entry: str, known: Mapping[str, Held], objects: Objects) -> Json:
        reference = self._reference(entry, known)
        if reference in self._new:
            return self._new[reference]
        return await self._stored(reference, objects)

    async def _stored(self, reference: str, objects: Objects) -> Json:
        if reference not in self._changed:
            found = await objects.resource(reference)
            if found is None:
                raise refuse(Code.UNRESOLVED, "an object of the submission was removed meanwhile: try again")
            self._before[reference] = parse(dump(found))
            self._changed[reference] = found
        return self._changed[reference]

    def _reference(self, entry: str, known: Mapping[str, Held]) -> str:
        for resource_type in ("DocumentReference", "List"):
            reference = f"{resource_type}/{entry.removeprefix('urn:uuid:')}"
            if reference in self._new:
                return reference
        return known[entry].reference if entry in known else entry

    async def _store(self, connection: Connection, patient: str) -> list[Outcome]:
        """Write what is new and what changed.

        What professionals may add the platform files in their name, as it does on the pages, under ids that are made
        here; what is there already changes by their own rights. Raises AccessRefused.
        """
        filer = await self._filer(patient)
        done = await filer.resources.write_in(connection, self._additions(patient))
        changed = [
            keeping.update(one) for reference, one in self._changed.items() if one != self._before[reference]
        ]
        if changed:
            done += await self._service.resources.write_in(connection, changed)
        return done

    async def _filer(self, patient: str) -> FhirService:
        """Return the node for what is new. Raises AccessRefused when a professional may not add it."""
        service = self._service
        if service.caller.kind is not Kind.PROFESSIONAL or not may_submit(service):
            return service
        for one in self._new.values():
            if one["resourceType"] == "DocumentReference":
                decision = await writing.may_add(service, patient, label(one).category)
                if not decision.permit:
                    raise AccessRefused(decision)
        return in_name(service)

    def _additions(self, patient: str) -> list[Change]:
        changes = [keeping.create(one) for one in self._new.values()]
        binaries = {}
        for name, content in self._contents.items():
            digest = hashlib.sha256(content).hexdigest()
            document = name.removeprefix("urn:uuid:")
            kind = self._new[f"DocumentReference/{document}"]["content"][0]["attachment"].get(
                "contentType", ""
            )
            made = documents.binary(kind, digest, patient, document)
            binaries[made["id"]] = keeping.put(made, content)
        return [*changes, *binaries.values()]


def prepared(submission: Submission, contents: Mapping[str, bytes]) -> tuple[Submission, list[RegistryError]]:
    """Return a submission with size and hash of its contents, and what does not fit (ITI TF-2 3.41.4.1.3)."""
    errors: list[RegistryError] = []
    entries = {one.id for one in submission.of(names.DOCUMENT)}
    for name in contents:
        if name not in entries:
            text = f"the Document {name[:60]} has no metadata: give both the same id"
            errors.append(RegistryError(Code.MISSING_METADATA, text, name))
    objects = []
    for one in submission.objects:
        if one.kind is not names.DOCUMENT or one.object_type == names.ON_DEMAND:
            objects.append(one)
            continue
        if one.id not in contents:
            text = f"the content of {one.id[:60]} was not sent: add a Document element with its id"
            errors.append(RegistryError(Code.MISSING_DOCUMENT, text, one.id))
            continue
        content = contents[one.id]
        size, digest = str(len(content)), hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if one.slot("size") and one.slot("size") != size:
            text = f"size says {one.slot('size')[:20]}, the content has {size} bytes"
            errors.append(RegistryError(Code.REPOSITORY_METADATA, text, one.id))
        if one.slot("hash") and one.slot("hash").lower() != digest:
            text = "hash is not the SHA-1 of the content: it was changed on its way, or the hash is wrong"
            errors.append(RegistryError(Code.REPOSITORY_METADATA, text, one.id))
        slots = {name: values for name, values in one.slots.items() if name != "repositoryUniqueId"}
        objects.append(msgspec.structs.replace(one, slots={**slots, "size": (size,), "hash": (digest,)}))
    return Submission(tuple(objects), submission.associations), errors


async def register(
    service: FhirService, place: Place, submission: Submission, contents: Mapping[str, bytes] | None = None
) -> list[str]:
    """Check and write a submission; returns the references of what is new. Raises Refused."""
    errors: list[RegistryError] = []
    if contents is not None:
        submission, errors = prepared(submission, contents)
    errors = errors or rules.structure(submission, provided=contents is not None)
    if errors:
        raise Refused(errors)
    work = Registration(service, place, submission)
    ids = {old.id: new.id for old, new in zip(submission.objects, work.submission.objects, strict=True)}
    try:
        return await work.run({ids[name]: content for name, content in (contents or {}).items()})
    except RestError as error:
        found = [RegistryError(Code.METADATA, issue.message, issue.path) for issue in error.issues]
        raise Refused(found) from None


def in_name(service: FhirService) -> FhirService:
    """Return the node with the platform's rights for a caller's act, noted among the lines of the same request."""
    seen = bare(service).as_platform(service.caller)
    if service.trace is not None and seen.trace is not None:
        seen.trace.lines = service.trace.lines
    return seen


def may_submit(service: FhirService) -> bool:
    """Tell whether the scopes of the caller open filing documents."""
    return scoping.opens(service.caller, "DocumentReference", "c")


async def _check_open(connection: Connection, patient: str) -> None:
    if not await policy_store.is_open(connection, patient):
        text = "the person closed the record or objected to it: nothing is filed there"
        raise refuse(Code.REGISTRY, text, "patientId")


def _inherited_levels(submission: Submission, known: Mapping[str, Held]) -> dict[str, Level]:
    """Return how hidden the documents are that new ones replace or come from: what is hidden stays hidden."""
    return {
        link.source: label(known[link.target].resource).level
        for link in submission.associations
        if link.type in names.RELATIONS and link.target in known
    }


def _take_over(made: Json, before: Json) -> None:
    """Let a new version of metadata stand for the same content."""
    if made["resourceType"] == "List":
        made["entry"] = [*made.get("entry", []), *before.get("entry", [])]
        return
    kept = before["content"][0].get("attachment", {})
    attachment = made["content"][0].setdefault("attachment", {})
    attachment |= {name: kept[name] for name in ("url", "size", "hash") if name in kept}
    made["relatesTo"] = [*made.get("relatesTo", []), *before.get("relatesTo", [])]
    if not made["relatesTo"]:
        del made["relatesTo"]


def _touch(package: Json) -> None:
    """Set the time of a folder's last update (ITI TF-3 4.2.3.4.6)."""
    package["date"] = instant(change.now())
