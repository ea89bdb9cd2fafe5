"""ITI-106 Generate Metadata: what this node would say of a document, without keeping it (MHD 4.2, 3.106)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import documents
from ardenne.standards.fhir.json import dump, parse
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.recognition import recognise
from ardenne.standards.refusal import Refusal

_FHIR = frozenset(
    {"application/fhir+json", "application/fhir+xml", "application/json", "application/xml", "text/xml"}
)


async def generate(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer with the DocumentReference of a posted document: its bytes, a Binary, a document Bundle or Parameters."""
    if resource_type != "DocumentReference" or resource_id or request.method != "POST":
        raise refuse(404, "not-supported", "$generate-metadata is posted to DocumentReference", "operation")
    data = _document(request)
    found = recognise(data, "document", zone=service.zone)
    if isinstance(found, Refusal):
        where = found.where + (f" (line {found.line})" if found.line else "")
        text = f"{found.found}. {found.mend}"
        raise RestError(422, [Issue("error", "structure", where, text, found.rule)])
    digest = hashlib.sha256(data).hexdigest()
    reference = documents.document_reference(found, digest, len(data), "unknown", [])
    del reference["id"]
    attachment = reference["content"][0]["attachment"]
    attachment["data"] = base64.b64encode(data).decode()
    attachment.pop("url", None)
    reference["subject"] = _subject(found.patient)
    return answers.resource(200, dump(reference))


def _subject(patient: dict[str, Any] | None) -> dict[str, Any]:
    if patient is None or not patient.get("identifier"):
        return {"display": "not named in the document"}
    return {"identifier": patient["identifier"][0]}


def _document(request: Request) -> bytes:
    """Return the bytes of the document in a request. Raises RestError."""
    kind = incoming.media_type(request.header("content-type"))
    if kind not in _FHIR:
        return request.body
    sent = (
        incoming.json_of(request)
        if kind in ("application/fhir+json", "application/fhir+xml")
        else request.body
    )
    if not sent.lstrip().startswith(b"{"):
        return request.body
    resource = parse(sent)
    if resource.get("resourceType") == "Parameters":
        parts = [one.get("resource") for one in resource.get("parameter", []) if "resource" in one]
        if len(parts) != 1:
            raise refuse(
                400, "required", "send one parameter that holds the document", "document", "Parameters"
            )
        resource = parts[0]
    if resource.get("resourceType") == "Binary":
        try:
            return base64.b64decode(str(resource.get("data", "")), validate=True)
        except ValueError:
            raise refuse(400, "value", "data is not base64", "base64", "Binary.data") from None
    return dump(resource)


OPERATIONS = {"$generate-metadata": generate}
