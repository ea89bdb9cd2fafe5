"""Listening for HL7 v2 messages: one answer to each, in order, on connections that stay open."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from ardenne.kernel.http.faults import report
from ardenne.kernel.mllp.framing import FrameError, Frames, framed

Answer = Callable[[bytes, str], Awaitable[bytes]]
"""From a message and the address of its sender to the acknowledgement. It must not raise for a bad message."""
_CHUNK = 64 * 1024


class Limits(NamedTuple):
    """What a server bears: bytes of a message, connections at once, seconds of silence, messages in work at once."""

    size: int = 16 * 1024 * 1024
    connections: int = 200
    silence: float = 600.0
    at_once: int = 8


class MllpServer:
    """Answers messages with ``answer``. A sender that is faster than the node waits: nothing is read ahead.

    ``admit`` says for the certificate (DER) of a sender whether it is heard; the connection of others is closed.
    """

    def __init__(
        self,
        answer: Answer,
        limits: Limits = Limits(),  # noqa: B008
        admit: Callable[[bytes], Awaitable[bool]] | None = None,
    ) -> None:
        self._answer = answer
        self._admit = admit
        self._limits = limits
        self._gate = asyncio.Semaphore(limits.at_once)
        self._open = 0
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen and return the port."""
        self._server = await asyncio.start_server(
            self._serve, host, port, ssl=tls, limit=_CHUNK, reuse_port=True, backlog=128
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def run(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen until cancelled."""
        await self.start(host, port, tls)
        assert self._server is not None
        async with self._server:
            await self._server.serve_forever()

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= self._limits.connections:
            writer.close()
            return
        self._open += 1
        try:
            await self._converse(reader, writer)
        except (ConnectionError, TimeoutError, FrameError, asyncio.IncompleteReadError):
            # the sender repeats what was not acknowledged
            pass
        except Exception as error:
            report(error)
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._admit is not None:
            tls = writer.get_extra_info("ssl_object")
            shown = tls.getpeercert(binary_form=True) if tls is not None else None
            if not shown or not await self._admit(shown):
                return
        frames = Frames(self._limits.size)
        peer = writer.get_extra_info("peername") or ("",)
        while True:
            async with asyncio.timeout(self._limits.silence):
                data = await reader.read(_CHUNK)
            if not data:
                return
            for content in frames.take(data):
                async with self._gate:
                    answer = await self._answer(content, str(peer[0]))
                writer.write(framed(answer))
                await writer.drain()
