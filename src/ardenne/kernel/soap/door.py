"""From an HTTP request to the SOAP transaction that it asks for, and back: envelope, caller, faults."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NamedTuple

import asyncpg
from lxml import etree

from ardenne.kernel.http.faults import report
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.identity.errors import Unauthenticated
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.soap.xua import XuaTrust
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.standards.xds import mtom, soap

_ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"


class Asked(NamedTuple):
    """One request whose caller is known: what it says, and the contents that came with it."""

    request: Request
    message: soap.Message
    contents: Mapping[str, bytes]
    caller: Caller
    action: str


Transact = Callable[[Asked], Awaitable[Response]]


class Callers:
    """Who sends a SOAP message: whom its SAML assertion names, else whom ``authenticate`` finds.

    ``admit`` refuses whose certificate the door wants and does not get (IHE ATNA).
    """

    def __init__(
        self,
        service: FhirService,
        trust: XuaTrust,
        authenticate: Callable[[Request], Awaitable[Caller]],
        admit: Callable[[Request], Awaitable[object]] | None = None,
    ) -> None:
        self._service = service
        self._trust = trust
        self._authenticate = authenticate
        self._admit = admit

    async def of(self, request: Request, message: soap.Message) -> Caller:
        """Return the caller. Raises Unauthenticated."""
        if self._admit is not None:
            await self._admit(request)
        header = message.header
        if header is not None and header.find(f".//{_ASSERTION}") is not None:
            return await self._trust.caller(self._service, etree.tostring(message.envelope))
        return await self._authenticate(request)


class SoapDoor:
    """Answers at some addresses; ``actions`` says which actions (wsa:Action) each of them knows."""

    def __init__(self, callers: Callers, actions: Mapping[str, Collection[str]], transact: Transact) -> None:
        self._callers = callers
        self._actions = actions
        self._transact = transact

    async def answer(self, request: Request) -> Response:
        """Answer one request. What is wrong with the message or its sender becomes a SOAP fault."""
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
            if action not in self._actions[request.path]:
                known = ", ".join(self._actions[request.path])
                text = f"the action {action[:100]} is not known at this address; there are {known}"
                raise soap.Fault("Sender", text, "wsa:ActionNotSupported")
            caller = await self._callers.of(request, message)
            return await self._transact(Asked(request, message, package.contents, caller, action))
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


def answered(action: str, body: soap.Body, relates_to: str) -> Response:
    """Return the answer of a transaction whose contents stand in its envelope."""
    kind = f'application/soap+xml; charset=UTF-8; action="{action}"'
    data = soap.write(action, body, relates_to)
    return Response(200, data, (("content-type", kind), ("cache-control", "no-store")))


def _action_of(content_type: str) -> str:
    """Return the action that a Content-Type names, for messages without wsa:Action."""
    _, found, rest = content_type.partition('action="')
    return rest.partition('"')[0] if found else ""


def _fault(fault: soap.Fault, relates_to: str) -> Response:
    data = soap.fault(fault, relates_to)
    return Response(fault.status, data, (("content-type", "application/soap+xml; charset=UTF-8"),))
