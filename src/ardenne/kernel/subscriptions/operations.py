"""``$status``, ``$events``, ``$get-ws-binding-token`` (Subscriptions R5 Backport IG 1.1) and our ``$replay``."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson

from ardenne.kernel.http.message import Request, Response
from ardenne.kernel.rest import answers, incoming, instance
from ardenne.kernel.rest.errors import refuse
from ardenne.kernel.rest.operations import parameters
from ardenne.kernel.rest.router import PREFIX, Operation
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.body import instant
from ardenne.kernel.subscriptions import life, notification, sender, store
from ardenne.kernel.subscriptions.plan import CONTENTS
from ardenne.kernel.subscriptions.store import State
from ardenne.standards.fhir.json import parse

Json = dict[str, Any]
_TYPE = "Subscription"
_MOST_EVENTS = 1000
_TOKEN_LIFE = timedelta(minutes=5)


class SubscriptionOperations:
    """The operations on Subscriptions of one node."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "$status": self.status,
            "$events": self.events,
            "$replay": self.replay,
            "$get-ws-binding-token": self.token,
        }

    async def status(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer with the status of one Subscription, of those named by ``id``, or of all."""
        _check_type(resource_type)
        asked = parameters.read(request)
        ids = [resource_id] if resource_id else [str(one) for one in asked.get("id", [])]
        wanted = {str(one) for one in asked.get("status", [])}
        found = [await _find(service, one) for one in ids] if ids else await _all(service)
        base = f"{request.base}{PREFIX}"
        entries = []
        for state, reason in found:
            if not wanted or state.status in wanted:
                status = notification.status(base, state, "query-status", (), "empty", reason)
                entries.append(
                    {
                        "fullUrl": f"urn:uuid:{status['id']}",
                        "resource": status,
                        "search": {"mode": "match"},
                    }
                )
        found_bundle = {
            "resourceType": "Bundle", "type": "searchset", "total": len(entries),
            "link": [{"relation": "self", "url": f"{request.base}{request.path}"}],
        }  # fmt: skip
        return _answer({**found_bundle, "entry": entries} if entries else found_bundle)

    async def events(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer with past events, as one notification of the type query-event."""
        _check_id(resource_type, resource_id)
        asked = parameters.read(request)
        first = parameters.whole_number(asked, "eventsSinceNumber", 1)
        last = parameters.whole_number(asked, "eventsUntilNumber", store.LAST)
        content = parameters.one(asked, "content")
        if content and content not in CONTENTS:
            raise refuse(400, "value", f"'content' is one of {', '.join(CONTENTS)}", "content")
        state, _reason = await _find(service, resource_id)
        async with service.database.connection() as connection:
            found = await store.events(
                connection, resource_id, first, min(last, store.LAST), "", _MOST_EVENTS
            )
        bodies: notification.Bodies = {}
        if (content or (state.plan.content if state.plan else "")) == "full-resource":
            bodies = await sender.bodies(service, found)
        base = f"{request.base}{PREFIX}"
        body = notification.bundle(base, state, "query-event", self._clock(), found, bodies, content)
        return answers.resource(200, body)

    async def replay(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Send dead letters again: they wait once more, and a Subscription in error becomes active."""
        _check_id(resource_type, resource_id)
        if request.method != "POST":
            raise refuse(405, "not-supported", "$replay changes something: call it by POST", "method")
        state, _reason = await _find(service, resource_id)
        if state.status not in ("active", "error") or state.plan is None:
            text = f"the Subscription is {state.status}: write it with the status 'requested' first"
            raise refuse(409, "conflict", text, "status")
        async with service.database.transaction() as connection:
            moved = state.status == "active" or await life.move(
                service, connection, state, "active", self._clock()
            )
            if not moved:
                raise refuse(409, "conflict", "the Subscription was written meanwhile: try again", "version")
            count = await store.replay(connection, resource_id)
        return _answer(
            {"resourceType": "Parameters", "parameter": [{"name": "replayed", "valueInteger": count}]}
        )

    async def token(
        self, service: FhirService, request: Request, resource_type: str, resource_id: str
    ) -> Response:
        """Answer with a token that binds a websocket to Subscriptions for their notifications."""
        _check_type(resource_type)
        asked = parameters.read(request)
        ids = [resource_id] if resource_id else [str(one) for one in asked.get("ids", asked.get("id", []))]
        if not ids:
            raise refuse(400, "required", "name the Subscriptions by the parameter 'ids'", "ids")
        for one in ids:
            state, _reason = await _find(service, one)
            if state.plan is None or state.plan.channel != "websocket":
                text = f"Subscription/{one} is not (yet) an active one with a websocket channel"
                raise refuse(400, "invalid", text, "channel")
        secret, expires = secrets.token_urlsafe(32), self._clock() + _TOKEN_LIFE
        async with service.database.connection() as connection:
            await store.add_token(connection, hashed(secret), ids, expires)
        place = f"{request.base}{PREFIX}/ws".replace("http", "ws", 1)
        found: list[Json] = [
            {"name": "token", "valueString": secret},
            {"name": "expiration", "valueDateTime": instant(int(expires.timestamp() * 1_000_000))},
            *({"name": "subscription", "valueString": one} for one in ids),
            {"name": "websocket-url", "valueUrl": place},
        ]
        return _answer({"resourceType": "Parameters", "parameter": found})


def hashed(secret: str) -> bytes:
    """Return the form in which a token is kept."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


async def _find(service: FhirService, resource_id: str) -> tuple[State, str]:
    """Return what is known of a Subscription and the reason of its error. Raises RestError 404 or 410."""
    found = await instance.find(service, _TYPE, incoming.check_id(resource_id))
    assert found.body is not None
    reason = str(parse(found.body).get("error", ""))
    async with service.database.connection() as connection:
        known = await store.states(connection, [resource_id])
    return known.get(resource_id, State(resource_id, found.version, None, "requested", 0, False)), reason


async def _all(service: FhirService) -> list[tuple[State, str]]:
    async with service.database.connection() as connection:
        known = await store.states(connection, None)
    seen = [await service.resources.read(_TYPE, name) for name in known]
    shown = {one.resource_id for one in seen if one is not None}
    return [(state, "") for state in known.values() if state.id in shown]


def _check_type(resource_type: str) -> None:
    if resource_type != _TYPE:
        raise refuse(404, "not-supported", "this operation is called on Subscription", "operation")


def _check_id(resource_type: str, resource_id: str) -> None:
    _check_type(resource_type)
    if not resource_id:
        raise refuse(404, "not-supported", "this operation is called on one Subscription", "operation")


def _answer(found: Json) -> Response:
    return answers.resource(200, orjson.dumps(found))
