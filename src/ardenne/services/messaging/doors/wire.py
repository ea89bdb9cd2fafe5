"""A connection of a mail program: lines, counted bytes, and bounds on all of them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable

from ardenne.kernel.http.faults import report

_CHUNK = 64 * 1024
STRANGER_SILENCE = 60.0


class TooLong(Exception):
    """More came than is borne; the connection can go on only when the sender is believed, so it ends."""


class Ended(Exception):
    """The other side is gone, or said nothing for too long."""


class Wire:
    """Reads and writes. ``silence``: seconds of waiting for the other side; short until it has signed in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.silence = STRANGER_SILENCE
        self._buffer = bytearray()

    @property
    def peer(self) -> str:
        """The network address of the other side."""
        return str((self._writer.get_extra_info("peername") or ("",))[0])

    async def line(self, limit: int) -> bytes:
        """Return a line without its CRLF. Raises TooLong, Ended."""
        found = await self.until(b"\r\n", limit)
        return found[:-2]

    async def until(self, mark: bytes, limit: int) -> bytes:
        """Return what comes up to and with a mark. Raises TooLong, Ended."""
        start = 0
        while True:
            place = self._buffer.find(mark, start)
            if place >= 0:
                if place > limit:
                    raise TooLong
                return self._take(place + len(mark))
            if len(self._buffer) > limit:
                raise TooLong
            start = max(0, len(self._buffer) - len(mark))
            await self._more()

    async def exactly(self, size: int) -> bytes:
        """Return so many bytes. Raises Ended."""
        while len(self._buffer) < size:
            await self._more()
        return self._take(size)

    def give_back(self, data: bytes) -> None:
        """Put bytes before what comes next."""
        self._buffer[:0] = data

    async def send(self, data: bytes) -> None:
        """Send bytes; waits while the other side reads slowly. Raises Ended."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(self.silence):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise Ended from error

    async def _more(self) -> None:
        try:
            async with asyncio.timeout(self.silence):
                data = await self._reader.read(_CHUNK)
        except (OSError, TimeoutError) as error:
            raise Ended from error
        if not data:
            raise Ended
        self._buffer += data

    def _take(self, size: int) -> bytes:
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found


Converse = Callable[[Wire], Awaitable[None]]


class Door:
    """Listens, and holds a conversation with everybody who comes, so many at once."""

    def __init__(self, converse: Converse, most: int = 200) -> None:
        self._converse = converse
        self._most = most
        self._open = 0
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext) -> int:
        """Listen and return the port."""
        self._server = await asyncio.start_server(
            self._serve, host, port, ssl=tls, limit=_CHUNK, reuse_port=True, backlog=128
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def run(self, host: str, port: int, tls: ssl.SSLContext) -> None:
        """Listen until cancelled."""
        await self.start(host, port, tls)
        assert self._server is not None
        async with self._server:
            await self._server.serve_forever()

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= self._most:
            writer.close()
            return
        self._open += 1
        try:
            await self._converse(Wire(reader, writer))
        except (Ended, TooLong, ConnectionError):
            # mail programs come again by themselves
            pass
        except Exception as error:
            report(error)
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await writer.wait_closed()
