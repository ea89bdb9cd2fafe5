"""Websockets: whoever binds one to Subscriptions is sent their notifications.

A client sends ``bind-with-token <token>`` (Subscriptions R5 Backport IG 1.1) with what
``$get-ws-binding-token`` gave; a classic Subscription (R4, Subscription, 2.46.7.2) is bound by the same
token and told ``ping <id>`` only. Events wait until somebody is bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import orjson

from ardenne.kernel.http.asgi import Receive, Scope, Send
from ardenne.kernel.http.faults import report
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.subscriptions import notification, sender, store
from ardenne.kernel.subscriptions.operations import hashed
from ardenne.kernel.subscriptions.rules import Rules
from ardenne.kernel.subscriptions.store import State
from ardenne.standards.fhir import xml
from ardenne.standards.fhir.json import parse_exact
from ardenne.standards.fhir.outcome import Issue, operation_outcome

PATH = "/fhir/ws"
_COMMAND = "bind-with-token"
_LONGEST = 4096
_MOST_BOUND = 100
_IDLE_SECONDS = 0.5
_LEAVING_SECONDS = 5.0
_BAD_MESSAGE = 1008


class Bound:
    """A Subscription on a websocket: the number of the last event and the time of the last message sent."""

    def __init__(self, number: int, moment: datetime) -> None:
        self.number = number
        self.moment = moment


class WebsocketDoor:
    """Serves the websockets of one worker process."""

    def __init__(
        self,
        service: FhirService,
        rules: Rules,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._service = service
        self._rules = rules
        self._clock = clock
        self._sleep = sleep

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket until the client leaves."""
        connection = Conversation(self._service, self._rules, self._clock, send)
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        left = asyncio.Event()
        pushing = asyncio.ensure_future(self._push(connection, left))
        try:
            while (message := await receive())["type"] == "websocket.receive":
                if not await connection.hear(message.get("text") or ""):
                    await send({"type": "websocket.close", "code": _BAD_MESSAGE})
                    return
        finally:
            # what is under way in the database ends in order rather than being cut off
            left.set()
            await asyncio.wait({pushing}, timeout=_LEAVING_SECONDS)
            pushing.cancel()

    async def _push(self, connection: Conversation, left: asyncio.Event) -> None:
        while not left.is_set():
            try:
                await connection.tell()
            except Exception as error:
                report(error)
                return
            await self._sleep(_IDLE_SECONDS)


class Conversation:
    """What is said on one websocket."""

    def __init__(self, service: FhirService, rules: Rules, clock: Callable[[], datetime], send: Send) -> None:
        self._service = service
        self._rules = rules
        self._clock = clock
        self._send = send
        self._bound: dict[str, Bound] = {}

    async def hear(self, text: str) -> bool:
        """Answer a message of the client; False when the conversation should end."""
        command, _, secret = text.replace(":", " ", 1).strip().partition(" ")
        if len(text) > _LONGEST or command != _COMMAND:
            await self._refuse(f"send '{_COMMAND}' and the token that $get-ws-binding-token gave")
            return False
        async with self._service.database.connection() as connection:
            ids = await store.token(connection, hashed(secret.strip()), self._clock())
            states = await store.states(connection, ids)
        if not states:
            await self._refuse("the token is unknown or expired: ask for another by $get-ws-binding-token")
            return True
        if len(self._bound) + len(states) > _MOST_BOUND:
            await self._refuse(f"at most {_MOST_BOUND} Subscriptions are bound to one websocket")
            return True
        for state in states.values():
            await self._bind(state)
        return True

    async def _bind(self, state: State) -> None:
        async with self._service.database.connection() as connection:
            waiting = await store.events(connection, state.id, 1, store.LAST, "waiting", 1)
        number = waiting[0].number - 1 if waiting else state.events
        await self._say(state, "handshake", "bound", [])
        self._bound[state.id] = Bound(number, self._clock())

    async def tell(self) -> None:
        """Send what is new of every bound Subscription."""
        if not self._bound:
            return
        async with self._service.database.connection() as connection:
            states = await store.states(connection, list(self._bound))
        for subscription, bound in list(self._bound.items()):
            state = states.get(subscription)
            if state is None or state.status == "off" or state.plan is None:
                del self._bound[subscription]
            elif state.status == "active":
                await self._news(state, bound)

    async def _news(self, state: State, bound: Bound) -> None:
        assert state.plan is not None
        while bound.number < state.events:
            async with self._service.database.connection() as connection:
                events = await store.events(
                    connection, state.id, bound.number + 1, store.LAST, "", state.plan.max_count
                )
            if not events:
                return
            await self._say(state, "event-notification", "ping", events)
            bound.number, bound.moment = events[-1].number, self._clock()
            async with self._service.database.transaction() as connection:
                numbers = [event.number for event in events]
                await store.delivered(connection, state.id, numbers, self._clock())
        beat = timedelta(seconds=state.plan.heartbeat)
        if beat and self._clock() - bound.moment >= beat:
            await self._say(state, "heartbeat", "ping", [])
            bound.moment = self._clock()

    async def _say(self, state: State, kind: str, classic: str, events: list[store.Event]) -> None:
        if state.plan is None or not state.plan.topic:
            await self._send({"type": "websocket.send", "text": f"{classic} {state.id}"})
            return
        found = await sender.bodies(self._service, events) if state.plan.content == "full-resource" else {}
        text = notification.bundle(self._rules.base, state, kind, self._clock(), events, found)
        if state.plan.xml:
            text = xml.dump(parse_exact(text))
        await self._send({"type": "websocket.send", "text": text.decode()})

    async def _refuse(self, message: str) -> None:
        found = operation_outcome([Issue("error", "invalid", "", message, "websocket")])
        await self._send({"type": "websocket.send", "text": orjson.dumps(found).decode()})
