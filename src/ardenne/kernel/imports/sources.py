"""The lines of an input, one after the other and in constant memory: from a file or by HTTP, packed or not."""

from __future__ import annotations

import http.client
import time
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from ardenne.kernel.imports.manifest import Places

_CHUNK = 1 << 18
_GZIP = b"\x1f\x8b"
_SECONDS = 60.0
_TRIES = 5
LONGEST_LINE = 64 * 1024 * 1024


class SourceError(Exception):
    """An input cannot be read; the text says why, without anything of its content."""


def lines(url: str, places: Places, skip: int = 0) -> Iterator[bytes]:
    """Yield the lines of an input that are not blank, without the first ``skip``. Raises SourceError.

    When a connection breaks, the input is asked for again and goes on behind the last line.
    """
    places.check(url)
    seen = 0
    path = places.local(url)
    for last in range(_TRIES):
        try:
            count = 0
            with closing(_split(_plain(_of_file(path) if path else _of_host(url)))) as found:
                for line in found:
                    count += 1
                    if count > skip + seen:
                        seen += 1
                        yield line
            return
        except (OSError, http.client.HTTPException) as error:
            if path is not None or last == _TRIES - 1:
                raise SourceError(f"it cannot be read: {type(error).__name__}") from None
            time.sleep(min(2.0**last, 30.0))
    raise AssertionError("unreachable")


def _of_file(path: Path) -> Generator[bytes, None, None]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _of_host(url: str) -> Generator[bytes, None, None]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with closing(kind(parts.hostname or "", parts.port, timeout=_SECONDS)) as connection:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": "application/fhir+ndjson", "Accept-Encoding": "gzip", "User-Agent": "ardenne"}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        if answer.status >= 500:
            raise http.client.HTTPException(f"status {answer.status}")
        if answer.status != 200:
            raise SourceError(f"its host answered {answer.status}")
        while chunk := answer.read(_CHUNK):
            yield chunk
        if answer.length:
            # read() ends without a word when the connection does
            raise http.client.IncompleteRead(b"")


def _plain(chunks: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """Unpack gzip, which its first bytes tell."""
    with closing(chunks):
        first = next(chunks, b"")
        if not first.startswith(_GZIP):
            yield first
            yield from chunks
            return
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        chunk = first
        try:
            while chunk:
                plain = unpacker.decompress(chunk, _CHUNK)
                yield plain
                chunk = unpacker.unconsumed_tail
                if unpacker.eof:
                    chunk = unpacker.unused_data or next(chunks, b"")
                    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
                elif not chunk:
                    chunk = next(chunks, b"")
        except zlib.error:
            raise SourceError("it is packed, and damaged") from None


def _split(chunks: Iterator[bytes]) -> Generator[bytes, None, None]:
    rest: list[bytes] = []
    size = 0
    for chunk in chunks:
        *whole, last = chunk.split(b"\n")
        for line in whole:
            joined = b"".join((*rest, line)).strip()
            rest, size = [], 0
            if joined:
                yield joined
        rest.append(last)
        size += len(last)
        if size > LONGEST_LINE:
            raise SourceError(f"a line is longer than {LONGEST_LINE} bytes")
    joined = b"".join(rest).strip()
    if joined:
        yield joined
