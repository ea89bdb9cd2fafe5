"""Conditional interactions: the target is found by a search (R4, RESTful API, 3.1.0.8 ff.).

Search and write happen in one transaction under a lock on the criteria, so that of many callers
who ask the same at once exactly one creates the resource.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlencode

import asyncpg

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.enforcement import enforce
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.incoming import Incoming
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import parse, read_pairs
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Method, Mode, Outcome, Status
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.locks import lock_texts
from ardenne.kernel.store.resources import Stored

Answer = TypeVar("Answer")
_RETRIES = 5
_TOKENS = ("identifier", "relatesto", "category", "event", "facility")
"""Parameters whose values are written ``system|code``: that bar is syntax, not text."""
_MANY = 1000


@asynccontextmanager
async def locked(service: FhirService, criteria: Iterable[str]) -> AsyncIterator[Connection]:
    """A transaction that holds the locks of some criteria until it ends."""
    async with service.database.transaction() as connection:
        await lock_texts(connection, criteria)
        yield connection


def lock_name(resource_type: str, criteria: str) -> str:
    """Return what is locked for criteria: the same whatever the order of the parameters."""
    return resource_type + "?" + "&".join(sorted(f"{name}={value}" for name, value in read_pairs(criteria)))


def criteria_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Return criteria for values as they are: what search would read as syntax is escaped."""
    return urlencode([(name, any_of(name, [value])) for name, value in pairs])


def any_of(name: str, values: Iterable[str]) -> str:
    """Return the value of a parameter that asks for any of some values as they are."""
    return ",".join(_value(name, value) for value in values)


def _value(name: str, value: str) -> str:
    if not name.startswith(_TOKENS):
        return _escaped(value)
    system, bar, kept = value.rpartition("|")
    return _escaped(system) + bar + _escaped(kept)


def _escaped(text: str) -> str:
    return re.sub(r"([\\,|$])", r"\\\1", text)


async def matches(
    service: FhirService, resource_type: str, criteria: str, connection: Connection, limit: int = 2
) -> list[tuple[str, int]]:
    """Return id and version of the matches. Raises RestError when the criteria cannot be used."""
    try:
        query = parse(read_pairs(criteria))
        if not query.parameters:
            raise refuse(412, "invalid", "a conditional interaction needs at least one search parameter")
        return await service.searcher.identities(resource_type, query, limit, connection)
    except SearchError as error:
        raise RestError(412, [error.issue]) from None


async def only_match(
    service: FhirService, resource_type: str, criteria: str, connection: Connection
) -> tuple[str, int] | None:
    """Return the one match or None. Raises RestError 412 when there are several."""
    found = await matches(service, resource_type, criteria, connection)
    if len(found) > 1:
        raise refuse(
            412, "multiple-matches", f"more than one {resource_type} matches the criteria: make them narrower"
        )
    return found[0] if found else None


async def create(service: FhirService, request: Request, sent: Incoming, criteria: str) -> Response:
    """Answer ``POST Type`` with If-None-Exist."""
    resource_type = sent.resource["resourceType"]
    criteria = criteria.strip().rpartition("?")[2]

    async def attempt() -> Response:
        async with locked(service, [lock_name(resource_type, criteria)]) as connection:
            found = await only_match(service, resource_type, criteria, connection)
            if found is None:
                asked = change.write(sent.resource, sent.content, change.new_id(), Mode.CREATE, Method.POST)
                return answers.written(request, await _write(service, connection, asked))
        existing = await service.resources.read(resource_type, found[0])
        if existing is None or existing.body is None:
            raise refuse(409, "conflict", "the match was deleted meanwhile: try again")
        return _existing(request, existing)

    return await retried(attempt)


def _existing(request: Request, found: Stored) -> Response:
    place = f"{request.base}/fhir/{found.resource_type}/{found.resource_id}/_history/{found.version}"
    headers = (("location", place), *answers.version_headers(found.version, found.updated))
    assert found.body is not None
    if answers.prefer(request, "return") == "minimal":
        return Response(200, b"", headers)
    return answers.resource(200, found.body, *headers)


async def update(service: FhirService, request: Request, resource_type: str) -> Response:
    """Answer ``PUT Type?criteria``."""
    sent = incoming.read_resource(incoming.json_of(request), resource_type)
    await enforce(service, sent.resource)

    async def attempt() -> Response:
        async with locked(service, [lock_name(resource_type, request.query)]) as connection:
            asked = await plan_update(
                service, sent, request.query, connection, answers.expected_version(request)
            )
            return answers.written(request, await _write(service, connection, asked))

    return await retried(attempt)


async def plan_update(
    service: FhirService, sent: Incoming, criteria: str, connection: Connection, expected: int | None
) -> Change:
    """Return the change of a conditional update: the match, or a new resource."""
    resource_type = sent.resource["resourceType"]
    found = await only_match(service, resource_type, criteria, connection)
    given = sent.resource.get("id")
    if found is None:
        mode = Mode.PUT if given else Mode.CREATE
        return change.write(
            sent.resource,
            sent.content,
            given or change.new_id(),
            mode,
            Method.PUT if given else Method.POST,
            expected,
        )
    if given and given != found[0]:
        raise refuse(
            400, "invalid", f"the content has the id '{given}', the criteria found '{found[0]}'", "id", "id"
        )
    return change.write(sent.resource, sent.content, found[0], Mode.UPDATE, Method.PUT, expected)


async def delete(service: FhirService, request: Request, resource_type: str) -> Response:
    """Answer ``DELETE Type?criteria``: every match goes, all or none."""
    async with locked(service, [lock_name(resource_type, request.query)]) as connection:
        found = await matches(service, resource_type, request.query, connection, _MANY + 1)
        if len(found) > _MANY:
            raise refuse(
                412, "multiple-matches", f"more than {_MANY} resources match: make the criteria narrower"
            )
        expected = answers.expected_version(request)
        changes = [change.delete(resource_type, resource_id, expected) for resource_id, _version in found]
        for done in await service.resources.write_in(connection, changes):
            if not done.status.done and done.status is not Status.GONE:
                raise answers.problem(done)
    return Response(204)


async def _write(service: FhirService, connection: Connection, asked: Change) -> Outcome:
    (done,) = await service.resources.write_in(connection, [asked])
    if not done.status.done:
        raise answers.problem(done)
    return done


async def retried(attempt: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run a transaction again when the database broke it off for another one's sake."""
    for number in range(_RETRIES):
        try:
            return await attempt()
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            if number == _RETRIES - 1:
                raise refuse(409, "conflict", "other writers touch the same resources: try again") from None
            await asyncio.sleep(0.01 * 2**number)
    raise AssertionError("unreachable")
