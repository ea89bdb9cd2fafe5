"""Writes the data files; `ardenne.standards.fhir.definitions.raw` reads the container of raw resources."""

import json
import lzma
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHUNK = 256 * 1024  # decompresses in a few milliseconds; larger saves little


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def write_json(path: Path, value: Any) -> None:
    """JSON, deflated when the name ends with `.z`."""
    data = _compact(value)
    path.write_bytes(zlib.compress(data, 9) if path.suffix == ".z" else data + b"\n")


def write_resources(path: Path, resources: list[dict[str, Any]]) -> None:
    """Container: 4 bytes index length, deflated JSON index, LZMA chunks of one resource a line.

    The index is `{"chunks": [[offset, length], ...], "where": {type: {url: [chunk, line]}}}` with offsets
    from the first chunk.
    """
    where: dict[str, dict[str, list[int]]] = {}
    chunks: list[bytes] = []
    for lines in _chunked(resources):
        for line, resource in enumerate(lines):
            by_url = where.setdefault(resource["resourceType"], {})
            by_url[resource.get("url") or resource["id"]] = [len(chunks), line]
        chunks.append(lzma.compress(b"\n".join(_compact(resource) for resource in lines), preset=9))
    spans, offset = [], 0
    for chunk in chunks:
        spans.append([offset, len(chunk)])
        offset += len(chunk)
    index = zlib.compress(_compact({"chunks": spans, "where": where}), 9)
    path.write_bytes(struct.pack(">I", len(index)) + index + b"".join(chunks))


def _chunked(resources: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    size = 0
    for resource in resources:
        chunk.append(resource)
        size += len(_compact(resource))
        if size > CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
