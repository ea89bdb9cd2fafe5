"""Websockets, spoken to as the server in front does (ASGI)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from ardenne.kernel.subscriptions.tests.receiver import Call, World
from ardenne.kernel.subscriptions.websocket import WebsocketDoor


class Client:
    """A client of one websocket."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.got: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    async def say(self, text: str) -> None:
        await self.sent.put({"type": "websocket.receive", "text": text})

    async def hear(self) -> Call:
        message = await asyncio.wait_for(self.got.get(), 10)
        return Call("", {}, str(message.get("text", message["type"])).encode())


@asynccontextmanager
async def connected(world: World) -> AsyncIterator[Client]:
    async def soon(_seconds: float) -> None:
        await asyncio.sleep(0.01)

    client = Client()
    door = WebsocketDoor(world.node.service, world.rules, world.clock, soon)
    await client.sent.put({"type": "websocket.connect"})
    task = asyncio.ensure_future(door.serve({}, client.sent.get, client.got.put))
    assert (await client.hear()).body == b"websocket.accept"
    yield client
    await client.sent.put({"type": "websocket.disconnect"})
    await task


async def _token(world: World, key: str) -> str:
    answer = await world.node.ask("GET", f"Subscription/{key}/$get-ws-binding-token")
    return str(answer.json["parameter"][0]["valueString"])


def test_what_happened_before_and_after_binding_arrives_on_every_websocket(world: World) -> None:
    key = world.subscribe(channel={"type": "websocket"}, extensions={"heartbeat-period": 60})
    world.observe("a")
    world.settle()

    async def talk() -> None:
        token = await _token(world, key)
        async with connected(world) as client:
            await client.say(f"bind-with-token {token}")
            assert (await client.hear()).kind == "handshake"
            assert (await client.hear()).numbers == [1]
            async with connected(world) as other:
                await other.say(f"bind-with-token: {token}")
                assert (await other.hear()).kind == "handshake"
                await world.node.ask("DELETE", "Observation/o")
                await world.runner.settle()
                assert (await client.hear()).numbers == [2]
                # that 1 was sent to the first may not be recorded yet when the other is bound: at least once
                heard: list[int] = []
                while 2 not in heard:
                    heard += (await other.hear()).numbers
                assert heard in ([2], [1, 2])
            world.clock.forward(61)
            assert (await client.hear()).kind == "heartbeat"

    world.node.run(talk())
    world.settle()
    assert world.receiver.calls == []


def test_a_classic_subscription_is_pinged(world: World) -> None:
    key = world.subscribe(criteria="Observation", channel={"type": "websocket"})

    async def talk() -> None:
        token = await _token(world, key)
        async with connected(world) as client:
            await client.say(f"bind-with-token {token}")
            assert (await client.hear()).body == f"bound {key}".encode()
            await world.node.ask(
                "PUT",
                "Observation/o",
                {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}},
            )
            await world.runner.settle()
            assert (await client.hear()).body == f"ping {key}".encode()

    world.node.run(talk())


def test_a_wrong_or_old_token_binds_nothing_and_nonsense_ends_it(world: World) -> None:
    key = world.subscribe(channel={"type": "websocket"})

    async def talk() -> None:
        token = await _token(world, key)
        world.clock.forward(3600)
        async with connected(world) as client:
            for wrong in (token, "x" * 40):
                await client.say(f"bind-with-token {wrong}")
                assert b"unknown or expired" in (await client.hear()).body
            await client.say("hello")
            assert b"bind-with-token" in (await client.hear()).body
            assert (await client.hear()).body == b"websocket.close"

    world.node.run(talk())
