"""The SOAP doors ``/xds/registry``, ``/xds/repository`` and ``/xca``: from an HTTP request to an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import asyncpg
from lxml import etree

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.http.faults import report
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Caller, Kind
from ardenne.kernel.identity.errors import Unauthenticated
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.services.record.exchange import answers, asking, registering, removing, retrieving
from ardenne.services.record.exchange.objects import Place, bare
from ardenne.services.record.exchange.xua import XuaTrust
from ardenne.standards.xds import mtom, names, queries, reading, soap, writing
from ardenne.standards.xds.errors import Code, Refused, RegistryError, refuse

REGISTRY, REPOSITORY, GATEWAY = "/xds/registry", "/xds/repository", "/xca"
PATHS = (REGISTRY, REPOSITORY, GATEWAY)
_XDSB = f"{{{names.XDSB}}}"
_ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"
_IHE = "urn:ihe:iti:"
Authenticate = Callable[[Request], Awaitable[Caller]]


class Call(NamedTuple):
    """One request: the node as its caller may see it, what it says and the contents that came with it."""

    service: FhirService
    body: etree._Element
    contents: Mapping[str, bytes]
    writer: mtom.Writer
    where: str


class SharingDoors:
    """Answers the SOAP transactions of document sharing.

    ``authenticate`` finds the caller of a request that brings no SAML assertion.
    """

    def __init__(
        self, service: FhirService, place: Place, trust: XuaTrust, authenticate: Authenticate
    ) -> None:
        self._service = service
        self._place = place
        self._trust = trust
        self._authenticate = authenticate
        self._transactions: dict[str, dict[str, Callable[[Call], Awaitable[etree._Element]]]] = {
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

    async def answer(self, request: Request) -> Response:
        """Answer one request. Errors of the message are SOAP faults, errors of the transaction registry errors."""
        if request.method != "POST":
            return Response(405, b"", (("allow", "POST"),))
        relates_to = ""
        try:
            kind = request.header("content-type")
            package = mtom.Package(request.body, {})
            if mtom.is_package(kind):
                package = mtom.read(kind, request.body)
            message = soap.read(package.envelope)
            relates_to = message.message_id
            action = message.action or _action_of(kind)
            transaction = self._transactions[request.path].get(action)
            if transaction is None:
                known = ", ".join(self._transactions[request.path])
                text = f"the action {action[:100]} is not known at this address; there are {known}"
                raise soap.Fault("Sender", text, "wsa:ActionNotSupported")
            caller = await self._caller(request, message)
            return await self._run(request, message, package.contents, caller, action, transaction)
        except soap.Fault as fault:
            return _fault(fault, relates_to)
        except Unauthenticated as error:
            unknown = soap.Fault("Sender", error.message, "wsse:FailedAuthentication")
            answer = _fault(unknown, relates_to)._replace(status=error.status)
            header = error.www_authenticate
            return answer.with_headers(("www-authenticate", header)) if header else answer
        except (DatabaseUnavailable, asyncpg.DiskFullError):
            text = "the database is not there or full, nothing was written: try again in a moment"
            return _fault(soap.Fault("Receiver", text), relates_to)
        except Exception as error:
            text = f"something went wrong here, not with you: tell the operator the number {report(error)}"
            return _fault(soap.Fault("Receiver", text), relates_to)

    async def _caller(self, request: Request, message: soap.Message) -> Caller:
        header = message.header
        if header is not None and header.find(f".//{_ASSERTION}") is not None:
            return await self._trust.caller(self._service, etree.tostring(message.envelope))
        return await self._authenticate(request)

    async def _run(
        self,
        request: Request,
        message: soap.Message,
        contents: Mapping[str, bytes],
        caller: Caller,
        action: str,
        transaction: Callable[[Call], Awaitable[etree._Element]],
    ) -> Response:
        service = self._service.seen_by(caller, request.client)
        call = Call(service, message.body, contents, mtom.Writer(), f"{request.base}{request.path}")
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
        answered = f"{action}Response"
        envelope = soap.write(answered, body, message.message_id)
        if request.path == REPOSITORY or action.endswith("Retrieve"):
            kind, data = call.writer.message(envelope, answered)
        else:
            kind, data = f'application/soap+xml; charset=UTF-8; action="{answered}"', envelope
        return Response(200, data, (("content-type", kind), ("cache-control", "no-store")))

    async def _query(self, call: Call) -> etree._Element:
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
    seen = bare(service).as_platform(caller)
    if service.trace is not None and seen.trace is not None:
        seen.trace.lines = service.trace.lines
    return seen


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


def _action_of(content_type: str) -> str:
    """Return the action that a Content-Type names, for messages without wsa:Action."""
    _, found, rest = content_type.partition('action="')
    return rest.partition('"')[0] if found else ""


def _fault(fault: soap.Fault, relates_to: str) -> Response:
    data = soap.fault(fault, relates_to)
    return Response(fault.status, data, (("content-type", "application/soap+xml; charset=UTF-8"),))
