"""Finding patients through the FHIR door, as a caller may see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ardenne.kernel.http.message import Request
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.rest.router import Router
from ardenne.services.accounts.authorize import Found
from ardenne.standards.fhir.json import parse

_MOST = 20


class FhirPatients:
    """Searches Patient; what the policy hides is not found, and what is shown is in the journal."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def find(self, caller: Caller, address: str, query: dict[str, str]) -> list[Found]:
        """Return at most twenty patients of a FHIR search."""
        text = urlencode({**query, "_count": str(_MOST)})
        headers = {"accept": "application/fhir+json"}
        request = Request("GET", "/fhir/Patient", text, headers, b"", "http://localhost", address, caller)
        answer = await self._router.answer(request)
        if answer.status != 200:
            return []
        entries = parse(answer.body).get("entry", [])
        return [_found(one["resource"]) for one in entries if one["resource"]["resourceType"] == "Patient"]


def _found(patient: dict[str, Any]) -> Found:
    name: dict[str, Any] = next((one for one in patient.get("name", []) if one.get("use") != "maiden"), {})
    words = [*name.get("given", []), name.get("family", "")]
    return Found(patient["id"], " ".join(part for part in words if part), patient.get("birthDate", ""))
