"""From the changes of the store to the events of the Subscriptions, each round in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.policy import store as policy_store
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.kernel.subscriptions import matching, store, store_changes
from ardenne.kernel.subscriptions.store_changes import Seen
from ardenne.standards.fhir.json import parse

_PAGE = 1000
_OWN_TYPE = "Subscription"


class Reader:
    """Reads on from where the last one stopped. Any number of processes may have one: they take turns."""

    def __init__(self, service: FhirService, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock

    async def round(self, limit: int = _PAGE) -> bool:
        """Read at most ``limit`` changes; return whether there may be more at once.

        Events and the place of the reader are committed together: a crash loses and doubles nothing.
        """
        async with self._service.database.transaction() as connection:
            span = await store_changes.take(connection)
            if span is None:
                return False
            watched = await store.watching(connection)
            types = {plan.resource_type for plan in watched.values()} | {_OWN_TYPE}
            page = await store_changes.changes(connection, span, types, limit)
            more = len(page) == limit
            await store_changes.move(connection, page[-1].position if more else span.end)
            if not page:
                return False
            gone = await self._load(connection, page)
            watched = {key: plan for key, plan in watched.items() if key not in gone}
            seen = in_order(page)
            owners = await self._owners(connection, watched)
            asked = {key: matching.question(plan, owners.get(key)) for key, plan in watched.items()}
            matches = await matching.match(self._service, connection, asked.values(), seen)
            for subscription, plan in sorted(watched.items()):
                if asked[subscription] in matches.broken:
                    await store.unplan(connection, subscription, self._clock())
                    continue
                found = matches.of(plan, seen, owners.get(subscription))
                if found:
                    await store.record(connection, subscription, found)
            return more

    async def _owners(self, connection: Connection, watched: Iterable[str]) -> dict[str, Caller]:
        """Return for whom Subscriptions watch; the operator's are not named."""
        names = {f"{_OWN_TYPE}/{key}": key for key in watched}
        found = await policy_store.owners(connection, names)
        return {names[reference]: owner for reference, owner in found.items()}

    async def _load(self, connection: Connection, page: Sequence[Seen]) -> set[str]:
        """Take note of Subscriptions that changed; return those that were deleted or switched off."""
        ids = {one.resource_id for one in page if one.resource_type == _OWN_TYPE}
        if not ids:
            return set()
        gone = set()
        current = await store_changes.subscriptions(connection, ids)
        for resource_id in sorted(ids & set(current)):
            version, body = current[resource_id]
            if body is None:
                await store.remove(connection, resource_id)
                gone.add(resource_id)
                continue
            off = parse(body).get("status") == "off"
            await store.load(connection, resource_id, version, "off" if off else "requested", self._clock())
            if off:
                gone.add(resource_id)
        return gone


def in_order(page: Sequence[Seen]) -> list[Seen]:
    """Return changes such that the versions of a resource follow one another.

    A transaction that began first may have written the later version of a resource.
    """
    versions: dict[int, list[Seen]] = {}
    for one in page:
        versions.setdefault(one.position.pk, []).append(one)
    turns = {pk: iter(sorted(ones, key=lambda one: one.position.version)) for pk, ones in versions.items()}
    return [next(turns[one.position.pk]) for one in page]
