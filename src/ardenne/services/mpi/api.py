"""FHIR faces of the index: ``Patient/$match`` (PDQm ITI-119), ``Patient/$ihe-pix`` (PIXm ITI-83), feed (PIXm ITI-104)."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import scoping
from ardenne.kernel.policy.decide import Decision
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest import answers, conditional, incoming
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.router import Operation
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import read_pairs
from ardenne.kernel.store import groups
from ardenne.services.mpi import crossing, golden, protecting, store
from ardenne.services.mpi.contract import Outcome, Told
from ardenne.services.mpi.feeding import UnknownNumber, acting, resolve
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.matching import Match
from ardenne.services.mpi.rules.decision import LINK, NEW
from ardenne.services.mpi.rules.reading import is_national, local_numbers, says_enough, traits_of
from ardenne.standards.fhir.json import dump, parse_exact

Json = dict[str, Any]
_GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
_USUAL, _MOST = 10, 50
_FEEDS = frozenset({Kind.SOFTWARE, Kind.OPERATOR})


class PersonOperations:
    """The operations over one node's index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {"$match": self.match, "$ihe-pix": self.cross_reference}

    async def match(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer with the persons who may be meant by a Patient, the likeliest first, each with score and grade."""
        _on_patients(request, resource_type, resource_id)
        asked = parameters.read(request)
        patient = next((one for one in asked.get("resource", []) if isinstance(one, dict)), None)
        if patient is None or patient.get("resourceType") != "Patient":
            raise refuse(400, "required", "send the Patient to look for as parameter 'resource'", "match")
        traits = traits_of(patient)
        numbers = local_numbers(patient)
        if not numbers and not any(says_enough(one) for one in traits):
            text = "name the person by a number, or by name and whole birth date: nobody leafs through persons here"
            raise refuse(400, "too-costly", text, "match")
        certain = parameters.one(asked, "onlyCertainMatches") == "true"
        count = min(parameters.whole_number(asked, "count", _USUAL), _MOST)
        entries: list[Json] = []
        for match in await self._found(service, traits, numbers, certain):
            if len(entries) == count:
                break
            stored = await service.resources.read("Patient", match.person)
            if stored is not None and stored.body is not None:
                entries.append(_entry(request, match, parse_exact(stored.body)))
        if service.trace is not None and not entries:
            service.trace.note(Action.SEARCH, None, [], rule="list", query="Patient/$match")
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
        return answers.resource(200, dump(bundle | ({"entry": entries} if entries else {})))

    async def _found(
        self, service: FhirService, traits: list[Any], numbers: list[tuple[str, str]], certain: bool
    ) -> list[Match]:
        found = await self._index.matcher.matches(service.database, traits)
        found = await protecting.disclosed(service, self._index.matcher, traits, found)
        known = {match.person for match in found}
        scorer = await self._index.matcher.scorer(service.database)
        for one in await store.identities(service.database, numbers):
            person = await store.survivor(service.database, one.person)
            if person not in known and one.traits:
                found.append(Match(person, one.id, self._index.matcher.between(scorer, traits, one.traits)))
        shown = [match for match in found if match.outcome != NEW]
        if certain:
            links = [match for match in shown if match.outcome == LINK]
            return links if len(links) == 1 else []
        return shown

    async def cross_reference(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer with the other numbers of the person whom a number names."""
        _on_patients(request, resource_type, resource_id)
        asked = parameters.read(request)
        system, _, value = parameters.one(asked, "sourceIdentifier").rpartition("|")
        if not system or not value:
            raise refuse(
                400, "required", "name the number as sourceIdentifier=system|value", "sourceIdentifier"
            )
        wanted = [str(one) for one in asked.get("targetSystem", [])]
        for one in wanted:
            if not await crossing.is_domain(service.database, one):
                raise refuse(403, "code-invalid", "the target system is not known here", "targetSystem")
        if not await crossing.is_domain(service.database, system):
            raise refuse(
                400, "code-invalid", "the domain of the source identifier is not known here", "domain"
            )
        person = await crossing.person(service.database, system, value)
        stored = await service.resources.read("Patient", person) if person else None
        if stored is None or stored.body is None:
            raise refuse(404, "not-found", "the source identifier is not known here", "sourceIdentifier")
        parts = await self._targets(service, person, parse_exact(stored.body), (system, value), wanted)
        return answers.resource(
            200, dump({"resourceType": "Parameters", **({"parameter": parts} if parts else {})})
        )

    async def _targets(
        self, service: FhirService, person: str, patient: Json, source: tuple[str, str], wanted: list[str]
    ) -> list[Json]:
        """Return the parameters of the answer: numbers of the wanted systems, then the Patients."""
        numbers = await crossing.numbers(service.database, person, patient, source, wanted)
        parts: list[Json] = [
            {"name": "targetIdentifier", "valueIdentifier": {"system": number[0], "value": number[1]}}
            for number in numbers
        ]
        if parts or not wanted:
            parts.append({"name": "targetId", "valueReference": {"reference": f"Patient/{person}"}})
        return parts

    async def feed(self, service: FhirService, request: Request) -> Response | None:
        """Answer ``PUT Patient?identifier=system|value`` of a source; None when this is no feed."""
        pairs = read_pairs(request.query)
        caller = service.caller
        if caller.kind not in _FEEDS or [name for name, _value in pairs] != ["identifier"]:
            return None
        system, _, value = pairs[0][1].rpartition("|")
        if not system or is_national(system):
            return None
        if not scoping.opens(caller, "Patient", "u"):
            raise AccessRefused(Decision(False, "scope"))
        sent = incoming.read_resource(incoming.json_of(request), "Patient")
        if (system, value) not in local_numbers(sent.resource):
            raise refuse(400, "invalid", "the Patient must carry the identifier of the address", "identifier")
        patient = _numbered_first(sent.resource, system, value)
        acted = acting(service, caller, request.client)
        try:
            identified = await conditional.retried(lambda: self._feed(acted, patient, caller.name))
        except UnknownNumber:
            raise refuse(
                422, "not-found", "the Patient of link replaced-by is not known here", "link"
            ) from None
        finally:
            if acted is not service:
                await acted.finish()
        await groups.refresh(service.database)
        status = 201 if identified.outcome is Outcome.ADDED else 200
        stored = await acted.resources.read("Patient", identified.person)
        place = f"{request.base}/fhir/Patient/{identified.person}"
        body = stored.body if stored is not None and stored.body is not None else b""
        return answers.resource(status, body, ("location", place))

    async def _feed(self, service: FhirService, patient: Json, sender: str) -> Any:
        told = Told(sender, whole=True)
        async with conditional.locked(service, self._index.locks(patient)) as connection:
            replacing = _replaced_by(patient)
            if replacing is None:
                return await self._index.identify(service, connection, patient, told)
            first = local_numbers(patient)[0]
            if replacing[0] == golden.NODE:
                known = await store.of_persons(connection, [replacing[1]])
                same = [(one.system, one.value) for one in known if one.system == first[0]]
                replacing = (same or [(one.system, one.value) for one in known] or [replacing])[0]
            return await resolve(self._index, service, connection, (first, replacing), told)


def _on_patients(request: Request, resource_type: str, resource_id: str) -> None:
    if request.caller.kind is Kind.ANONYMOUS:
        raise AccessRefused(Decision(False, "sign-in"))
    if resource_type != "Patient" or resource_id:
        raise refuse(404, "not-supported", "this operation is called on Patient", "operation")


def _entry(request: Request, match: Match, patient: Json) -> Json:
    grade = "certain" if match.outcome == LINK else "probable" if match.weight >= 0 else "possible"
    score = 1 / (1 + 2 ** -max(min(match.weight, 60.0), -60.0))
    return {
        "fullUrl": f"{request.base}/fhir/Patient/{match.person}",
        "resource": patient,
        "search": {
            "extension": [{"url": _GRADE, "valueCode": grade}],
            "mode": "match",
            "score": round(score, 6),
        },
    }


def _numbered_first(patient: Json, system: str, value: str) -> Json:
    """Return a Patient whose first number is the one that the source addressed."""
    own = [one for one in patient["identifier"] if (one.get("system"), one.get("value")) == (system, value)]
    rest = [one for one in patient["identifier"] if one not in own]
    return {**patient, "identifier": own + rest}


def _replaced_by(patient: Json) -> tuple[str, str] | None:
    """Return the number, or the Patient, that replaces this one."""
    for link in patient.get("link", []):
        if link.get("type") != "replaced-by":
            continue
        other = link.get("other", {})
        named = other.get("identifier", {})
        if named.get("system") and named.get("value"):
            return named["system"], named["value"]
        reference = str(other.get("reference", "")).rpartition("Patient/")[2]
        if reference:
            return golden.NODE, reference
    return None
