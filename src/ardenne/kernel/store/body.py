"""The stored form of a resource: its exact JSON with id and meta set by the server.

A body is kept as it was sent, byte for byte inside every member (decimals keep their precision).
``resourceType``, ``id`` and ``meta`` come first; the version number is put in by the database
between ``head`` and ``tail``, so that a write needs no look at the current version before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from ardenne.kernel.store import hashing

_RAW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BLANKS = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\r\n]+')
_SERVER_SET = ("versionId", "lastUpdated")


class Body(NamedTuple):
    """A resource ready to store: bytes before and after the version number."""

    head: bytes
    tail: bytes
    digest: int

    def with_version(self, version: int) -> bytes:
        """Return the complete JSON of a version."""
        return b"%b%d%b" % (self.head, version, self.tail)


def compact(content: bytes) -> bytes:
    """Return JSON without blanks between its tokens; strings and numbers stay as written."""
    if b"\n" in content or b'": ' in content or b", " in content or b"\t" in content:
        return _BLANKS.sub(rb"\1", content)
    return content


def instant(microseconds: int) -> str:
    """Return a FHIR instant in UTC with milliseconds."""
    return f"{_second(microseconds // 1_000_000)}.{microseconds // 1000 % 1000:03d}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def compose(resource_type: str, resource_id: str, content: bytes, updated: int) -> Body:
    """Return the stored form of JSON ``content`` (bytes of a valid resource).

    ``updated`` becomes meta.lastUpdated (microseconds since 1970, shown in milliseconds).
    """
    members = _RAW.decode(compact(content))
    meta = _RAW.decode(members.pop("meta", msgspec.Raw(b"{}")))
    for name in _SERVER_SET:
        meta.pop(name, None)
    members.pop("resourceType", None)
    members.pop("id", None)
    rest = b"".join(b',"%b":%b' % (name.encode(), bytes(raw)) for name, raw in meta.items())
    others = b"".join(b',"%b":%b' % (name.encode(), bytes(raw)) for name, raw in members.items())
    head = f'{{"resourceType":"{resource_type}","id":"{resource_id}","meta":{{"versionId":"'.encode()
    tail = b'","lastUpdated":"%b"%b}%b}' % (instant(updated).encode(), rest, others)
    return Body(head, tail, hashing.digest(rest + others))
