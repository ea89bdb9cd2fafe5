"""Search over a type, a compartment or the whole store (R4, Search)."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search import catalogue, pages
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import Query, parse, read_pairs
from ardenne.kernel.store import conditions as ask
from ardenne.kernel.store import groups, hashing
from ardenne.kernel.store.types import NAMES
from ardenne.standards.fhir import definitions

FORM = "application/x-www-form-urlencoded"
_COMPARTMENTS = ("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device")


def read_query(request: Request) -> Query:
    """Return the query of a GET or POST search. Raises RestError."""
    try:
        pairs = read_pairs(request.query)
        if request.method == "POST":
            if incoming.media_type(request.header("content-type")) not in (FORM, ""):
                raise refuse(415, "not-supported", f"a search by POST is sent as {FORM}")
            pairs += read_pairs(request.body.decode("utf-8", "replace"))
        return parse(pairs)
    except SearchError as error:
        raise RestError(400, [error.issue]) from None


async def of_type(service: FhirService, request: Request, resource_type: str) -> Response:
    """Answer ``GET Type?…`` and ``POST Type/_search``."""
    query = read_query(request)
    return await answer(service, request, [resource_type], query, resource_type)


async def of_system(service: FhirService, request: Request) -> Response:
    """Answer ``GET /?…`` and ``POST /_search``, over the types of ``_type`` or over all."""
    query = read_query(request)
    types = [incoming.check_type(name) for name in query.types] or list(NAMES[1:])
    if not query.types and not query.parameters:
        raise refuse(
            400,
            "too-costly",
            "a search over everything needs a parameter or _type: see /fhir/metadata",
            "_type",
        )
    return await answer(service, request, types, query, "")


async def of_compartment(
    service: FhirService, request: Request, compartment: str, owner_id: str, resource_type: str
) -> Response:
    """Answer ``GET Patient/id/Type?…`` (R4, Compartments); type ``*`` means every type."""
    if compartment not in _COMPARTMENTS:
        raise refuse(404, "not-supported", f"{compartment} has no compartment", "compartment")
    incoming.check_id(owner_id)
    members = definitions.compartment(compartment)
    query = read_query(request)
    if resource_type == "*":
        types = [name for name, codes in members.items() if codes]
    else:
        types = [incoming.check_type(resource_type)]
        if not members.get(resource_type):
            raise refuse(404, "not-supported", f"{resource_type} is not in the {compartment} compartment")
    if len(types) == 1:
        within = membership(types[0], compartment, owner_id)
        path = f"{compartment}/{owner_id}/{resource_type}"
        return await answer(service, request, types, query, path, within)
    parts = tuple(membership(name, compartment, owner_id) for name in types)
    path = f"{compartment}/{owner_id}/*"
    return await answer(service, request, types, query, path, ask.Any(parts))


def membership(resource_type: str, compartment: str, owner_id: str) -> ask.Condition:
    """Return the condition that a resource of the type belongs to a compartment."""
    owner = hashing.self_hash(compartment, owner_id)
    members = groups.widened((owner,))
    alternatives: list[ask.Condition] = []
    for code in definitions.compartment(compartment).get(resource_type, ()):
        if code == "{def}":
            alternatives.append(ask.Selves(members))
            continue
        target = catalogue.find(resource_type, code)
        token = ask.Tokens(tuple(target.key ^ member for member in members))
        if target.owner and compartment == "Patient":
            alternatives.append(ask.OwnedBy((owner,)))
        else:
            alternatives.append(token)
    if resource_type == compartment:
        alternatives.append(ask.Selves(members))
    return alternatives[0] if len(alternatives) == 1 else ask.Any(tuple(alternatives))


async def answer(
    service: FhirService,
    request: Request,
    types: Sequence[str],
    query: Query,
    path: str,
    within: ask.Condition | None = None,
) -> Response:
    """Run a search and answer with its Bundle. Raises RestError."""
    strict = answers.prefer(request, "handling") == "strict"
    try:
        page = await service.searcher.search(types, query, strict=strict, within=within)
    except SearchError as error:
        raise RestError(error.status, [error.issue]) from None
    return answers.resource(200, pages.searchset(page, query, f"{request.base}/fhir", path))
