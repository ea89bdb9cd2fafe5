"""Messages that arrive late: a result that was corrected is not undone by the one it corrects.

HL7 version 2 sends one result several times under one identity (preliminary, final, corrected; a visit
begun, a visit ended), and networks deliver in any order. A state never goes back to an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection

_STAGES = {
    "registered": 0, "preliminary": 1, "partial": 1, "planned": 0, "arrived": 1, "in-progress": 1, "final": 2,
    "finished": 2, "amended": 3, "corrected": 3, "appended": 3, "cancelled": 3, "entered-in-error": 3,
}  # fmt: skip
_LEADING = ("DiagnosticReport", "Encounter")
_STAGED = (*_LEADING, "Observation")

Json = dict[str, Any]


async def late(service: FhirService, connection: Connection, facts: Iterable[Json]) -> set[str]:
    """Return the ids of a message's resources whose stored form is at a later stage already."""
    known = {fact["id"]: fact for fact in facts if fact.get("resourceType") in _STAGED and "id" in fact}
    leading = [fact for fact in known.values() if fact["resourceType"] in _LEADING]
    if not [fact for fact in leading if await _stored(service, connection, fact)]:
        return set()
    found = set()
    for resource_id, fact in known.items():
        stored = await _stored(service, connection, fact)
        if stored is not None and _stage(stored) > _stage(fact):
            found.add(resource_id)
    return found


async def _stored(service: FhirService, connection: Connection, fact: Json) -> Json | None:
    found = await service.resources.read_in(connection, fact["resourceType"], fact["id"])
    return orjson.loads(found.body) if found is not None and found.body is not None else None


def _stage(resource: Json) -> int:
    return _STAGES.get(str(resource.get("status", "")), 0)
