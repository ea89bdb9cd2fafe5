"""Sending one HL7 v2 message over MLLP and reading its acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from ardenne.kernel.mllp.framing import FrameError, Frames, framed
from ardenne.standards.hl7v2 import er7
from ardenne.standards.refusal import Refused

_CHUNK = 64 * 1024
_LARGEST = 1 << 20
_TAKEN = ("AA", "CA")


class NotSent(Exception):
    """The message did not arrive, or could not be worked on now: send it again. The text says why.

    ``answered``: the receiver is there and told so itself (AE).
    """

    def __init__(self, text: str, answered: bool = False) -> None:
        super().__init__(text)
        self.answered = answered


class NotTaken(Exception):
    """The receiver does not take the message: sending it again is of no use. The text names its code."""


async def send(
    host: str,
    port: int,
    message: bytes,
    control: str,
    tls: ssl.SSLContext | None = None,
    seconds: float = 30.0,
) -> None:
    """Send a message and return when the receiver has taken it. Raises NotSent or NotTaken."""
    try:
        async with asyncio.timeout(seconds):
            answer = await _exchange(host, port, message, tls)
        told = er7.read(answer)
    except TimeoutError:
        raise NotSent(f"no acknowledgement within {seconds:g} s") from None
    except (OSError, ssl.SSLError, asyncio.IncompleteReadError) as error:
        raise NotSent(f"the connection failed: {type(error).__name__}") from None
    except (FrameError, Refused):
        raise NotSent("the answer is no acknowledgement of HL7 v2") from None
    code, about = told.get("MSA-1"), told.get("MSA-2")
    if about != control:
        raise NotSent("the acknowledgement is of another message")
    if code not in _TAKEN:
        if code in ("AE", "CE"):
            raise NotSent(f"the receiver answered {code}", answered=True)
        raise NotTaken(f"the receiver answered {code[:2] or 'nothing'}")


async def _exchange(host: str, port: int, message: bytes, tls: ssl.SSLContext | None) -> bytes:
    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        writer.write(framed(message))
        await writer.drain()
        frames = Frames(_LARGEST)
        while True:
            data = await reader.read(_CHUNK)
            if not data:
                raise ConnectionResetError
            if found := frames.take(data):
                return found[0]
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError):
            await writer.wait_closed()
