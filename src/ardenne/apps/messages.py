"""HL7 v2 over MLLP: which service takes which message, and where what nobody could take is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo
from pathlib import Path

from cryptography import x509

from ardenne.kernel.http import certificates
from ardenne.kernel.http.tls import tls_context
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.identity.store_families import Families
from ardenne.kernel.mllp.answering import Answerer, Taken
from ardenne.kernel.mllp.server import Limits, MllpServer
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.settings import Settings
from ardenne.services.mpi.index import Index
from ardenne.services.mpi.messages import PersonMessages
from ardenne.services.record import documents, filing
from ardenne.services.record import store as desk
from ardenne.services.record.feeds import counting
from ardenne.services.vaccination.messages import VaccinationMessages
from ardenne.services.vaccination.schedules import of_jurisdiction
from ardenne.standards import timestamps
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.hl7v2.er7 import Message


class Messages:
    """The takers of one node."""

    def __init__(self, service: FhirService, index: Index, schedule: str) -> None:
        self._service = service
        self._persons = PersonMessages(service, index)
        vaccinations = VaccinationMessages(service, schedule)
        takers = {
            **self._persons.takers(),
            **vaccinations.takers(),
            "ADT": self.admission,
            "ORU": self.document,
            "MDM": self.document,
        }
        self.answerer = Answerer(service.database, service.blobs, takers, self._keep)

    async def admission(self, message: Message, data: bytes, address: str) -> Taken:
        """Take what an ADT message says of the person, then of the visit."""
        taken = await self._persons.feed(message, data, address)
        if taken.code == "AA" and message.first("PV1") is not None and message.first("MRG") is None:
            # a visit that cannot be filed waits in the error desk; the person is registered all the same
            await self._file(message, data, address)
        return taken

    async def document(self, message: Message, data: bytes, address: str) -> Taken:
        """File results and documents; what is refused stands in the error desk with the reason."""
        filed = await self._file(message, data, address)
        if filed.outcome != "refused":
            return Taken()
        first = filed.issues[0]
        return Taken("AE", first.message, first.path, "207")

    async def _file(self, message: Message, data: bytes, address: str) -> filing.Filed:
        sender = (message.get("MSH-4.1") or message.get("MSH-3.1") or "mllp")[:100]
        caller = Caller(
            Kind.SOFTWARE, f"mllp:{sender}", name=sender, profession="platform", purpose=Purpose.TREATMENT
        )
        service = self._service.seen_by(caller, address)
        try:
            filed = await filing.file(service, data, f"mllp {address}".strip())
            counting.note(f"mllp {sender}", filed.outcome, _sent(message, self._service.zone))
            return filed
        finally:
            if service is not self._service:
                await service.finish()

    async def _keep(self, digest: str, source: str, taken: Taken) -> None:
        issue = Issue("error", "structure", taken.location, taken.text, f"hl7-{taken.condition}")
        await desk.refuse(self._service.database, digest, source, [issue])


def _sent(message: Message, zone: tzinfo) -> datetime | None:
    """Return when a message was made (MSH-7), None when it does not say."""
    try:
        return documents.written_at(timestamps.read(message.get("MSH-7")).fhir(zone))
    except ValueError:
        return None


async def listen(settings: Settings, service: FhirService, index: Index) -> None:
    """Take messages until cancelled; nothing when no port is set."""
    if not settings.mllp_port:
        return
    tls = None
    if settings.mllp_certificate:
        authorities = Path(settings.mllp_authorities) if settings.mllp_authorities else None
        tls = tls_context(Path(settings.mllp_certificate), Path(settings.mllp_key), authorities)
    limits = Limits(size=settings.body_limit)
    schedule = of_jurisdiction(settings.jurisdiction).schedule
    admit = _registered(service) if "mllp" in settings.closed_doors else None
    await MllpServer(Messages(service, index, schedule).answerer.answer, limits, admit).run(
        settings.mllp_host or settings.host, settings.mllp_port, tls
    )


def _registered(service: FhirService) -> Callable[[bytes], Awaitable[bool]]:
    """Return who may send: applications that are registered with their certificate."""
    families = Families(service.database)

    async def admit(der: bytes) -> bool:
        certificate = certificates.named(x509.load_der_x509_certificate(der))
        return await families.by_certificate(certificate) is not None

    return admit
