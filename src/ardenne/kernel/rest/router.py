"""From method and path to the interaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import asyncpg
import orjson

from ardenne.kernel.http.faults import report
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.policy.service import AccessRefused, administers
from ardenne.kernel.rest import (
    answers,
    binary,
    bundles,
    capability,
    conditional,
    histories,
    incoming,
    instance,
    patching,
    searches,
)  # fmt: skip
from ardenne.kernel.rest.errors import RestError, refusal, refuse
from ardenne.kernel.rest.formats import negotiated
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.store import custom
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.outcome import Issue

PREFIX = "/fhir"
Door = Callable[[FhirService, Request, Sequence[str]], Awaitable[Response]]
ADMINISTRATIVE = frozenset({"$expunge", "$reindex", "$reindex-pause", "$reindex-resume", "$import"})
"""Operations on the node rather than on what a caller may see."""
Operation = Callable[[FhirService, Request, str, str], Awaitable[Response]]
"""An operation gets the resource type and id that it was called on (empty when it was not)."""
Taker = Callable[[FhirService, Request], Awaitable[Response | None]]
"""Answers what a service knows by its content, such as a feed or a document Bundle; None: it is an ordinary request."""


class Router:
    """The FHIR door.

    ``operations`` holds the ``$name`` operations that services brought; ``doors`` answers for types that are
    not kept as resources, such as AuditEvent; ``taken`` may take what is sent with a method to a type (empty: the base).
    ``profiles`` are the published CapabilityStatements that the node fulfils.
    """

    def __init__(
        self,
        service: FhirService,
        operations: dict[str, Operation] | None = None,
        doors: dict[str, Door] | None = None,
        taken: dict[tuple[str, str], Taker] | None = None,
        profiles: tuple[str, ...] = (),
    ) -> None:
        self.service = service
        self.operations = operations or {}
        self.doors = doors or {}
        self.taken = taken or {}
        self._profiles = profiles

    async def answer(self, request: Request) -> Response:
        """Answer a request in the format that the client takes; errors become OperationOutcomes."""
        service = self.service.seen_by(request.caller, request.client, request.query)
        try:
            try:
                response = await self.dispatch(request, service)
            finally:
                await service.finish()
        except RestError as error:
            response = answers.error(error)
        except SearchError as error:
            response = answers.outcome(error.status, [error.issue])
        except DatabaseUnavailable as error:
            issue = Issue("error", "transient", "", f"{error}: try again in a moment", "database")
            response = answers.outcome(503, [issue], ("retry-after", "2"))
        except asyncpg.DiskFullError:
            text = "the disk of the database is full, nothing was written: tell the operator"
            response = answers.outcome(507, [Issue("error", "no-store", "", text, "disk")])
        except asyncpg.QueryCanceledError:
            text = "the question takes too long to answer: make it narrower, for example by patient or date"
            response = answers.outcome(503, [Issue("error", "too-costly", "", text, "time-limit")])
        except Exception as error:
            text = f"something went wrong here, not with you: tell the operator the number {report(error)}"
            response = answers.outcome(500, [Issue("error", "exception", "", text, "fault")])
        return negotiated(request, response)

    async def dispatch(self, request: Request, service: FhirService) -> Response:
        """Run the interaction on the node as the caller sees it. Raises RestError."""
        try:
            return await self._interaction(request, service)
        except AccessRefused as error:
            raise refusal(error, request) from None

    async def _interaction(self, request: Request, service: FhirService) -> Response:
        path = request.path[len(PREFIX) :].strip("/")
        parts = path.split("/") if path else []
        if not parts:
            return await self._system(service, request)
        if parts[0].startswith(("$", "_")) or parts[0] == "metadata":
            return await self._system_named(service, request, parts)
        if parts[0] not in RESOURCE_TYPES:
            raise refuse(
                404, "not-supported", f"'{parts[0][:60]}' is not a resource type of FHIR R4", "resource-type"
            )
        if parts[0] in self.doors:
            return await self.doors[parts[0]](service, request, parts)
        if len(parts) == 1:
            return await self._type(service, request, parts[0])
        if parts[1].startswith(("$", "_")):
            return await self._type_named(service, request, parts)
        return await self._instance(service, request, parts)

    async def _system(self, service: FhirService, request: Request) -> Response:
        match request.method:
            case "POST":
                answered = await self._taken(service, request, "")
                if answered is not None:
                    return answered
                return await bundles.process(service, request, partial(self.dispatch, service=service))
            case "GET" | "HEAD":
                return await searches.of_system(service, request)
        raise _not_allowed(request, "GET, HEAD, POST")

    async def _taken(self, service: FhirService, request: Request, address: str) -> Response | None:
        known = self.taken.get((request.method, address))
        return await known(service, request) if known is not None else None

    async def _system_named(self, service: FhirService, request: Request, parts: list[str]) -> Response:
        match request.method, parts:
            case "GET" | "HEAD", ["metadata"]:
                base = f"{request.base}{PREFIX}"
                if "mode=terminology" in request.query:
                    return answers.resource(200, orjson.dumps(capability.terminology(base)))
                known = custom.current()
                added = tuple(one for one in known.all() if known.is_ready(one))
                body = orjson.dumps(capability.statement(base, tuple(self.operations), added, self._profiles))
                return answers.resource(200, body)
            case "GET" | "HEAD", ["_history"]:
                return await histories.of_types(service, request)
            case "POST", ["_search"]:
                return await searches.of_system(service, request)
            case _, [name] if name.startswith("$"):
                return await self._operation(service, request, name, "", "")
        raise refuse(404, "not-found", "there is nothing at this address: see /fhir/metadata", "address")

    async def _type(self, service: FhirService, request: Request, resource_type: str) -> Response:
        match request.method:
            case "GET" | "HEAD":
                return await searches.of_type(service, request, resource_type)
            case "POST" if resource_type == "Binary":
                return await binary.create(service, request)
            case "POST":
                answered = await self._taken(service, request, resource_type)
                return answered or await instance.create(service, request, resource_type)
            case "PUT":
                answered = await self._taken(service, request, resource_type)
                return answered or await conditional.update(service, request, resource_type)
            case "PATCH":
                return await patching.conditional_patch(service, request, resource_type)
            case "DELETE":
                return await conditional.delete(service, request, resource_type)
        raise _not_allowed(request, "GET, HEAD, POST, PUT, PATCH, DELETE")

    async def _type_named(self, service: FhirService, request: Request, parts: list[str]) -> Response:
        match request.method, parts[1:]:
            case "POST", ["_search"]:
                return await searches.of_type(service, request, parts[0])
            case "GET" | "HEAD", ["_history"]:
                return await histories.of_types(service, request, parts[0])
            case _, [name] if name.startswith("$"):
                return await self._operation(service, request, name, parts[0], "")
        raise refuse(404, "not-found", "there is nothing at this address: see /fhir/metadata", "address")

    async def _instance(self, service: FhirService, request: Request, parts: list[str]) -> Response:
        match request.method, parts:
            case "GET" | "HEAD", ["Binary", resource_id]:
                return await binary.read(service, request, resource_id)
            case "PUT", ["Binary", resource_id]:
                return await binary.update(service, request, resource_id)
            case "GET" | "HEAD", [name, resource_id]:
                return await instance.read(service, request, name, resource_id)
            case "PUT", [name, resource_id]:
                return await instance.update(service, request, name, resource_id)
            case "PATCH", [name, resource_id]:
                return await patching.patch(service, request, name, resource_id)
            case "DELETE", [name, resource_id]:
                return await instance.delete(service, request, name, resource_id)
            case _, [_, _]:
                raise _not_allowed(request, "GET, HEAD, PUT, PATCH, DELETE")
            case "GET" | "HEAD", [name, resource_id, "_history"]:
                return await histories.of_resource(service, request, name, resource_id)
            case "GET" | "HEAD", [name, resource_id, "_history", version]:
                return await instance.vread(service, request, name, resource_id, version)
            case _, [name, resource_id, operation] if operation.startswith("$"):
                return await self._operation(service, request, operation, name, resource_id)
            case "GET" | "HEAD", [name, resource_id, member]:
                return await searches.of_compartment(service, request, name, resource_id, member)
            case "POST", [name, resource_id, member, "_search"]:
                return await searches.of_compartment(service, request, name, resource_id, member)
        raise refuse(404, "not-found", "there is nothing at this address: see /fhir/metadata", "address")

    async def _operation(
        self, service: FhirService, request: Request, name: str, resource_type: str, resource_id: str
    ) -> Response:
        operation = self.operations.get(name)
        if operation is None:
            raise refuse(
                404, "not-supported", f"there is no operation {name[:60]}: see /fhir/metadata", "operation"
            )
        if name in ADMINISTRATIVE and not administers(request.caller):
            raise refuse(403, "forbidden", f"{name} is for the operators of this node", "administration")
        if resource_id:
            incoming.check_id(resource_id)
        return await operation(service, request, resource_type, resource_id)


def _not_allowed(request: Request, allowed: str) -> RestError:
    return refuse(
        405, "not-supported", f"{request.method} does not apply here; there are {allowed}", "method"
    )
