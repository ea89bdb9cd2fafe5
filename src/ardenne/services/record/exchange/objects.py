"""Objects of document sharing in the store: found by entryUUID, uniqueId or member; patients by their numbers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import orjson

from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse as parse_query
from ardenne.kernel.store.database import Connection
from ardenne.standards.fhir.json import parse_exact
from ardenne.standards.xds import codings, from_fhir, names
from ardenne.standards.xds.errors import Code, refuse
from ardenne.standards.xds.values import Metadata, PatientId, patient_id

Json = dict[str, Any]
MOST = 5_000
_TYPES = ("DocumentReference", "List")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


class Place(NamedTuple):
    """The OIDs of this node: its community, its repository, and the domain of its own patient ids."""

    community: str

    @property
    def home(self) -> str:
        return f"urn:oid:{self.community}"

    @property
    def repository(self) -> str:
        return f"{self.community}.1"

    @property
    def patients(self) -> str:
        return f"{self.community}.2"


class Held(NamedTuple):
    """A resource of the store and its metadata."""

    resource: Json
    metadata: Metadata

    @property
    def reference(self) -> str:
        return f"{self.resource['resourceType']}/{self.resource['id']}"

    @property
    def patient(self) -> str:
        """The reference of the patient."""
        return str(self.resource.get("subject", {}).get("reference", ""))


def bare(service: FhirService) -> FhirService:
    """Return the node without a caller's limits, for what a registry must know to decide: ids in use, targets."""
    found: FhirService = getattr(service, "bare", service)
    return found


def held(resource: Json, place: Place) -> Held | None:
    """Return a resource with its metadata, None when it is nothing that document sharing shows."""
    if resource.get("status") == "entered-in-error":
        return None
    if resource["resourceType"] == "List" and not from_fhir.is_package(resource):
        return None
    found = from_fhir.metadata(resource)
    identifiers = dict(found.identifiers)
    if "patientId" not in identifiers:
        own = str(resource.get("subject", {}).get("reference", "")).rpartition("/")[2]
        identifiers = {"patientId": PatientId(own, place.patients).text(), **identifiers}
    slots = dict(found.slots)
    if found.kind is names.DOCUMENT:
        slots.setdefault("repositoryUniqueId", (place.repository,))
        slots.setdefault("sourcePatientId", (identifiers["patientId"],))
    return Held(
        resource, msgspec.structs.replace(found, identifiers=identifiers, slots=slots, home=place.home)
    )


def _tokens(resource: Json) -> set[str]:
    """Return the identifiers of a document, submission set or folder as ``system|value``."""
    listed = [*resource.get("identifier", []), resource.get("masterIdentifier", {})]
    return {f"{one.get('system', '')}|{one.get('value', '')}" for one in listed}


