"""The vaccines that the node knows, and who received a batch: what the stock asks (:mod:`contract`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.services.vaccination.acts import read_act
from ardenne.services.vaccination.contract import Recipient, ScannedBox
from ardenne.services.vaccination.leafing import pages
from ardenne.services.vaccination.nomenclature import starter
from ardenne.standards.gs1 import Gs1Error, read_box
from ardenne.ui import parties

Json = dict[str, Any]
_PAGE = 500


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {one.code: one.name for one in starter().choices()}


class KnownVaccines:
    """The shipped table as :class:`contract.Vaccines`."""

    def names(self) -> Mapping[str, str]:
        """Return names by code, products first."""
        return _names()

    def box(self, text: str) -> ScannedBox | None:
        """Read the code of a box; None for a text that is no code."""
        if not text:
            return ScannedBox()
        try:
            found = read_box(text)
        except Gs1Error:
            return None
        vaccine = starter().by_gtin.get(found.gtin)
        return ScannedBox(vaccine.code if vaccine else "", found.batch, found.expiry)


class BatchRecipients:
    """Who received which batch, read by the platform in the caller's name."""

    async def of_batch(self, service: FhirService, vaccine: str, batch: str) -> list[Recipient]:
        """Return all persons who received a batch; see :class:`contract.Recipients`."""
        platform = service.as_platform(service.caller, service.trace.address if service.trace else "")
        found = []
        try:
            async for act, patient in _acts(platform, batch):
                known = read_act(act, starter())
                same = _plain(known.lot) == _plain(batch) and known.status == "completed"
                if same and (known.vaccine is None or known.vaccine.code in ("", vaccine)):
                    found.append(_recipient(act, patient, known.performer))
        finally:
            if platform is not service:
                await platform.finish()
        return sorted(found, key=lambda one: (one.name.casefold(), one.day))


async def _acts(platform: FhirService, batch: str) -> AsyncIterator[tuple[Json, Json]]:
    """All Immunizations whose batch begins so, with their Patients."""
    wanted = [("lot-number", batch), ("_include", "Immunization:patient")]
    async for page in pages(platform, ["Immunization"], wanted, _PAGE):
        people = {f"Patient/{row.resource_id}": orjson.loads(row.body) for row in page.included}
        for row in page.matches:
            act = orjson.loads(row.body)
            yield act, people.get(act.get("patient", {}).get("reference", ""), {})


def _recipient(act: Json, patient: Json, vaccinator: str) -> Recipient:
    reference = str(act.get("patient", {}).get("reference", "")).removeprefix("Patient/")
    day = str(act.get("occurrenceDateTime", ""))[:10]
    born = str(patient.get("birthDate", ""))
    return Recipient(reference, str(act.get("id", "")), parties.display(patient), born, day, vaccinator)


def _plain(batch: str) -> str:
    return "".join(batch.split()).upper()
