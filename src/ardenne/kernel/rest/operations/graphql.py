"""``$graphql``: reading by GraphQL (R4, graphql), on the system or on one resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import incoming, instance
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search import catalogue
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import MAX_COUNT, parse, read_pairs
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.graphql import GraphQLError, Match, Page, execute
from ardenne.standards.fhir.json import parse as parse_json

_JSON = ("content-type", "application/json")


class _Reader:
    """What GraphQL reads of the store."""

    def __init__(self, service: FhirService, base: str) -> None:
        self._service = service
        self._base = f"{base}/fhir/"

    async def read(self, resource_type: str, id: str) -> dict[str, Any] | None:
        """Return the current version, None when there is none."""
        found = await self._service.resources.read(resource_type, id)
        return parse_json(found.body) if found is not None and found.body is not None else None

    async def resolve(self, reference: str) -> dict[str, Any] | None:
        """Return what a literal reference leads to in this store."""
        local = reference.removeprefix(self._base).partition("/_history/")[0]
        kind, _, name = local.partition("/")
        return await self.read(kind, name) if kind in RESOURCE_TYPES and name and "/" not in name else None

    async def search(self, resource_type: str, parameters: Sequence[tuple[str, str]], whole: bool) -> Page:
        """Return the first page of a search, or all of it in one."""
        pairs = [*parameters]
        if whole:
            pairs = [pair for pair in pairs if pair[0] != "_count"] + [("_count", str(MAX_COUNT))]
        return await self._page(resource_type, pairs, [])

    async def page(self, cursor: str) -> Page:
        """Return the page of a cursor that an earlier page gave."""
        try:
            resource_type, pairs, inner = orjson.loads(cursor)
            catalogue.check_type(resource_type, "cursor")
            return await self._page(resource_type, [tuple(pair) for pair in pairs], [("_cursor", inner)])
        except (orjson.JSONDecodeError, ValueError, TypeError):
            raise KeyError(cursor) from None

    async def _page(
        self, resource_type: str, pairs: list[tuple[str, str]], cursor: list[tuple[str, str]]
    ) -> Page:
        query = parse([*pairs, *(cursor or [])])
        found = await self._service.searcher.search([resource_type], query, strict=True)
        matches = [Match(parse_json(row.body)) for row in found.matches]
        following = ""
        if found.next_cursor:
            following = orjson.dumps([resource_type, pairs, found.next_cursor]).decode()
        return Page(matches, found.total, 0, query.page_size, next=following)


async def graphql(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer a query given as ``query`` of a GET, as JSON, or as ``application/graphql``."""
    if resource_type and not resource_id:
        raise refuse(404, "not-supported", "$graphql is called on the system or on one resource", "operation")
    query, operation, variables = _asked(request)
    resource = None
    if resource_id:
        found = await instance.find(service, resource_type, resource_id)
        assert found.body is not None
        resource = parse_json(found.body)
    try:
        answer = await execute(
            query, _Reader(service, request.base), resource, operation=operation, variables=variables
        )
    except GraphQLError as error:
        status = 404 if error.code == "not-found" else 400
        return Response(status, orjson.dumps(error.answer()), (_JSON,))
    except SearchError as error:
        raise RestError(400, [error.issue]) from None
    return Response(200, orjson.dumps(answer, default=str), (_JSON,))


def _asked(request: Request) -> tuple[str, str, dict[str, Any]]:
    kind = incoming.media_type(request.header("content-type"))
    if request.method == "POST" and kind == "application/graphql":
        return request.body.decode("utf-8", "replace"), "", {}
    if request.method == "POST":
        try:
            sent = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise refuse(400, "structure", f"the content is no JSON: {error.msg}", "json") from None
        if not isinstance(sent, dict) or not isinstance(sent.get("query"), str):
            raise refuse(400, "required", "send JSON with 'query', and 'variables' if there are any", "query")
        variables = sent.get("variables")
        return (
            sent["query"],
            str(sent.get("operationName") or ""),
            variables if isinstance(variables, dict) else {},
        )
    pairs = dict(read_pairs(request.query))
    if not pairs.get("query"):
        raise refuse(400, "required", "the parameter 'query' is missing", "query")
    return pairs["query"], "", {}


OPERATIONS = {"$graphql": graphql}
