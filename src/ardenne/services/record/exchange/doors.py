"""The SOAP doors ``/xds/registry``, ``/xds/repository`` and ``/xca``: from an HTTP request to an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from lxml import etree

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.soap.door import Asked, Callers, SoapDoor, answered
from ardenne.services.record.exchange import answers, asking, registering, removing, retrieving
from ardenne.services.record.exchange.objects import Place
from ardenne.standards.xds import mtom, names, queries, reading, soap, writing
from ardenne.standards.xds.errors import Code, Refused, RegistryError, refuse

REGISTRY, REPOSITORY, GATEWAY = "/xds/registry", "/xds/repository", "/xca"
PATHS = (REGISTRY, REPOSITORY, GATEWAY)
_XDSB = f"{{{names.XDSB}}}"
_IHE = "urn:ihe:iti:"


class Call(NamedTuple):
    """One request: the node as its caller may see it, what it says and the contents that came with it."""

    service: FhirService
    body: etree._Element
    contents: Mapping[str, bytes]
    writer: mtom.Writer
    where: str


class SharingDoors:
    """Answers the SOAP transactions of document sharing."""

    def __init__(self, service: FhirService, place: Place, callers: Callers) -> None:
        self._service = service
        self._place = place
        self._transactions: dict[str, dict[str, Callable[[Call], Awaitable[soap.Body]]]] = {
            REGISTRY: {
                f"{_IHE}2007:RegistryStoredQuery": self._query,
                f"{_IHE}2007:RegisterDocumentSet-b": self._register,
                f"{_IHE}2010:UpdateDocumentSet": self._register,
                f"{_IHE}2010:RegisterOnDemandDocumentEntry": self._register,
                f"{_IHE}2010:DeleteDocumentSet": self._delete,
                f"{_IHE}2017:RemoveMetadata": self._delete,
            },
            REPOSITORY: {
                f"{_IHE}2007:ProvideAndRegisterDocumentSet-b": self._provide,
                f"{_IHE}2007:RetrieveDocumentSet": self._retrieve,
                f"{_IHE}2017:RemoveDocuments": self._remove,
            },
            GATEWAY: {
                f"{_IHE}2007:CrossGatewayQuery": self._query,
                f"{_IHE}2007:CrossGatewayRetrieve": self._retrieve,
            },
        }
        self._door = SoapDoor(callers, self._transactions, self._run)

    async def answer(self, request: Request) -> Response:
        """Answer one request. Errors of the message are SOAP faults, errors of the transaction registry errors."""
        return await self._door.answer(request)

    async def _run(self, asked: Asked) -> Response:
        request, message, action = asked.request, asked.message, asked.action
        transaction = self._transactions[request.path][action]
        service = self._service.seen_by(asked.caller, request.client)
        call = Call(service, message.body, asked.contents, mtom.Writer(), f"{request.base}{request.path}")
        try:
            try:
                body = await transaction(call)
            except Refused as error:
                body = _failure(action, error.errors, call)
            except AccessRefused:
                text = "you may not do this: the policy of this node or the patient's choice forbids it"
                body = _failure(action, [RegistryError(_general(request.path), text)], call)
            except SearchError as error:
                body = _failure(action, [RegistryError(_general(request.path), error.issue.message)], call)
            if service.trace is not None:
                service.trace.note(Action.OPERATION, None, detail=action.rpartition(":")[2])
        finally:
            await service.finish()
        told = f"{action}Response"
        if request.path != REPOSITORY and not action.endswith("Retrieve"):
            return answered(told, body, message.message_id)
        kind, data = call.writer.message(soap.write(told, body, message.message_id), told)
        return Response(200, data, (("content-type", kind), ("cache-control", "no-store")))

    async def _query(self, call: Call) -> str:
        question = queries.read(call.body)
        if question.home and question.home != self._place.home:
            text = f"this community is {self._place.home}, not {question.home[:80]}"
            raise refuse(Code.UNKNOWN_COMMUNITY, text, "AdhocQuery/@home")
        answer = await asking.ask(call.service, self._place, question)
        return answers.query_answer(answer, question.leaves, self._place)

    async def _register(self, call: Call) -> etree._Element:
        await registering.register(self._filing(call), self._place, reading.submission(call.body))
        return writing.registry_response(names.SUCCESS)

    async def _provide(self, call: Call) -> etree._Element:
        contents = {
            str(node.get("id", "")): mtom.content_of(node, call.contents)
            for node in call.body.findall(f"{_XDSB}Document")
        }
        found = reading.submission(call.body)
        await registering.register(self._filing(call), self._place, found, contents)
        return writing.registry_response(names.SUCCESS)

    async def _retrieve(self, call: Call) -> etree._Element:
        asked = retrieving.wanted(call.body)
        contents, errors = await retrieving.retrieve(call.service, self._place, asked)
        return answers.documents(contents, errors, self._place, call.writer, call.where)

    async def _delete(self, call: Call) -> etree._Element:
        await removing.delete_metadata(call.service, self._place, reading.references(call.body))
        return writing.registry_response(names.SUCCESS)

    async def _remove(self, call: Call) -> etree._Element:
        asked = retrieving.wanted(call.body)
        errors = await removing.remove_documents(call.service, self._place, asked)
        done = len(errors) < len(asked)
        status = names.SUCCESS if not errors else names.PARTIAL if done else names.FAILURE
        return writing.registry_response(status, errors, call.where)

    def _filing(self, call: Call) -> FhirService:
        """Return the node for filing: what systems send the platform files in their name."""
        return as_filed(call.service)


def as_filed(service: FhirService) -> FhirService:
    """Return the node for filing: what systems send the platform files in their name, if their scopes open it."""
    caller = service.caller
    if caller.kind is not Kind.SOFTWARE or not registering.may_submit(service):
        return service
    return registering.in_name(service)


def _general(path: str) -> Code:
    return Code.REGISTRY if path != REPOSITORY else Code.REPOSITORY


def _failure(action: str, errors: list[RegistryError], call: Call) -> etree._Element:
    if action.endswith("Query"):
        return answers.query_failure(errors, call.where)
    if action.endswith(("RetrieveDocumentSet", "CrossGatewayRetrieve")):
        node = writing.element(f"{_XDSB}RetrieveDocumentSetResponse")
        node.append(writing.registry_response(names.FAILURE, errors, call.where))
        return node
    return writing.registry_response(names.FAILURE, errors, call.where)
