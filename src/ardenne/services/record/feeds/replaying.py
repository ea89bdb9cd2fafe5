"""Trying again what waits at the error desk, thousands at once, in the background."""

from __future__ import annotations

from ardenne.kernel.background import repeat
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import filing
from ardenne.services.record.feeds import store_feeds

_IDLE_SECONDS = 2.0
_CALLER = Caller(
    Kind.SOFTWARE, "error-desk", name="Error desk", profession="platform", purpose=Purpose.TREATMENT
)


class ReplayRunner:
    """Files what is to be tried again; several workers share it. What is refused again waits with its new reason."""

    def __init__(self, service: FhirService) -> None:
        self._service = service

    async def run(self) -> None:
        """Work for ever."""
        await repeat(self.step, _IDLE_SECONDS)

    async def step(self) -> bool:
        """Try one entry; False when none is left."""
        entry = await store_feeds.next_again(self._service.database)
        if entry is None:
            return False
        service = self._service.seen_by(_CALLER) if self._service.policy is not None else self._service
        try:
            data = await service.blobs.get(entry.digest)
            await filing.file(service, data, entry.source)
        finally:
            await service.finish()
        return True
