"""``$expunge``: removing for good what history keeps, when the law asks for it.

Parameters as HAPI names them: ``expungePreviousVersions``, ``expungeDeletedResources``, ``limit``. There is
no way back; the operation is for operators only.
"""

from __future__ import annotations

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import expunging
from ardenne.standards.fhir.json import dump

_LIMIT = 10_000


async def expunge(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Remove older versions, and deleted resources with all their versions, of a resource or a type."""
    if request.method != "POST":
        raise refuse(405, "not-supported", "$expunge is called by POST", "method")
    asked = parameters.read(request)
    versions = parameters.one(asked, "expungePreviousVersions") == "true"
    deleted = parameters.one(asked, "expungeDeletedResources") == "true"
    if not versions and not deleted:
        raise refuse(
            400,
            "required",
            "say what goes: expungePreviousVersions=true or expungeDeletedResources=true",
            "expunge",
        )
    limit = min(parameters.whole_number(asked, "limit", _LIMIT), _LIMIT)
    count = await expunging.expunge(service.database, resource_type, resource_id, versions, deleted, limit)
    body = {"resourceType": "Parameters", "parameter": [{"name": "count", "valueInteger": count}]}
    return answers.resource(200, dump(body))


OPERATIONS = {"$expunge": expunge}