class Objects:
    """The objects that a node's store holds, as the caller of ``service`` may see them.

    Inside a transaction everything is asked on its ``connection``, so that no second one is waited for.
    """

    def __init__(self, service: FhirService, place: Place, connection: Connection | None = None) -> None:
        self._service = service
        self.place = place
        self._connection = connection
        self._numbers: dict[str, str] = {}

    def held(self, resource: Json) -> Held | None:
        """Return a resource with its metadata, None when it is nothing that document sharing shows."""
        return held(resource, self.place)

    async def resource(self, reference: str) -> Json | None:
        """Return the resource of a reference ``Type/id``; in a transaction it stays locked until the end."""
        kind, _, name = reference.partition("/")
        if self._connection is None:
            stored = await self._service.resources.read(kind, name)
        else:
            stored = await self._service.resources.read_in(self._connection, kind, name)
        return parse_exact(stored.body) if stored is not None and stored.body is not None else None

    async def search(
        self, types: Sequence[str], name: str, *values: str, read: Callable[[bytes], Json] = parse_exact
    ) -> list[Json]:
        """Return the resources that have one of some values. Raises Refused when there are more than ``MOST``.

        ``read``: how their text is read; what may be written back keeps the digits of its decimals.
        """
        query = parse_query(
            [(name, conditional.any_of(name, values)), ("_count", "1000"), ("_total", "none")]
        )
        found: list[Json] = []
        while True:
            page = await self._service.searcher.search(types, query, connection=self._connection)
            found += [read(row.body) for row in page.matches]
            if not page.next_cursor:
                return found
            if len(found) > MOST:
                text = f"there are more than {MOST} objects: ask with narrower parameters"
                raise refuse(Code.TOO_MANY, text)
            query = query._replace(cursor=page.next_cursor)

    async def _held(
        self, types: Sequence[str], name: str, *values: str, read: Callable[[bytes], Json] = parse_exact
    ) -> list[Held]:
        found = [held(one, self.place) for one in await self.search(types, name, *values, read=read)]
        return [one for one in found if one is not None]

    async def patient(self, text: str) -> str:
        """Return the id of the patient of a CX, empty when nobody is known; a merged one leads to the survivor."""
        named = patient_id(text)
        if named is None:
            return ""
        found = await self._patient(named)
        if found:
            self._numbers[f"Patient/{found}"] = text
        return found

    async def numbered(self, one: Held) -> Held:
        """Return an object with the number under which its patient was asked for, else with one that others know.

        What was filed by other means than XDS names its patient by reference alone.
        """
        if "identifier" in one.resource.get("subject", {}):
            return one
        if one.patient not in self._numbers:
            known = await self.resource(one.patient) if one.patient else None
            texts = [codings.from_patient_identifier(each) for each in (known or {}).get("identifier", [])]
            self._numbers[one.patient] = next((text for text in texts if text), one.metadata.patient_id)
        number = self._numbers[one.patient]
        metadata = one.metadata
        slots = dict(metadata.slots)
        if slots.get("sourcePatientId") == (metadata.patient_id,):
            slots["sourcePatientId"] = (number,)
        identifiers = {**metadata.identifiers, "patientId": number}
        return Held(one.resource, msgspec.structs.replace(metadata, identifiers=identifiers, slots=slots))

    async def _patient(self, named: PatientId) -> str:
        if named.domain == self.place.patients:
            candidates = [await self.resource(f"Patient/{named.number}")]
        else:
            identifier = codings.to_patient_identifier(named)
            token = f"{identifier['system']}|{identifier['value']}"
            candidates = [*await self.search(["Patient"], "identifier", token)]
        for candidate in candidates:
            if candidate is None:
                continue
            for link in candidate.get("link", []):
                if link.get("type") == "replaced-by":
                    return str(link.get("other", {}).get("reference", "")).rpartition("/")[2]
            return str(candidate["id"])
        return ""

    async def by_entry(self, entry: str) -> Held | None:
        """Return the object of an entryUUID: the resource of that id, or the one that has it as identifier."""
        name = entry.removeprefix("urn:uuid:").lower()
        if _ID.fullmatch(name):
            for resource_type in _TYPES:
                found = await self.resource(f"{resource_type}/{name}")
                if found is not None:
                    return held(found, self.place)
        return next(iter(await self._by_identifiers([f"{codings.RFC3986}|{entry}"])), None)

    async def by_unique_id(self, unique_id: str) -> list[Held]:
        """Return the objects of a uniqueId."""
        return (await self.by_unique_ids([unique_id]))[unique_id]

    async def by_unique_ids(self, unique_ids: Iterable[str]) -> dict[str, list[Held]]:
        """Return the objects of each of some uniqueIds."""
        found: dict[str, list[Held]] = {}
        asked: dict[str, str] = {}
        for unique_id in dict.fromkeys(unique_ids):
            found[unique_id] = await self._by_own_number(unique_id)
            if not found[unique_id]:
                identifier = codings.to_identifier(unique_id)
                asked[f"{identifier['system']}|{identifier['value']}"] = unique_id
        if asked:
            for one in await self._by_identifiers(asked):
                for token in _tokens(one.resource) & asked.keys():
                    found[asked[token]].append(one)
        return found

    async def _by_own_number(self, unique_id: str) -> list[Held]:
        """Return the document that was filed without uniqueId and has one made of its id."""
        made = unique_id.removeprefix("2.25.")
        if made == unique_id or not made.isdigit() or int(made) >= 1 << 128:
            return []
        found = await self.by_entry(uuid.UUID(int=int(made)).urn)
        return [found] if found is not None and found.metadata.unique_id == unique_id else []

    async def _by_identifiers(self, tokens: Iterable[str]) -> list[Held]:
        found = await self._held(_TYPES, "identifier", *tokens)
        return sorted(found, key=lambda one: _TYPES.index(one.resource["resourceType"]))

    async def by_logical_id(self, logical_id: str) -> list[Held]:
        """Return every version of an object."""
        first = await self.by_entry(logical_id)
        found = {first.reference: first} if first is not None else {}
        for one in await self._by_identifiers([f"{codings.RFC3986}|{logical_id}"]):
            found.setdefault(one.reference, one)
        return list(found.values())

    async def of_patient(self, resource_type: str, patient: str) -> list[Held]:
        """Return the documents, or the submission sets and folders, of a patient, to be shown."""
        return await self._held([resource_type], "subject", f"Patient/{patient}", read=orjson.loads)

    async def coded(self, parameter: str, system: str, code: str) -> list[Held]:
        """Return the documents that have a code, whosever they are, to be shown."""
        return await self._held(["DocumentReference"], parameter, f"{system}|{code}", read=orjson.loads)

    async def holders(self, references: Iterable[str]) -> list[Held]:
        """Return the submission sets and folders that have one of some members, each once."""
        found: dict[str, Held] = {}
        for reference in references:
            for one in await self._held(["List"], "item", reference):
                found.setdefault(one.reference, one)
        return list(found.values())

    async def dependents(self, reference: str) -> list[Held]:
        """Return the documents that name a document in relatesTo."""
        return await self._held(["DocumentReference"], "relatesto", reference)
