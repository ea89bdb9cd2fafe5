"""Frames of the Minimal Lower Layer Protocol (HL7 v2, Transport Specification: MLLP release 1): VT, content, FS, CR. Pure."""

from __future__ import annotations

START, END, CARRIAGE = b"\x0b", b"\x1c", b"\r"
_STOP = END + CARRIAGE
_NOISE = b"\r\n \t\x00"


class FrameError(Exception):
    """What arrives is no frame; the message says what was found and how to mend it."""


class Frames:
    """Takes bytes as they arrive and gives whole contents. ``limit``: the largest content in bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()

    @property
    def is_empty(self) -> bool:
        """Whether nothing of a frame has arrived yet."""
        return not self._buffer.strip(_NOISE)

    def take(self, data: bytes) -> list[bytes]:
        """Return the contents that are whole now. Raises FrameError."""
        self._buffer += data
        found: list[bytes] = []
        while True:
            begin = len(self._buffer) - len(self._buffer.lstrip(_NOISE))
            del self._buffer[:begin]
            if not self._buffer:
                return found
            if self._buffer[:1] != START:
                raise FrameError("a message begins with the byte 0B (VT): send MLLP frames, 0B message 1C 0D")
            end = self._buffer.find(_STOP)
            if end < 0:
                if len(self._buffer) > self._limit:
                    raise FrameError(f"a message has at most {self._limit} bytes here")
                return found
            if end - 1 > self._limit:
                raise FrameError(f"a message has at most {self._limit} bytes here")
            content = bytes(self._buffer[1:end])
            del self._buffer[: end + 2]
            if START in content:
                raise FrameError("a message holds the byte 0B (VT): the one before it did not end with 1C 0D")
            found.append(content)


def framed(content: bytes) -> bytes:
    """Return a content as a frame."""
    return START + content + _STOP
