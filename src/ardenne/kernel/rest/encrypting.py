"""Encrypting what a version before encryption kept plain: each Binary anew, with the key of its record."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from ardenne.kernel.blobs import KEPT, ContentDamaged
from ardenne.kernel.rest import binary
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.search.query import Query
from ardenne.kernel.store import contents
from ardenne.kernel.store.change import Method, Mode
from ardenne.standards.fhir.json import parse_exact

_PAGE = 500


class Encrypted(NamedTuple):
    """What was done: plain contents that are gone now, Binaries written anew, contents that are damaged (SHA-256)."""

    contents: int
    binaries: int
    damaged: list[str]


async def encrypt(service: FhirService) -> Encrypted:
    """Encrypt every plain content and remove its plain file. May be broken off and begun again; servers may run.

    A Binary of a patient (``securityContext``) is written anew under that record's key; what no Binary names (the error desk,
    documents of applications, Binaries' older versions) goes under the key of nobody's record.
    """
    files = service.blobs.files
    plain = set(await asyncio.to_thread(lambda: list(files.plain())))
    written, damaged, named = 0, list[str](), set[str]()
    if plain:
        async for resource in _binaries(service):
            found = contents.named(resource)
            digest = found.digest.hex() if found is not None else ""
            if digest in plain and digest not in damaged:
                try:
                    written += await _again(service, resource, digest)
                    named.add(digest)
                except ContentDamaged:
                    damaged.append(digest)
    done = 0
    for digest in sorted(plain - set(damaged)):
        if digest not in named:
            try:
                await service.blobs.put(await service.blobs.plain(digest), KEPT)
            except ContentDamaged:
                damaged.append(digest)
                continue
        await asyncio.to_thread(files.remove_plain, digest)
        done += 1
    return Encrypted(done, written, damaged)


async def _binaries(service: FhirService) -> AsyncIterator[dict[str, Any]]:
    cursor = ""
    while True:
        page = await service.searcher.search(["Binary"], Query(page_size=_PAGE, total="none", cursor=cursor))
        for row in page.matches:
            yield parse_exact(row.body)
        cursor = page.next_cursor
        if not cursor:
            return


async def _again(service: FhirService, resource: dict[str, Any], digest: str) -> int:
    """Write a Binary anew with its content; 0 when somebody changed it meanwhile: then it is encrypted already."""
    data = await service.blobs.plain(digest)
    kept = {name: part for name, part in resource.items() if name not in ("_data", "meta")}
    kept["data"] = base64.b64encode(data).decode()
    expected = int(resource["meta"]["versionId"])
    asked = binary.keep(kept, resource["id"], Mode.PUT, Method.PUT, expected)
    done = await service.resources.write(asked)
    return int(done.status.done)
