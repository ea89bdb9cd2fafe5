"""Writing a feed into the directory; with ``complete`` whoever is not in it any more is set inactive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ardenne.kernel.rest import conditional, keeping
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import parse as query
from ardenne.kernel.store import change
from ardenne.kernel.store.change import Change, Status
from ardenne.services.directory.feed import Read, system
from ardenne.standards.fhir.json import parse_exact

Json = dict[str, Any]
_CHUNK = 200
_PAGE = 500


class Loaded(NamedTuple):
    """What became of a feed: resources written, unchanged, and roles set inactive."""

    written: int
    unchanged: int
    ended: int


async def load(service: FhirService, found: Read, source: str, *, complete: bool = False) -> Loaded:
    """Write the resources of a feed. Raises RestError for one that is not valid FHIR."""
    changes = [keeping.put(one) for one in found.resources.values()]
    gone = await _gone(service, found, source) if complete else []
    written = unchanged = 0
    for part in _parts([*changes, *(keeping.put({**role, "active": False}) for role in gone)]):

        async def attempt(part: Sequence[Change] = part) -> list[change.Outcome]:
            async with service.database.transaction() as connection:
                return await service.resources.write_in(connection, part)

        for done in await conditional.retried(attempt):
            assert done.status.done, done.status
            unchanged += done.status is Status.UNCHANGED
            written += done.status is not Status.UNCHANGED
    return Loaded(written, unchanged, len(gone))


async def _gone(service: FhirService, found: Read, source: str) -> list[Json]:
    """Return the roles in force of a source that its file does not name."""
    gone: list[Json] = []
    pairs = [
        ("identifier", f"{system(source)}|"),
        ("active", "true"),
        ("_count", str(_PAGE)),
        ("_total", "none"),
    ]
    asked = query(pairs)
    while True:
        page = await service.searcher.search(["PractitionerRole"], asked)
        gone += [parse_exact(row.body) for row in page.matches if row.resource_id not in found.roles]
        if not page.next_cursor:
            return gone
        asked = asked._replace(cursor=page.next_cursor)


def _parts(changes: list[Change]) -> list[list[Change]]:
    return [changes[place : place + _CHUNK] for place in range(0, len(changes), _CHUNK)]
