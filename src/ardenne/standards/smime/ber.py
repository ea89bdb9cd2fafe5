"""Reading BER and DER (ITU-T X.690) with bounds: what mail programs write for CMS, indefinite lengths included."""

from __future__ import annotations

from collections.abc import Iterator

from ardenne.standards.refusal import Refused

INTEGER, OCTET_STRING, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
_CONSTRUCTED = 0x20
_DEEPEST = 32
_MOST = 200_000
"""Elements of one structure: a content of 64 MB in pieces of 1,000 bytes and more."""


class Element:
    """One element. ``tag``: the identifier octet; ``raw``: all its bytes; ``content``: those of a primitive one."""

    __slots__ = ("children", "content", "raw", "tag")

    def __init__(self, tag: int, raw: memoryview, content: memoryview, children: list[Element]) -> None:
        self.tag, self.raw, self.content, self.children = tag, raw, content, children

    def __iter__(self) -> Iterator[Element]:
        return iter(self.children)

    def expect(self, tag: int) -> Element:
        """Return the element itself. Raises Refused when it is of another kind."""
        if self.tag != tag:
            raise refused("structure", f"an element is {self.tag:02x} where {tag:02x} stands")
        return self

    def at(self, place: int) -> Element:
        """Return a child. Raises Refused."""
        if place >= len(self.children):
            raise refused("structure", "an element is missing")
        return self.children[place]

    @property
    def oid(self) -> str:
        """The object identifier in dotted form. Raises Refused."""
        return _oid(bytes(self.expect(OID).content))

    @property
    def integer(self) -> int:
        """The number. Raises Refused."""
        return int.from_bytes(self.expect(INTEGER).content, "big", signed=True)

    @property
    def octets(self) -> bytes:
        """The bytes of an octet string (or of an implicitly tagged one), pieces joined."""
        if not self.tag & _CONSTRUCTED:
            return bytes(self.content)
        return b"".join(child.octets for child in self.children)


def refused(rule: str, found: str) -> Refused:
    """Return the refusal of a cryptographic structure."""
    return Refused(rule=f"cms-{rule}", found=found, mend="Let your mail program write the message again.")


def read(data: bytes) -> Element:
    """Return the one element that ``data`` is. Raises Refused."""
    reader = _Reader(memoryview(data))
    found = reader.element(0, len(data), 0)
    if len(found.raw) != len(data):
        raise refused("structure", "bytes follow the structure")
    return found


class _Reader:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._count = 0

    def element(self, start: int, limit: int, depth: int) -> Element:
        """Read the element at ``start``, which ends before ``limit``."""
        self._count += 1
        if depth > _DEEPEST or self._count > _MOST:
            raise refused("limit", "the structure is deeper or has more elements than any message")
        data, place = self._data, start
        if place + 2 > limit:
            raise refused("structure", "it ends in the middle of an element")
        tag, first = data[place], data[place + 1]
        if tag & 0x1F == 0x1F:
            raise refused("structure", "an element has a number above 30")
        place += 2
        if first == 0x80:
            return self._indefinite(tag, start, place, limit, depth)
        length, place = self._length(first, place, limit)
        end = place + length
        if end > limit:
            raise refused("structure", "an element is longer than what holds it")
        children: list[Element] = []
        if tag & _CONSTRUCTED:
            at = place
            while at < end:
                child = self.element(at, end, depth + 1)
                children.append(child)
                at += len(child.raw)
        return Element(tag, data[start:end], data[place:end], children)

    def _length(self, first: int, place: int, limit: int) -> tuple[int, int]:
        if first < 0x80:
            return first, place
        count = first & 0x7F
        if count > 8 or place + count > limit:
            raise refused("structure", "a length has too many octets")
        return int.from_bytes(self._data[place : place + count], "big"), place + count

    def _indefinite(self, tag: int, start: int, place: int, limit: int, depth: int) -> Element:
        if not tag & _CONSTRUCTED:
            raise refused("structure", "a primitive element has no length")
        children: list[Element] = []
        at = place
        while True:
            if at + 2 > limit:
                raise refused("structure", "the end of an element is missing")
            if self._data[at] == 0 and self._data[at + 1] == 0:
                return Element(tag, self._data[start : at + 2], self._data[place:at], children)
            child = self.element(at, limit, depth + 1)
            children.append(child)
            at += len(child.raw)


def _oid(content: bytes) -> str:
    if not content or content[-1] & 0x80 or len(content) > 40:
        raise refused("structure", "an object identifier does not end")
    numbers, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
