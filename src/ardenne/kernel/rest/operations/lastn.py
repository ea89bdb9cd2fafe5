"""``Observation/$lastn``: the newest values of each analysis (R4, Observation, operation lastn)."""

from __future__ import annotations

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search import pages
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import parse, read_pairs
from ardenne.kernel.search.searcher import Row

_PAGE = 1000
_MOST = 20_000


async def lastn(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer with the ``max`` (default 1) newest Observations of every code; ties are all shown."""
    if resource_type != "Observation" or resource_id:
        raise refuse(404, "not-supported", "$lastn is called on Observation", "operation")
    asked = parameters.read(request)
    most = parameters.whole_number(asked, "max", 1)
    pairs = [
        (name, value) for name, value in read_pairs(request.query) if name not in ("max", "_count", "_sort")
    ]
    if not any(name.partition(":")[0] in ("patient", "subject") for name, _value in pairs):
        raise refuse(400, "required", "$lastn needs 'patient' or 'subject'", "subject")
    found: dict[str, list[tuple[str, Row]]] = {}
    base = [*pairs, ("_count", str(_PAGE)), ("_sort", "-date"), ("_total", "none")]
    cursor: list[tuple[str, str]] = []
    seen = 0
    try:
        while seen < _MOST:
            page = await service.searcher.search(["Observation"], parse([*base, *cursor]), strict=True)
            for row in page.matches:
                _keep(found, row, most)
            seen += len(page.matches)
            if not page.next_cursor:
                break
            cursor = [("_cursor", page.next_cursor)]
    except SearchError as error:
        raise RestError(400, [error.issue]) from None
    rows = [row for group in found.values() for _date, row in group]
    answer = page._replace(matches=rows, included=[], total=len(rows), next_cursor="")
    query = parse([])._replace(pairs=tuple(read_pairs(request.query)))
    return answers.resource(200, pages.searchset(answer, query, f"{request.base}/fhir", "Observation/$lastn"))


def _keep(found: dict[str, list[tuple[str, Row]]], row: Row, most: int) -> None:
    resource = orjson.loads(row.body)
    date = str(
        resource.get("effectiveDateTime")
        or resource.get("effectiveInstant")
        or resource.get("effectivePeriod")
    )
    code = resource.get("code", {})
    codings = sorted(f"{one.get('system', '')}|{one.get('code', '')}" for one in code.get("coding", []))
    group = found.setdefault(codings[0] if codings else str(code.get("text", "")), [])
    dates = {known for known, _row in group}
    if len(dates) < most or date in dates:
        group.append((date, row))


OPERATIONS = {"$lastn": lastn}
