"""``$process-message`` (R4, Messaging): a message Bundle is filed like everything else; the answer is a message.

The resources beside the MessageHeader are stored for the person whom they are about, all or none. The same message again
changes nothing and gets an answer again. What cannot be filed waits at the error desk; the answer says why.
"""

from __future__ import annotations

import uuid
from typing import Any

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.identity.caller import Kind
from ardenne.kernel.policy import scoping
from ardenne.kernel.rest import answers, incoming
from ardenne.kernel.rest.errors import RestError, refuse
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import change
from ardenne.kernel.store.body import instant
from ardenne.services.record import documents, filing
from ardenne.services.record.feeds import counting
from ardenne.standards.fhir.json import dump, parse_exact
from ardenne.standards.fhir.outcome import Issue, operation_outcome

Json = dict[str, Any]
_SENDERS = frozenset({Kind.SOFTWARE, Kind.OPERATOR})
_NAMESPACE = uuid.UUID("5bb3b6d4-5d5c-5a0e-8a39-0d7f0f2c9a41")


async def process(service: FhirService, request: Request, resource_type: str, resource_id: str) -> Response:
    """Answer ``POST $process-message`` with a message Bundle. Raises RestError when it is no message at all."""
    if resource_type or resource_id:
        raise refuse(404, "not-supported", "$process-message is called on the base address", "operation")
    if service.caller.kind not in _SENDERS or not scoping.opens(service.caller, "Bundle", "c"):
        raise refuse(
            403, "forbidden", "messages are taken from registered systems that may create Bundles", "sender"
        )
    bundle = parse_exact(incoming.json_of(request))
    header = _header(bundle)
    sender = str(header.get("source", {}).get("name") or header.get("source", {}).get("endpoint", ""))
    rest = {"resourceType": "Bundle", "type": "collection", "entry": bundle["entry"][1:]}
    if not rest["entry"]:
        raise refuse(
            400, "required", "beside its header the message holds nothing", "message", "Bundle.entry"
        )
    seen = service.as_platform(service.caller, request.client)
    try:
        filed = await filing.file(seen, dump(rest), f"message {sender}"[:100])
    finally:
        await seen.finish()
    counting.note(
        f"message {service.caller.name or sender}",
        filed.outcome,
        documents.written_at(str(bundle.get("timestamp", ""))),
    )
    return answers.resource(200, dump(_answer(header, filed, request.base)))


def _header(bundle: Json) -> Json:
    """Return the MessageHeader of a message. Raises RestError."""
    entries = bundle.get("entry") or [{}]
    header: Json = entries[0].get("resource", {})
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "message":
        raise refuse(400, "invalid", "send a Bundle of the type message", "message", "Bundle.type")
    if header.get("resourceType") != "MessageHeader":
        text = "the first entry of a message is its MessageHeader"
        raise refuse(400, "invalid", text, "bdl-12", "Bundle.entry[0].resource")
    try:
        incoming.check(header)
    except RestError as error:
        raise RestError(
            400,
            [
                Issue(one.severity, one.code, f"Bundle.entry[0].resource.{one.path}", one.message, one.rule)
                for one in error.issues
            ],
        ) from None
    if "id" not in header:
        raise refuse(
            400, "required", "the header needs an id: the answer names it", "header-id", "MessageHeader.id"
        )
    return header


def _answer(header: Json, filed: filing.Filed, base: str) -> Json:
    """Return the message that answers another one: ok, or fatal-error with the reasons."""
    refused = filed.outcome == "refused"
    # the same message gets the same answer
    answer_id = str(uuid.uuid5(_NAMESPACE, f"{header['id']}:{filed.outcome == 'refused'}"))
    details = str(uuid.uuid5(_NAMESPACE, f"{answer_id}:details"))
    response: Json = {"identifier": header["id"], "code": "fatal-error" if refused else "ok"}
    issues = list(filed.issues)
    if issues:
        response["details"] = {"reference": f"urn:uuid:{details}"}
    answered: Json = {
        "resourceType": "MessageHeader",
        "id": answer_id,
        **{name: header[name] for name in ("eventCoding", "eventUri") if name in header},
        "source": {"name": "Ardenne", "endpoint": f"{base}/fhir"},
        "response": response,
    }
    entries = [{"fullUrl": f"urn:uuid:{answer_id}", "resource": answered}]
    if issues:
        outcome = {**operation_outcome(issues), "id": details}
        entries.append({"fullUrl": f"urn:uuid:{details}", "resource": outcome})
    return {"resourceType": "Bundle", "type": "message", "timestamp": instant(change.now()), "entry": entries}


OPERATIONS = {"$process-message": process}
