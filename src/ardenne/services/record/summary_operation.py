"""``Patient/ID/$summary``: the International Patient Summary as a document, of what the caller may see (IPS 1.1)."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, conditional, instance
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse as parse_query
from ardenne.kernel.search.query import read_pairs
from ardenne.kernel.store import change
from ardenne.kernel.store.body import instant
from ardenne.services.record import ips
from ardenne.standards.fhir.json import dump, parse_exact

Json = dict[str, Any]
_MOST_RESULTS = 100


async def summary(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer with the document Bundle. The patient is named by the address, or by ``identifier`` (system|value)."""
    if resource_type != "Patient":
        raise refuse(404, "not-supported", "$summary is called on a Patient", "operation")
    if not resource_id:
        resource_id = await _identified(service, parameters.one(parameters.read(request), "identifier"))
    return answers.resource(200, dump(await compose(service, resource_id)))


async def compose(service: FhirService, resource_id: str) -> Json:
    """Return the summary of a patient as a document Bundle, of what the caller may see. Raises RestError."""
    stored = await instance.find(service, "Patient", resource_id)
    assert stored.body is not None
    found = {}
    for name in ips.TYPES:
        pairs = [("patient", f"Patient/{resource_id}"), ("_count", "1000")]
        if name == "Observation":
            pairs = [
                *pairs[:1],
                ("category", "laboratory"),
                ("_sort", "-date"),
                ("_count", str(_MOST_RESULTS)),
            ]
        query = parse_query(read_pairs(conditional.criteria_text(pairs)))
        page = await service.searcher.search([name], query)
        found[name] = [parse_exact(row.body) for row in page.matches]
    return ips.document(parse_exact(stored.body), found, instant(change.now()), "Ardenne")


async def _identified(service: FhirService, identifier: str) -> str:
    if not identifier:
        raise refuse(
            400, "required", "name the patient: Patient/ID/$summary, or identifier=system|value", "identifier"
        )
    query = parse_query(read_pairs(conditional.criteria_text([("identifier", identifier)])))
    page = await service.searcher.search(["Patient"], query)
    if len(page.matches) != 1:
        raise refuse(404, "not-found", "no patient of this identifier that you may see", "identifier")
    return page.matches[0].resource_id


OPERATIONS = {"$summary": summary}
