"""A small HTTP/1.1 client that keeps many connections busy and notes how long each answer took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import uvloop


class Shot(NamedTuple):
    """One request: method, path with query, content, access token (empty: none)."""

    method: str
    target: str
    content: bytes = b""
    bearer: str = ""


class Result(NamedTuple):
    """What a load run saw. Times are seconds."""

    requests: int
    failures: int
    seconds: float
    times: list[float]

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time within which ``share`` of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class _Connection(asyncio.Protocol):
    """One connection that sends the next request as soon as the answer to the last is whole."""

    def __init__(
        self, shots: Callable[[], Shot | None], host: str, note: Callable[[int, float], None]
    ) -> None:
        self._shots = shots
        self._host = host
        self._note = note
        self._buffer = bytearray()
        self._expected = -1
        self._sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def _next(self) -> None:
        shot = self._shots()
        if shot is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        head = f"{shot.method} {shot.target} HTTP/1.1\r\nhost: {self._host}\r\n"
        if shot.bearer:
            head += f"authorization: Bearer {shot.bearer}\r\n"
        if shot.content:
            head += f"content-type: application/fhir+json\r\ncontent-length: {len(shot.content)}\r\n"
        self._sent = time.perf_counter()
        self._transport.write(f"{head}\r\n".encode() + shot.content)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._expected < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            self._expected = end + 4 + length
        if len(self._buffer) >= self._expected:
            status = int(self._buffer[9:12])
            del self._buffer[: self._expected]
            self._expected = -1
            self._note(status, time.perf_counter() - self._sent)
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def fire(address: str, shots: Iterator[Shot], connections: int, seconds: float = 0.0) -> Result:
    """Send the shots over some connections, until they are used up or the time is over."""
    return uvloop.run(_fire(address, shots, connections, seconds))


async def _fire(address: str, shots: Iterator[Shot], connections: int, seconds: float) -> Result:
    parts = urlsplit(address)
    times: list[float] = []
    failures = 0
    begin = time.perf_counter()

    def note(status: int, taken: float) -> None:
        nonlocal failures
        times.append(taken)
        failures += status >= 400

    def following() -> Shot | None:
        if seconds and time.perf_counter() - begin > seconds:
            return None
        return next(shots, None)

    loop = asyncio.get_running_loop()
    opened = []
    for _number in range(connections):
        _transport, protocol = await loop.create_connection(
            lambda: _Connection(following, parts.netloc, note),
            parts.hostname or "localhost",
            parts.port or 80,
        )
        opened.append(protocol)
    await asyncio.gather(*(protocol.done for protocol in opened))
    return Result(len(times), failures, time.perf_counter() - begin, times)
