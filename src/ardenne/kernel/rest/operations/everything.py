"""``$everything``: the whole record of a Patient or Encounter (R4, Patient, operation everything)."""

from __future__ import annotations

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming, instance
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.searches import membership
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search import pages
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import parse
from ardenne.kernel.store import conditions as ask
from ardenne.standards.fhir import dates, definitions

_COMPARTMENTS = ("Patient", "Encounter")
_KNOWN = frozenset({"start", "end", "_since", "_type", "_count", "_cursor", "_format", "_pretty"})
_DEFAULT_COUNT = 500


async def everything(
    service: FhirService, request: Request, resource_type: str, resource_id: str
) -> Response:
    """Answer with the resource, what is in its compartment, and what these refer to, page by page."""
    if resource_type not in _COMPARTMENTS or not resource_id:
        raise refuse(404, "not-supported", "$everything is called on a Patient or an Encounter", "operation")
    asked = parameters.read(request)
    unknown = sorted(set(asked) - _KNOWN)
    if unknown:
        raise refuse(
            400, "not-supported", f"$everything has no parameter '{unknown[0][:40]}'", unknown[0][:40]
        )
    await instance.find(service, resource_type, resource_id)
    members = definitions.compartment(resource_type)
    types = [name for name, codes in members.items() if codes or name == resource_type]
    wanted = [name for text in asked.get("_type", []) for name in str(text).split(",") if name]
    if wanted:
        types = [name for name in types if name in {incoming.check_type(kind) for kind in wanted}]
    within = ask.All(
        (ask.Any(tuple(membership(name, resource_type, resource_id) for name in types)), *_period(asked))
    )
    count = min(parameters.whole_number(asked, "_count", _DEFAULT_COUNT), _DEFAULT_COUNT * 2)
    pairs = [("_count", str(count)), ("_include", "*"), ("_total", "none")]
    pairs += [("_cursor", parameters.one(asked, "_cursor"))] if "_cursor" in asked else []
    try:
        page = await service.searcher.search(types, parse(pairs), within=within)
    except SearchError as error:
        raise RestError(400, [error.issue]) from None
    kept = [(name, str(values[0])) for name, values in asked.items() if name != "_cursor"]
    query = parse([pair for pair in pairs if pair[0] == "_cursor"])._replace(pairs=tuple(kept))
    path = f"{resource_type}/{resource_id}/$everything"
    return answers.resource(200, pages.searchset(page, query, f"{request.base}/fhir", path))


def _period(asked: dict[str, list[str]]) -> list[ask.Condition]:
    """Return the conditions of ``start``, ``end`` (clinical dates) and ``_since`` (last update)."""
    found: list[ask.Condition] = []
    try:
        if "start" in asked:
            low, high = dates.span(parameters.one(asked, "start"))
            found.append(_dated_or_undated(ask.Dates(0, "ge", low, high)))
        if "end" in asked:
            low, high = dates.span(parameters.one(asked, "end"))
            found.append(_dated_or_undated(ask.Dates(0, "lt", high, high)))
        if "_since" in asked:
            low, high = dates.span(parameters.one(asked, "_since").replace(" ", "+"))
            found.append(ask.Updated("ge", low, high))
    except ValueError as error:
        raise refuse(400, "value", str(error), "period") from None
    return found


def _dated_or_undated(condition: ask.Dates) -> ask.Condition:
    """What has no clinical date belongs to every period."""
    return ask.Any((condition, ask.Not(ask.AnyDate(0))))


OPERATIONS = {"$everything": everything}
