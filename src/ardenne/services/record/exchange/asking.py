"""Answering stored queries (ITI-18): what a caller may see, judged by pure rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ardenne.kernel.rest.service import FhirService
from ardenne.services.record.exchange.objects import Held, Objects, Place
from ardenne.standards.xds import codings, from_fhir, names, queries
from ardenne.standards.xds.errors import Code, refuse
from ardenne.standards.xds.queries import Question
from ardenne.standards.xds.values import Association

_SCAN = (
    ("XDSDocumentEntryClassCode", "category"),
    ("XDSDocumentEntryEventCodeList", "event"),
    ("XDSDocumentEntryHealthcareFacilityTypeCode", "facility"),
)


class Answer(NamedTuple):
    """The objects and links that answer a question."""

    objects: list[Held]
    associations: list[Association]


async def ask(service: FhirService, place: Place, question: Question) -> Answer:
    """Return what answers a question, as the service's caller may see it. Raises Refused."""
    answer = await _Asking(Objects(service, place), question).run()
    patients = {one.patient for one in answer.objects}
    several = question.query.name.endswith("ForMultiplePatients")
    if question.leaves and len(patients) > 1 and not several:
        text = "the result holds data of several patients: ask for ObjectRef, or for one patient at a time"
        raise refuse(Code.NOT_SINGLE_PATIENT, text)
    return answer


