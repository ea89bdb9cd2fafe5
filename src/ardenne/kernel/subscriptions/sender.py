"""Delivery: handshakes, events, heartbeats, ends. Each Subscription is worked on by one sender at a time.

A sender holds a lease while it talks to a receiver, not a lock; when it dies the lease runs out and
the message is sent again: at least once, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ardenne.kernel.http.faults import report
from ardenne.kernel.policy import store as policy_store
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.errors import SearchError
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.kernel.subscriptions import endpoint, life, mail, matching, notification, plan, rules, store
from ardenne.kernel.subscriptions.endpoint import DeliveryError
from ardenne.kernel.subscriptions.notification import Bodies
from ardenne.kernel.subscriptions.plan import Plan, PlanError
from ardenne.kernel.subscriptions.rules import Rules
from ardenne.kernel.subscriptions.store import Event, State
from ardenne.standards.fhir import xml
from ardenne.standards.fhir.json import parse, parse_exact

_REASON_LENGTH = 500


class Sender:
    """Works on whatever Subscription needs something."""

    def __init__(self, service: FhirService, settings: Rules, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._rules = settings
        self._clock = clock

    async def claim(self) -> State | None:
        """Return a Subscription that needs something; nobody else gets it until ``finish``."""
        async with self._service.database.connection() as connection:
            return await store.claim(connection, self._clock())

    async def finish(self, state: State) -> None:
        """Do the one thing that a claimed Subscription needs."""
        try:
            await self._work(state)
        finally:
            async with self._service.database.connection() as connection:
                await store.release(connection, state.id)

    async def _work(self, state: State) -> None:
        if state.ended and state.status != "requested":
            await self._move(state, "off")
        elif state.status == "requested":
            await self._begin(state)
        elif state.plan is not None:
            await self._deliver(state, state.plan)

    async def _move(self, state: State, status: str, reason: str = "") -> None:
        async with self._service.database.transaction() as connection:
            now = self._clock()
            await life.move(self._service, connection, state, status, now, reason[:_REASON_LENGTH])

    async def _begin(self, state: State) -> None:
        """Understand a requested Subscription, try its receiver, make it active or say what is wrong."""
        found = await self._service.resources.read("Subscription", state.id)
        if found is None or found.body is None or found.version != state.version:
            return
        try:
            understood = plan.read(parse(found.body), self._rules.topic_base)
            matching.check(self._service, understood)
            self._check(understood)
            if understood.end is not None and understood.end <= self._clock().timestamp() * 1_000_000:
                await self._move(state, "off")
                return
            async with self._service.database.connection() as connection:
                await store.keep_plan(connection, state, understood)
            if understood.channel == "rest-hook" and understood.topic:
                await self._send(state._replace(plan=understood), understood, "handshake")
        except SearchError as error:
            await self._move(state, "error", error.issue.message)
            return
        except (PlanError, DeliveryError) as error:
            await self._move(state, "error", str(error))
            return
        await self._move(state, "active")

    def _check(self, understood: Plan) -> None:
        if understood.channel == "rest-hook":
            endpoint.place_of(understood.endpoint, self._rules)
        elif understood.channel == "email":
            mail.check(self._rules)

    async def _deliver(self, state: State, understood: Plan) -> None:
        """Send the events that wait, or a heartbeat when none do."""
        async with self._service.database.connection() as connection:
            limit = understood.max_count
            events = await store.events(connection, state.id, 1, store.LAST, "waiting", limit)
        numbers = [event.number for event in events]
        try:
            if events:
                await self._send(state, understood, "event-notification", events)
            elif understood.topic and understood.channel == "rest-hook":
                await self._send(state, understood, "heartbeat")
        except DeliveryError as error:
            await self._failed(state, numbers, str(error))
            return
        except DatabaseUnavailable:
            raise
        except Exception as error:
            await self._failed(state, numbers, f"fault {report(error)} of this node")
            return
        async with self._service.database.transaction() as connection:
            await store.delivered(connection, state.id, numbers, self._clock())

    async def _failed(self, state: State, numbers: Sequence[int], reason: str) -> None:
        async with self._service.database.transaction() as connection:
            # the resource before the state: the order in which everybody locks them
            await self._service.resources.read_in(connection, "Subscription", state.id)
            now = self._clock()
            again = now + rules.pause(await store.failures(connection, state.id))
            reason, allowed = reason[:_REASON_LENGTH], self._rules.attempts
            if await store.failed(connection, state.id, numbers, reason, allowed, again):
                told = f"{reason} ({allowed} attempts). $replay sends again what was not delivered."
                await life.move(self._service, connection, state, "error", now, told)

    async def _send(self, state: State, understood: Plan, kind: str, events: Sequence[Event] = ()) -> None:
        if understood.channel == "email":
            await mail.send(understood.endpoint, state.id, len(events), understood.timeout, self._rules)
            return
        headers = list(understood.headers)
        body = await self._body(state, understood, kind, events)
        if body:
            body = xml.dump(parse_exact(body)) if understood.xml else body
            headers.append(
                f"Content-Type: {'application/fhir+xml' if understood.xml else 'application/fhir+json'}"
            )
        await endpoint.post(understood.endpoint, headers, body, understood.timeout, self._rules)

    async def _seen(self, state: State) -> FhirService:
        """Return the node as whoever stands behind a Subscription may see it now."""
        reference = f"Subscription/{state.id}"
        owner = (await policy_store.owners(self._service.database, [reference])).get(reference)
        return self._service if owner is None else self._service.seen_by(owner)

    async def _body(self, state: State, understood: Plan, kind: str, events: Sequence[Event]) -> bytes:
        """Return the message as JSON; in the classic dialect the resource, or nothing without payload."""
        found: Bodies = {}
        if understood.content == "full-resource":
            seen = await self._seen(state)
            found = await bodies(seen, events)
            await seen.finish()
        if understood.topic:
            return notification.bundle(self._rules.base, state, kind, self._clock(), events, found)
        return next(iter(found.values()), b"")


async def bodies(service: FhirService, events: Sequence[Event]) -> Bodies:
    """Return the versions that events speak of; deletions and what was removed for good have none."""
    found = {}
    for event in events:
        if event.method != "delete":
            stored = await service.resources.read_version(
                event.resource_type, event.resource_id, event.version
            )
            if stored is not None and stored.body is not None:
                found[event.resource_type, event.resource_id, event.version] = stored.body
    return found
