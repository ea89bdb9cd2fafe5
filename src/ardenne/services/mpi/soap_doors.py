"""The SOAP doors of the index: ``/pix/v3`` (ITI-44, 45), ``/pdq/v3`` (ITI-47), ``/xcpd`` (ITI-55, 56)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lxml import etree

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.soap.door import Asked, Callers, SoapDoor, answered
from ardenne.services.mpi import v3_discovering, v3_feeding, v3_finding
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.v3_own import Call, Own
from ardenne.standards.hl7v3 import feeds, queries, wrapper
from ardenne.standards.refusal import Refused
from ardenne.standards.xds import soap

PIX, PDQ, XCPD = "/pix/v3", "/pdq/v3", "/xcpd"
PATHS = (PIX, PDQ, XCPD)
_V3 = "urn:hl7-org:v3:"
_DISCOVERY = ":CrossGatewayPatientDiscovery"
_LOCATION = "urn:ihe:iti:2009:PatientLocationQuery"
Transaction = Callable[[Call], Awaitable[etree._Element]]


class PersonDoors:
    """Answers the HL7 v3 messages about persons of one node. ``community``: the OID of the node."""

    def __init__(self, service: FhirService, index: Index, community: str, callers: Callers) -> None:
        self._service, self._index, self._own = service, index, Own(community)
        self._transactions: dict[str, dict[str, Transaction]] = {
            PIX: {
                **{f"{_V3}{name}": v3_feeding.feed for name in feeds.INTERACTIONS},
                f"{_V3}{queries.CROSS}": v3_finding.cross,
            },
            PDQ: {
                f"{_V3}{queries.FIND}": v3_finding.find,
                f"{_V3}{queries.CONTINUE}": v3_finding.go_on,
                f"{_V3}{queries.CANCEL}": v3_finding.go_on,
            },
            XCPD: {
                f"{_V3}{queries.FIND}{_DISCOVERY}": v3_discovering.discover,
                _LOCATION: v3_discovering.locate,
            },
        }
        self._door = SoapDoor(callers, self._transactions, self._run)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        return await self._door.answer(request)

    async def _run(self, asked: Asked) -> Response:
        body, action = asked.message.body, asked.action
        located = action == _LOCATION
        try:
            head = wrapper.head(body) if not located else v3_discovering.NO_HEAD
        except Refused as error:
            raise soap.Fault("Sender", str(error)) from None
        if not located and not action.startswith(f"{_V3}{head.interaction}"):
            raise soap.Fault(
                "Sender", f"the body holds {head.interaction}, which is not what the action says"
            )
        service = self._service.seen_by(asked.caller, asked.request.client)
        call = Call(service, self._index, self._own, body, head)
        try:
            try:
                answer = await self._transactions[asked.request.path][action](call)
            except AccessRefused:
                raise soap.Fault(
                    "Sender", "you may not do this: the policy of this node forbids it", "wsse:FailedCheck"
                ) from None
            if service.trace is not None:
                service.trace.note(Action.OPERATION, None, detail=head.interaction or "PatientLocationQuery")
        finally:
            if service is not self._service:
                await service.finish()
        told = f"{_V3}{etree.QName(answer).localname}{_DISCOVERY if action.endswith(_DISCOVERY) else ''}"
        return answered(f"{action}Response" if located else told, answer, asked.message.message_id)
