"""The messages: Bundles with the status of the Subscription first (Subscriptions R5 Backport IG 1.1, R4).

Profiles: backport-subscription-notification-r4 and backport-subscription-status-r4. Numbers of events
are strings there, because R4 has no integer64.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from ardenne.kernel.store.body import instant
from ardenne.kernel.subscriptions.store import Event, State

Json = dict[str, Any]
Bodies = Mapping[tuple[str, str, int], bytes]
"""Contents by type, id and version."""
_PROFILES = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-"
_REQUESTS = {"create": ("POST", "201"), "update": ("PUT", "200"), "delete": ("DELETE", "204")}


def status(
    base: str, state: State, kind: str, events: Sequence[Event], content: str, reason: str = ""
) -> Json:
    """Return the status of a Subscription as Parameters.

    ``kind``: handshake, heartbeat, event-notification, query-status or query-event.
    """
    parameters: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{state.id}"}}
    ]
    if state.plan is not None and state.plan.topic:
        parameters.append({"name": "topic", "valueCanonical": state.plan.topic})
    parameters += [
        {"name": "status", "valueCode": state.status},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(state.events)},
    ]
    parameters += [{"name": "notification-event", "part": _event(base, event, content)} for event in events]
    if reason:
        parameters.append({"name": "error", "valueCodeableConcept": {"text": reason}})
    return {
        "resourceType": "Parameters",
        "id": str(uuid.uuid4()),
        "meta": {"profile": [f"{_PROFILES}status-r4"]},
        "parameter": parameters,
    }


def _event(base: str, event: Event, content: str) -> list[Json]:
    parts: list[Json] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": instant(int(event.happened.timestamp() * 1000) * 1000)},
    ]
    if content != "empty":
        reference = {"reference": f"{base}/{event.resource_type}/{event.resource_id}"}
        parts.append({"name": "focus", "valueReference": reference})
    return parts


def bundle(
    base: str, state: State, kind: str, now: datetime, events: Sequence[Event] = (), bodies: Bodies | None = None,
    content: str = "",
) -> bytes:  # fmt: skip
    """Return a notification as JSON. ``content`` overrides the payload content of the Subscription."""
    content = content or (state.plan.content if state.plan else "empty")
    first = status(base, state, kind, events, content)
    entry: list[Json] = [
        {
            "fullUrl": f"urn:uuid:{first['id']}",
            "resource": first,
            "request": {"method": "GET", "url": f"{base}/Subscription/{state.id}/$status"},
            "response": {"status": "200"},
        }
    ]
    if content != "empty":
        entry += _entries(base, events, (bodies or {}) if content == "full-resource" else {})
    return orjson.dumps(
        {
            "resourceType": "Bundle",
            "id": str(uuid.uuid4()),
            "meta": {"profile": [f"{_PROFILES}notification-r4"]},
            "type": "history",
            "timestamp": instant(int(now.timestamp() * 1000) * 1000),
            "entry": entry,
        }
    )


def _entries(base: str, events: Iterable[Event], bodies: Bodies) -> Iterable[Json]:
    for event in events:
        place = f"{event.resource_type}/{event.resource_id}"
        method, code = _REQUESTS[event.method]
        entry: Json = {"fullUrl": f"{base}/{place}"}
        body = bodies.get((event.resource_type, event.resource_id, event.version))
        if body is not None and event.method != "delete":
            entry["resource"] = orjson.Fragment(body)
        entry["request"] = {"method": method, "url": event.resource_type if method == "POST" else place}
        entry["response"] = {"status": code, "etag": f'W/"{event.version}"'}
        yield entry
