"""A receiver of rest-hooks and one of e-mail on this machine, and a clock that tests turn."""

from __future__ import annotations

import asyncio
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.subscriptions.rules import Rules
from ardenne.kernel.subscriptions.runner import SubscriptionRunner
from ardenne.kernel.testing import BASE, TestNode

RULES = Rules(f"{BASE}/fhir", loopback=True, attempts=3)
BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"


class Call(NamedTuple):
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    def status(self, name: str) -> list[Any]:
        """Values of a parameter of the subscription status."""
        parameters = self.json["entry"][0]["resource"]["parameter"]
        return [value(one) for one in parameters if one["name"] == name]

    @property
    def kind(self) -> str:
        return str(self.status("type")[0])

    @property
    def numbers(self) -> list[int]:
        """Numbers of the events told of."""
        parts = self.status("notification-event")
        return [int(value(one)) for found in parts for one in found if one["name"] == "event-number"]


def value(parameter: dict[str, Any]) -> Any:
    return next((found for name, found in parameter.items() if name.startswith(("value", "part"))), None)


class Receiver:
    """Keeps what it was sent; answers with ``code``."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.code = 200
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.address = ""
        self.body = b""
        """What came last, for ``answer``."""

    def of(self, kind: str) -> list[Call]:
        return [call for call in self.calls if call.kind == kind]

    @property
    def numbers(self) -> list[int]:
        return [number for call in self.of("event-notification") for number in call.numbers]


@contextmanager
def listening() -> Iterator[Receiver]:
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): text for name, text in self.headers.items()}
            if receiver.answer is not None:
                receiver.body = body
                receiver.answer(self)
                return
            if receiver.code < 300:
                receiver.calls.append(Call(self.path, headers, body))
            self.send_response(receiver.code)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        receiver.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield receiver
        server.shutdown()


@contextmanager
def mailbox() -> Iterator[tuple[int, list[str]]]:
    """A mail server that keeps messages; yields its port and the messages."""
    messages: list[str] = []

    class Door(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            while line := self.rfile.readline().strip().upper():
                if line == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text)
                    messages.append(b"".join(lines).decode())
                self.wfile.write(b"221 bye\r\n" if line == b"QUIT" else b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1], messages
        server.shutdown()


class Clock:
    """Shows the time of the machine, set forward as tests wish."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


class World:
    """A node with the background work of subscriptions, done when the test says so."""

    def __init__(self, node: TestNode, receiver: Receiver, rules: Rules = RULES) -> None:
        self.node = node
        self.receiver = receiver
        self.rules = rules
        self.clock = Clock()
        self.restart()

    def restart(self) -> None:
        """Begin as a new process."""
        service = FhirService(self.node.database, self.node.contents)
        self.runner = SubscriptionRunner(service, self.rules, self.clock)

    def settle(self, *, after: float = 0.0) -> None:
        """Do everything that is due, after so many seconds."""
        self.clock.forward(after)
        self.node.run(self._wait_for_horizon())
        self.node.run(self.runner.settle())

    async def _wait_for_horizon(self) -> None:
        """Wait until no other transaction of the database (such as its own upkeep) runs that began before."""
        async with self.node.database.connection() as connection:
            mark = int(await connection.fetchval("select pg_current_xact_id()::text"))
            oldest = "select pg_snapshot_xmin(pg_current_snapshot())::text"
            while int(await connection.fetchval(oldest)) <= mark:  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.005)

    def subscribe(self, **changes: Any) -> str:
        """File a Subscription to the topic of Observations, let it be tried, and return its id."""
        answer = self.node.call("POST", "Subscription", subscription(self.receiver.address, **changes))
        assert answer.status == 201, answer.body
        self.settle()
        return str(answer.json["id"])

    def read(self, subscription_id: str) -> Any:
        return self.node.call("GET", f"Subscription/{subscription_id}").json

    def observe(self, code: str = "a", resource_id: str = "o") -> None:
        assert (
            self.node.call("PUT", f"Observation/{resource_id}", observation(code, resource_id)).status < 300
        )


def observation(code: str, resource_id: str = "o") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": resource_id,
        "status": "final",
        "code": {"coding": [{"code": code}]},
    }


def subscription(
    address: str, criteria: str = f"{BASE}/fhir/SubscriptionTopic/Observation-change", filters: tuple[str, ...] = (),
    content: str = "id-only", channel: dict[str, Any] | None = None, extensions: dict[str, int] | None = None,
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    made: dict[str, Any] = {
        "resourceType": "Subscription", "status": "requested", "reason": "test", "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": address, "payload": "application/fhir+json", **(channel or {})},
        **more,
    }  # fmt: skip
    if criteria.startswith("http"):
        made["channel"]["_payload"] = {
            "extension": [{"url": f"{BACKPORT}payload-content", "valueCode": content}]
        }
    if filters:
        made["_criteria"] = {
            "extension": [{"url": f"{BACKPORT}filter-criteria", "valueString": one} for one in filters]
        }
    if extensions:
        made["channel"]["extension"] = [
            {
                "url": f"{BACKPORT}{name}",
                "valuePositiveInt" if name == "max-count" else "valueUnsignedInt": number,
            }
            for name, number in extensions.items()
        ]
    return made
