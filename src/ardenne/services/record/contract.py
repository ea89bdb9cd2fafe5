"""What other services may use of the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ardenne.kernel.rest.service import FhirService


class RecordContents(Protocol):
    """The contents (originals of documents) of a person's record."""

    async def destroy(self, service: FhirService, patient_id: str) -> int:
        """Destroy the keys of a person's contents, and so all of them; return how many there were.

        There is no way back except a backup that holds database and node key. Everybody who is one person with
        the patient is meant; what the resources say stays until they are deleted.
        """
        ...


class Listed(NamedTuple):
    """A document that can be taken along. ``date``: as FHIR writes it."""

    id: str
    title: str
    date: str
    media_type: str


class Taken(NamedTuple):
    """The original of a document."""

    name: str
    media_type: str
    content: bytes


class FilingRefused(Exception):
    """A file is not added. ``rule``: title, day, kind, size, file, format, closed or author; ``detail``: in English."""

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(rule)
        self.rule, self.detail = rule, detail


class RecordFiles(Protocol):
    """Documents of a record as files, for the caller of ``service``: decided by the policy, noted in the journal."""

    async def person(self, service: FhirService, patient_id: str) -> str | None:
        """Return the name of a record's person; None when the caller may not see the record."""
        ...

    async def listed(self, service: FhirService, patient_id: str) -> Sequence[Listed]:
        """Return the current documents that the caller may read, newest first."""
        ...

    async def take(self, service: FhirService, patient_id: str, document_id: str) -> Taken | None:
        """Return the original of a document; None when the caller may not read it."""
        ...

    async def kinds(self, service: FhirService, patient_id: str) -> Sequence[tuple[str, str]]:
        """Return codes and English names of the kinds of document that the caller may add."""
        ...

    async def add(
        self, service: FhirService, patient_id: str, described: Sequence[str], file: Taken, language: str
    ) -> str:
        """Add a file; return the document's id. ``described``: title, kind and day (ISO). Raises FilingRefused, AccessRefused."""
        ...