class _Asking:
    def __init__(self, objects: Objects, question: Question) -> None:
        self._objects = objects
        self._question = question

    async def run(self) -> Answer:
        question = self._question
        match question.query.name:
            case "FindSubmissionSets" | "FindFolders" | "FindFoldersForMultiplePatients":
                return Answer(await self._find("List"), [])
            case "FindDocumentsForMultiplePatients":
                return Answer(await self._find_for_several(), [])
            case "GetAll":
                return await self._everything()
            case "GetDocuments" | "GetFolders":
                return Answer(await self._named(), [])
            case "GetAssociations":
                return Answer([], await self._links_of(await self._by_uuid()))
            case "GetDocumentsAndAssociations":
                found = await self._named()
                return Answer(found, await self._links_of(found))
            case "GetSubmissionSets":
                return await self._submission_sets()
            case "GetSubmissionSetAndContents" | "GetFolderAndContents":
                return await self._contents()
            case "GetFoldersForDocument":
                found = await self._objects.holders(one.reference for one in await self._named())
                return Answer([one for one in found if one.metadata.kind is names.FOLDER], [])
            case "GetRelatedDocuments":
                return await self._related()
        return Answer(await self._find("DocumentReference"), [])

    async def _patients(self) -> list[str]:
        """Return the ids of the patients that are asked for; nobody known is an empty answer (ITI TF-2 3.18)."""
        asked = [
            value
            for name in self._question.query.parameters
            if name.lower().endswith("patientid")
            for value in self._question.all(name)
        ]
        found = [await self._objects.patient(text) for text in asked]
        return [patient for patient in found if patient]

    async def _find(self, resource_type: str) -> list[Held]:
        wanted = names.DOCUMENT
        if resource_type == "List":
            folders = self._question.query.returns == "folders"
            wanted = names.FOLDER if folders else names.SUBMISSION_SET
        found = []
        for patient in await self._patients():
            found += await self._objects.of_patient(resource_type, patient)
        return [one for one in found if one.metadata.kind is wanted and self._fits(one)]

    async def _find_for_several(self) -> list[Held]:
        if self._question.all("XDSDocumentEntryPatientId"):
            return await self._find("DocumentReference")
        for name, parameter in _SCAN:
            if not self._question.all(name):
                continue
            found: dict[str, Held] = {}
            for value in self._question.all(name):
                code, _, scheme = value.partition("^^")
                for one in await self._objects.coded(parameter, codings.system(scheme), code):
                    found[one.reference] = one
            return [one for one in found.values() if self._fits(one)]
        text = "name patients, or a class, event or facility code"
        raise refuse(Code.PARAMETER_MISSING, text, "$XDSDocumentEntryClassCode")

    def _fits(self, one: Held) -> bool:
        return queries.answers(one.metadata, self._question)

    async def _everything(self) -> Answer:
        found: list[Held] = []
        for patient in await self._patients():
            for resource_type in ("DocumentReference", "List"):
                found += await self._objects.of_patient(resource_type, patient)
        found = [one for one in found if self._fits(one)]
        shown = {one.metadata.id for one in found}
        links = [link for one in found for link, _target in _links(one)]
        ids = shown | {link.id for link in links}
        return Answer(found, [link for link in links if link.source in shown and link.target in ids])

    async def _by_uuid(self) -> list[Held]:
        found = [await self._objects.by_entry(entry) for entry in self._question.all("uuid")]
        return [one for one in found if one is not None]

    async def _named(self) -> list[Held]:
        """Return the objects that the question names by entryUUID, uniqueId or logical id."""
        found: dict[str, Held] = {}
        for name in self._question.query.one_of:
            for value in self._question.all(name):
                if name.endswith("EntryUUID"):
                    one = await self._objects.by_entry(value)
                    listed = [one] if one is not None else []
                elif name.endswith("LogicalID"):
                    listed = await self._objects.by_logical_id(value)
                else:
                    listed = await self._objects.by_unique_id(value)
                for held in listed:
                    if name.startswith(held.metadata.kind.name):
                        found[held.reference] = held
        return list(found.values())

    async def _links_of(self, found: list[Held]) -> list[Association]:
        """Return every link at one of whose ends an object stands."""
        links: dict[str, Association] = {}
        for one in found:
            around = [one, *await self._objects.holders([one.reference])]
            if one.metadata.kind is names.DOCUMENT:
                around += await self._objects.dependents(one.reference)
            for other in around:
                for link, target in _links(other):
                    if other is one or target == one.reference:
                        links[link.id] = link
        return list(links.values())

    async def _submission_sets(self) -> Answer:
        members = await self._by_uuid()
        wanted = {one.reference for one in members}
        holders = await self._objects.holders(wanted)
        found = [one for one in holders if one.metadata.kind is names.SUBMISSION_SET]
        links = [
            link for one in found for link, target in from_fhir.members(one.resource) if target in wanted
        ]
        return Answer(found, links)

    async def _contents(self) -> Answer:
        """Return submission sets or folders with their members and the links between them."""
        packages = await self._named()
        found = {one.reference: one for one in packages}
        links: dict[str, Association] = {}
        for package in packages:
            for _link, target in from_fhir.members(package.resource):
                if target.startswith("urn:") or target in found:
                    continue
                resource = await self._objects.resource(target)
                one = self._objects.held(resource) if resource is not None else None
                if one is not None and self._fits(one):
                    found[target] = one
        inner = [one for one in found.values() if one.metadata.kind is names.FOLDER]
        held_links = {
            link.id: (link, target) for one in inner for link, target in from_fhir.members(one.resource)
        }
        for package in packages:
            for link, target in from_fhir.members(package.resource):
                if target in found or target in held_links:
                    links[link.id] = link
        for number, (link, target) in held_links.items():
            if target in found and number in {one.target for one in links.values()}:
                links[number] = link
        return Answer(list(found.values()), list(links.values()))

    async def _related(self) -> Answer:
        start = await self._named()
        wanted = set(self._question.all("AssociationTypes"))
        found = {one.reference: one for one in start}
        links: dict[str, Association] = {}
        for one in start:
            around = [one, *await self._objects.dependents(one.reference)]
            for other in around:
                for link, target in from_fhir.relations(other.resource):
                    if link.type not in wanted or (other is not one and target != one.reference):
                        continue
                    links[link.id] = link
                    found.setdefault(other.reference, other)
                    resource = await self._objects.resource(target) if target not in found else None
                    held = self._objects.held(resource) if resource is not None else None
                    if held is not None:
                        found[target] = held
        return Answer(list(found.values()), list(links.values())) if links else Answer([], [])


def _links(one: Held) -> Iterable[tuple[Association, str]]:
    if one.metadata.kind is names.DOCUMENT:
        return from_fhir.relations(one.resource)
    return from_fhir.members(one.resource)
