"""``ViewDefinition/$run`` (SQL on FHIR v2): rows of a view over the store.

Called on the system as ``$run`` with the view as parameter ``viewResource``; ``_format`` is json, ndjson, csv or
parquet; ``patient`` limits it to one person, ``_since`` to what changed, ``_limit`` the number of rows.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.search.query import MAX_COUNT, parse
from ardenne.standards.fhir import views
from ardenne.standards.fhir.definitions import RESOURCE_TYPES
from ardenne.standards.fhir.json import parse_exact
from ardenne.standards.fhir.path import FhirPathError

_FORMATS = {
    "json": "application/json",
    "ndjson": "application/ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_MOST = 200_000


async def run(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer with the rows of a view. Raises RestError that says what is wrong with the view."""
    if resource_type or resource_id:
        raise refuse(
            404, "not-supported", "$run is called on the system with the parameter viewResource", "operation"
        )
    asked = _asked(request)
    view = (asked.get("viewResource") or [None])[0]
    if not isinstance(view, dict) or view.get("resource") not in RESOURCE_TYPES:
        raise refuse(400, "required", "send the ViewDefinition as parameter viewResource", "viewResource")
    kind = parameters.one(asked, "_format", "json").rpartition("/")[2]
    if kind not in _FORMATS:
        raise refuse(400, "not-supported", f"_format is one of {', '.join(_FORMATS)}", "_format")
    limit = parameters.whole_number(asked, "_limit", _MOST)
    resources = [one async for one in _resources(service, view["resource"], asked)]
    try:
        body = await asyncio.to_thread(_written, view, resources, kind, limit)
    except (views.ViewDefinitionError, FhirPathError) as error:
        raise refuse(422, "invalid", str(error), "view-definition") from None
    return Response(200, body, (("content-type", _FORMATS[kind]),))


def _asked(request: Request) -> dict[str, list[Any]]:
    """A ViewDefinition is no R4 resource: the Parameters are read without validating it."""
    found: dict[str, list[Any]] = parameters.read(request._replace(method="GET", body=b""))
    if request.body:
        try:
            sent = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise refuse(400, "structure", f"the content is no JSON: {error.msg}", "json") from None
        if not isinstance(sent, dict):
            raise refuse(400, "structure", "send Parameters or a ViewDefinition", "json")
        if sent.get("resourceType") == "ViewDefinition":
            found["viewResource"] = [sent]
        for parameter in sent.get("parameter", []):
            value = next(
                (one for name, one in parameter.items() if name.startswith(("value", "resource"))), None
            )
            found.setdefault(str(parameter.get("name", "")), []).append(value)
    return found


async def _resources(
    service: FhirService, resource_type: str, asked: dict[str, list[Any]]
) -> AsyncIterator[dict[str, Any]]:
    base = [("_count", str(MAX_COUNT)), ("_total", "none"), ("_sort", "_lastUpdated")]
    patient = asked.get("patient", [""])[0]
    if patient:
        reference = patient["reference"] if isinstance(patient, dict) else str(patient)
        base.append(("_id" if resource_type == "Patient" else "patient", reference.rpartition("/")[2]))
    if "_since" in asked:
        base.append(("_lastUpdated", f"ge{parameters.one(asked, '_since')}"))
    cursor: list[tuple[str, str]] = []
    seen = 0
    while True:
        try:
            page = await service.searcher.search([resource_type], parse([*base, *cursor]), strict=True)
        except SearchError as error:
            raise RestError(400, [error.issue]) from None
        for row in page.matches:
            yield parse_exact(row.body)
        seen += len(page.matches)
        if not page.next_cursor or seen >= _MOST:
            return
        cursor = [("_cursor", page.next_cursor)]


def _written(view: dict[str, Any], resources: list[dict[str, Any]], kind: str, limit: int) -> bytes:
    if kind in ("csv", "parquet"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"rows.{kind}"
            views.write(view, resources[:limit], path, "csv" if kind == "csv" else "parquet")
            return path.read_bytes()
    rows = list(islice(views.rows(view, resources), limit))
    if kind == "json":
        return orjson.dumps(rows, default=str)
    return b"".join(orjson.dumps(row, default=str) + b"\n" for row in rows)


OPERATIONS = {"$run": run}
