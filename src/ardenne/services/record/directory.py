"""Professionals and organisations in contents whom the directory knows by their number: they are not stored anew."""

from __future__ import annotations

from typing import Any

from ardenne.kernel.rest import conditional
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.standards.recognition import Recognised

_KINDS = ("Practitioner", "Organization")


async def authors(service: FhirService, connection: Connection, found: Recognised) -> dict[int, str]:
    """Return the authors of a content whom the directory knows: reference by place."""
    known = {}
    for place, author in enumerate(found.authors):
        reference = str(author.get("reference", "")) or await _by_number(service, connection, author)
        if reference:
            known[place] = reference
    return known


async def entries(service: FhirService, connection: Connection, found: Recognised) -> dict[int, str]:
    """Return the entries of a FHIR document whom the directory knows: reference by place."""
    known = {}
    for place, entry in enumerate((found.resource or {}).get("entry", [])):
        reference = await _by_number(service, connection, entry.get("resource", {}))
        if reference:
            known[place] = reference
    return known


async def _by_number(service: FhirService, connection: Connection, party: dict[str, Any]) -> str:
    """Return the reference of the one with a number of a party, empty when the directory does not know it.

    Where several have it, the one in active service counts.
    """
    kind = party.get("resourceType", "")
    if kind not in _KINDS:
        return ""
    for identifier in party.get("identifier", []):
        if not identifier.get("value"):
            continue
        token = [("identifier", f"{identifier.get('system', '')}|{identifier['value']}")]
        for pairs in (token, [*token, ("active", "true")]):
            matches = await conditional.matches(service, kind, conditional.criteria_text(pairs), connection)
            if len(matches) == 1:
                return f"{kind}/{matches[0][0]}"
            if not matches:
                break
    return ""
