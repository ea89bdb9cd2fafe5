"""CBOR (RFC 8949), read strictly: what a signature covers must mean one thing to everybody.

Duplicate keys, indefinite lengths inside a card's claims, trailing bytes, invalid UTF-8, unknown simple values and too
deep nesting are refused. Writing is left to cbor2's deterministic encoding.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import cbor2

from ardenne.standards.cards.errors import CardError

MAX_DEPTH = 24
_BREAK = object()


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a tag whose meaning is left to whoever reads it."""

    tag: int
    value: Any


def dumps(value: Any) -> bytes:
    """Deterministic encoding: shortest forms, keys in order."""
    return cbor2.dumps(value, canonical=True)


def loads(content: bytes, *, indefinite: bool = True) -> Any:
    """One data item and nothing after it.

    :param indefinite: whether lengths may be open (the EU DCC allows it in its claims).
    :raises CardError: ``cbor``, with the place of what is wrong.
    """
    reader = _Reader(content, indefinite)
    found = reader.item(0)
    if found is _BREAK or reader.place != len(content):
        raise CardError("cbor", f"bytes follow the data item at {reader.place}")
    return found


class _Reader:
    def __init__(self, content: bytes, indefinite: bool) -> None:
        self.content = content
        self.place = 0
        self.indefinite = indefinite

    def refuse(self, text: str) -> CardError:
        return CardError("cbor", f"{text} at byte {self.place}")

    def take(self, size: int) -> bytes:
        end = self.place + size
        if end > len(self.content):
            raise self.refuse("the content ends in the middle of an item")
        found = self.content[self.place : end]
        self.place = end
        return found

    def item(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self.refuse("items are nested too deeply")
        first = self.take(1)[0]
        major, extra = first >> 5, first & 31
        if major == 7:
            return self._simple(extra)
        length = self._length(extra)
        if length is None and (major in (0, 1, 6) or not self.indefinite):
            raise self.refuse("an open length is not allowed")
        match major:
            case 0:
                return length
            case 1:
                return -1 - (length or 0)
            case 2 | 3:
                return self._string(major, length)
            case 4:
                return self._array(length, depth)
            case 5:
                return self._map(length, depth)
        return Tagged(length or 0, self.item(depth + 1))

    def _length(self, extra: int) -> int | None:
        if extra < 24:
            return extra
        if extra < 28:
            return int.from_bytes(self.take(1 << (extra - 24)), "big")
        if extra == 31:
            return None
        raise self.refuse("a reserved length")

    def _simple(self, extra: int) -> Any:
        match extra:
            case 20 | 21:
                return extra == 21
            case 22 | 23:
                return None
            case 25 | 26 | 27:
                return struct.unpack({25: ">e", 26: ">f", 27: ">d"}[extra], self.take(1 << (extra - 24)))[0]
            case 31 if self.indefinite:
                return _BREAK
        raise self.refuse("an unknown simple value")

    def _string(self, major: int, length: int | None) -> bytes | str:
        if length is None:
            parts = []
            while True:
                first = self.take(1)[0]
                if first == 0xFF:
                    break
                inner = self._length(first & 31)
                if first >> 5 != major or inner is None:
                    raise self.refuse("a part of another kind in an open string")
                parts.append(self.take(inner))
            content = b"".join(parts)
        else:
            content = self.take(length)
        if major == 2:
            return content
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise self.refuse("text that is not UTF-8") from None

    def _array(self, length: int | None, depth: int) -> list[Any]:
        found: list[Any] = []
        while length is None or len(found) < length:
            item = self.item(depth + 1)
            if item is _BREAK:
                if length is None:
                    break
                raise self.refuse("an end where an item is expected")
            found.append(item)
        return found

    def _map(self, length: int | None, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        while length is None or len(found) < length:
            key = self.item(depth + 1)
            if key is _BREAK:
                if length is None:
                    break
                raise self.refuse("an end where a key is expected")
            if not _can_be_key(key) or key in found:
                raise self.refuse(f"the key {key!r} stands twice, or cannot be one")
            value = self.item(depth + 1)
            if value is _BREAK:
                raise self.refuse("an end where a value is expected")
            found[key] = value
        return found


def _can_be_key(value: Any) -> bool:
    """Tell whether a value can be a key here; a tag can hold what cannot, so the class does not tell."""
    try:
        hash(value)
    except TypeError:
        return False
    return True
