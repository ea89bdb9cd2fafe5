"""What other services may use of the record."""

from __future__ import annotations

from typing import Protocol

from ardenne.kernel.rest.service import FhirService


class RecordContents(Protocol):
    """The contents (originals of documents) of a person's record."""

    async def destroy(self, service: FhirService, patient_id: str) -> int:
        """Destroy the keys of a person's contents, and so all of them; return how many there were.

        There is no way back except a backup that holds database and node key. Everybody who is one person with
        the patient is meant; what the resources say stays until they are deleted.
        """
        ...
