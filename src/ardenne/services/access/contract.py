"""What other services may use of access: the code by which a patient, being there, agrees to something."""

from __future__ import annotations

from typing import Protocol

from ardenne.kernel.rest.service import FhirService


class OpeningRefused(Exception):
    """The record is not opened; the message is the rule: code, wait, reason, profession, closed, excluded."""


class PatientCodes(Protocol):
    """Codes that patients make on their pages and read to a professional."""

    async def redeem(self, service: FhirService, typed: str) -> str:
        """Use up a code for the caller of ``service``; return the patient's id.

        The use stands in the journal. Raises OpeningRefused.
        """
        ...
