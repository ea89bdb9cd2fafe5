"""HL7 v2 queries about persons: PIX QBP^Q23 (IHE ITI-9), PDQ QBP^Q22 with continuation (ITI-21), QCN^J01 that ends one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from ardenne.kernel.mllp.answering import Handle, Taken
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.services.mpi import crossing, finding, v2_answers
from ardenne.services.mpi.finding import Found, NoAnswer, Question, TooMany
from ardenne.services.mpi.v2_answers import Counts, Problem
from ardenne.standards.hl7v2 import fhir_types
from ardenne.standards.hl7v2.er7 import Message, Segment
from ardenne.standards.hl7v2.fhir_types import Context
from ardenne.standards.hl7v2.fields import numbers

Json = dict[str, Any]
_MOST = 50
_PARAMETERS = {
    "PID.5.1": "family", "PID.5.1.1": "family", "PID.5.2": "given", "PID.7": "birthdate", "PID.7.1": "birthdate",
    "PID.8": "gender", "PID.11.3": "address-city", "PID.11.5": "address-postalcode", "PID.11.6": "address-country",
}  # fmt: skip
_SEX = {"M": "male", "F": "female", "O": "other"}


class PersonQueries:
    """Answers queries. ``seen`` gives the node as the sender of a message at an address may see it."""

    def __init__(self, service: FhirService, seen: Callable[[Message, str], FhirService]) -> None:
        self._service = service
        self._seen = seen

    def takers(self) -> dict[str, Handle]:
        """Return who takes which type of message."""
        return {"QBP^Q23": self.cross_reference, "QBP^Q22": self.demographics, "QCN^J01": self.cancel}

    async def cross_reference(self, message: Message, data: bytes, address: str) -> Taken:
        """Answer a PIX query: the numbers of a person in other domains (RSP^K23)."""
        context = fhir_types.context(message, self._service.zone, {})
        query = message.first("QPD")
        asked = numbers(query, 3) if query is not None else ()
        if query is None or not asked:
            return _answered(message, "K23", Problem("QPD^1^3", "the query names no number"))
        system, value = context.identifier_system(asked[0].authority), asked[0].value
        targets = _domains(query, 4, context)
        strange = await self._strange(targets, 4)
        if strange is not None:
            return _answered(message, "K23", strange)
        database = self._service.database
        if not await crossing.is_domain(database, system):
            return _answered(message, "K23", Problem("QPD^1^3^1^4", "Unknown domain of the number"))
        person = await crossing.person(database, system, value)
        service = self._seen(message, address)
        try:
            stored = await service.resources.read("Patient", person) if person else None
        finally:
            if service is not self._service:
                await service.finish()
        if stored is None or stored.body is None:
            return _answered(message, "K23", Problem("QPD^1^3^1^1", "Unknown patient ID"))
        found = await crossing.numbers(database, person, orjson.loads(stored.body), (system, value), targets)
        return _answered(message, "K23", None, [(found, {})] if found else [])

    async def demographics(self, message: Message, data: bytes, address: str) -> Taken:
        """Answer a PDQ query: persons with their traits (RSP^K22), piece by piece when RCP-2 says so."""
        context = fhir_types.context(message, self._service.zone, {})
        query = message.first("QPD")
        pairs, described = _asked(query, context) if query is not None else ([], {})
        if query is None or not pairs:
            return _answered(
                message, "K22", Problem("QPD^1^3", "the query names no trait that can be searched")
            )
        targets = _domains(query, 8, context)
        strange = await self._strange(targets, 8)
        if strange is not None:
            return _answered(message, "K22", strange)
        service = self._seen(message, address)
        try:
            found = await _found(service, message, pairs, described)
        except Problem as problem:
            return _answered(message, "K22", problem)
        finally:
            if service is not self._service:
                await service.finish()
        people = [
            (await self._numbers(name, patient, targets), patient) for name, patient, _fit in found.persons
        ]
        counts = Counts(found.total, len(people), found.remaining)
        return _answered(message, "K22", None, people, counts)

    async def _numbers(self, person: str, patient: Json, targets: Sequence[str]) -> list[tuple[str, str]]:
        return await crossing.numbers(self._service.database, person, patient, None, targets)

    async def cancel(self, message: Message, data: bytes, address: str) -> Taken:
        """Forget an answer that nobody will fetch any more; one that is gone already is no error."""
        tag = message.get("QID-1").strip()
        if not tag:
            return Taken("AE", "the message names no query tag", "QID-1", "101")
        await finding.stop(self._seen(message, address), _key(tag))
        return Taken()

    async def _strange(self, targets: Sequence[str], field: int) -> Problem | None:
        for place, target in enumerate(targets, 1):
            if not await crossing.is_domain(self._service.database, target):
                return Problem(f"QPD^1^{field}^{place}", "Unknown target domain")
        return None


async def _found(
    service: FhirService, message: Message, pairs: list[tuple[str, str]], described: Json
) -> Found:
    """Return the persons of a question, or those from the place on that the message says (DSC-1). Raises Problem."""
    wanted, pointer = message.get("RCP-2.1").strip(), message.get("DSC-1").strip()
    page = min(int(wanted), _MOST) if wanted.isascii() and wanted.isdigit() and int(wanted) else _MOST
    key = _key(message.get("QPD-2").strip())
    try:
        if not pointer:
            return await finding.ask(service, key, Question(pairs, described, 0, page))
        if not (pointer.isascii() and pointer.isdigit() and 0 < int(pointer) <= finding.MOST):
            raise Problem("DSC^1^1", "this continuation pointer was not given here")
        return await finding.go_on(service, key, page, int(pointer))
    except TooMany:
        raise Problem("QPD^1^3", f"more than {finding.MOST} persons fit: ask more narrowly") from None
    except NoAnswer:
        raise Problem("DSC^1^1", "there is no such query, or it is too old: ask again") from None
    except SearchError as error:
        raise Problem("QPD^1^3", error.issue.message) from None


def _key(tag: str) -> str:
    return f"v2:{tag}"[:200]


def _domains(query: Segment, field: int, context: Context) -> list[str]:
    """Return the systems of the domains whose numbers are wanted."""
    found = (v2_answers.authority(one) for one in query.repetitions(field))
    return [context.identifier_system(one) for one in found if one is not None]


def _asked(query: Segment, context: Context) -> tuple[list[tuple[str, str]], Json]:
    """Return the traits as search parameters, and as the Patient who is described."""
    pairs = _pairs(query, context)
    traits = dict(pairs)
    name = {"family": traits.get("family", ""), "given": [traits["given"]] if "given" in traits else []}
    described = {
        "resourceType": "Patient", "name": [name], "birthDate": traits.get("birthdate", ""),
        "gender": traits.get("gender", ""),
    }  # fmt: skip
    return pairs, described


def _pairs(query: Any, context: Context) -> list[tuple[str, str]]:
    """Return the traits of a PDQ query as search parameters of FHIR; those that cannot be searched are left out."""
    pairs: list[tuple[str, str]] = []
    number: dict[str, str] = {}
    for one in query.repetitions(3):
        name, value = one.get(1).removeprefix("@"), one.get(2).strip()
        if not value:
            continue
        if name.startswith("PID.3"):
            number.setdefault(name, value)
        elif name in _PARAMETERS:
            text = _SEX.get(value.upper(), value) if name == "PID.8" else value
            if _PARAMETERS[name] == "birthdate":
                digits = value[:8]
                text = "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
            pairs.append((_PARAMETERS[name], text.replace(",", "\\,").rstrip("*")))
    if number.get("PID.3.1") or number.get("PID.3"):
        value = number.get("PID.3.1") or number["PID.3"]
        universal = number.get("PID.3.4.2", "")
        pairs.append(("identifier", f"urn:oid:{universal}|{value}" if universal else value))
    return pairs


def _answered(
    message: Message,
    event: str,
    problem: Problem | None,
    found: Sequence[tuple[list[tuple[str, str]], Json]] = (),
    counts: Counts | None = None,
) -> Taken:
    code = "AE" if problem is not None else "AA"
    return Taken(code, answer=v2_answers.response(message, event, problem, found, counts))
