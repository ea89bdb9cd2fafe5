"""Documents of a record as files for other services: taken along with a message, or added from one."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

from ardenne.kernel.policy.service import AccessRefused
from ardenne.kernel.rest import binary
from ardenne.kernel.rest.errors import RestError
from ardenne.kernel.rest.service import FhirService
from ardenne.services.record import display, document_page, reading
from ardenne.services.record.adding import form, wording, writing
from ardenne.services.record.adding.form import AddingError
from ardenne.services.record.contract import FilingRefused, Listed, Taken
from ardenne.standards.fhir.json import parse

_MOST = 200


class Files:
    """Fulfils ``contract.RecordFiles``."""

    async def person(self, service: FhirService, patient_id: str) -> str | None:
        """Return the name of a record's person; None when the caller may not see the record."""
        try:
            found = await reading.patient(service, patient_id)
        except (AccessRefused, RestError):
            return None
        return display.person(found) if found else None

    async def listed(self, service: FhirService, patient_id: str) -> Sequence[Listed]:
        """Return the current documents that the caller may read, newest first."""
        found = []
        for one in await reading.of_patient(service, patient_id, ["DocumentReference"], _MOST):
            attachment = (one.get("content") or [{}])[0].get("attachment", {})
            if one.get("status") == "current":
                date = str(attachment.get("creation") or one.get("date", ""))
                kind = str(attachment.get("contentType", ""))
                found.append(Listed(one["id"], document_page.title(one), date, kind))
        return sorted(found, key=lambda one: one.date, reverse=True)

    async def take(self, service: FhirService, patient_id: str, document_id: str) -> Taken | None:
        """Return the original of a document; None when the caller may not read it."""
        try:
            found = await reading.one(service, patient_id, "DocumentReference", document_id)
        except (AccessRefused, RestError):
            return None
        if found is None:
            return None
        attachment = found["content"][0].get("attachment", {})
        kind = str(attachment.get("contentType", "application/octet-stream"))
        name = f"{document_page.title(found)[:80]}.{document_page.ending(kind)}"
        if attachment.get("data"):
            return Taken(name, kind, base64.b64decode(attachment["data"]))
        stored = await service.resources.read(
            "Binary", str(attachment.get("url", "")).removeprefix("Binary/")
        )
        if stored is None or stored.body is None:
            return None
        return Taken(name, kind, await binary.content_of(service, parse(stored.body)))

    async def kinds(self, service: FhirService, patient_id: str) -> Sequence[tuple[str, str]]:
        """Return codes and English names of the kinds of document that the caller may add."""
        return [(code, wording.KINDS[code]) for code in await writing.kinds(service, patient_id)]

    async def add(
        self, service: FhirService, patient_id: str, described: Sequence[str], file: Taken, language: str
    ) -> str:
        """Add a file; return the document's id. Raises FilingRefused, AccessRefused."""
        title, kind, day = described
        today = datetime.now(UTC).astimezone(service.zone).date()
        try:
            asked = form.read({"title": title, "kind": kind, "day": day}, today, citizen=False)
            return await writing.add_file(service, patient_id, asked, file.content, file.name, language)
        except AddingError as error:
            raise FilingRefused(error.rule, error.detail) from None
