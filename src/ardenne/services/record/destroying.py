"""Destroying the contents of a record: without its key nobody can read them, wherever copies may lie."""

from __future__ import annotations

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store import groups
from ardenne.kernel.store.contents import record_of


class Contents:
    """Fulfils ``contract.RecordContents``."""

    async def destroy(self, service: FhirService, patient_id: str) -> int:
        """Destroy the keys of a person's contents, and so all of them; return how many there were."""
        async with service.database.transaction() as connection:
            # nobody becomes or stops being the same person meanwhile
            await groups.lock(connection)
            records = await groups.members(connection, [record_of(patient_id)])
            number = await service.blobs.destroy(connection, records)
            await service.note(
                connection,
                patient_id,
                Action.DELETE,
                "contents-destroyed",
                f"{number} contents, key destroyed",
            )
        await service.blobs.discard()
        return number
