"""A watched folder: whatever is put there is filed once and moved to ``done`` or ``failed``.

A file counts as complete when it was not written to for a second and its name does not begin with a dot or end with
``.part`` or ``.tmp``; who writes under such a name and renames is never seen half-way. ``name.json`` describes ``name``
and is put there first.
One worker of the node watches. It takes a file by moving it to ``work``; after a crash it begins with what lies there.
Filing the same bytes again changes nothing, so every file is in the record once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ardenne.kernel.background import repeat
from ardenne.kernel.identity.caller import Caller, Kind, Purpose
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.locks import try_lock
from ardenne.services.record import filing
from ardenne.services.record.feeds import counting
from ardenne.standards.fhir.outcome import Issue

_LOGGER = logging.getLogger("ardenne.feeds")
_IDLE_SECONDS = 1.0
_QUIET_SECONDS = 1.0
_SIDECAR = ".json"
_UNFINISHED = (".part", ".tmp")
_LOCK = "watched-folder"
_FEED = "folder"
_CALLER = Caller(
    Kind.SOFTWARE, "folder", name="Watched folder", profession="platform", purpose=Purpose.TREATMENT
)


class Found(NamedTuple):
    """A file that was taken: where it lies, its description if there is one, when it was written."""

    path: Path
    sidecar: Path | None
    written: float


class Watcher:
    """Files what is put into one folder."""

    def __init__(self, service: FhirService, folder: Path) -> None:
        self._service = service
        self._folder = folder
        self._holding: Connection | None = None

    async def run(self) -> None:
        """Watch for ever."""
        await repeat(self.step, _IDLE_SECONDS)

    async def step(self) -> bool:
        """File what is complete now; False when nothing was, or another worker watches."""
        if not await self._first():
            return False
        found = await asyncio.to_thread(self.take)
        for one in found:
            await self._file(one)
        return bool(found)

    async def _first(self) -> bool:
        """Tell whether this worker is the one that watches: it holds a lock as long as its connection lives."""
        if self._holding is not None and not self._holding.is_closed():
            return True
        connection = await self._service.database.dedicated()
        if await try_lock(connection, f"{_LOCK}:{self._folder.resolve()}"):
            self._holding = connection
            return True
        await connection.close()
        return False

    def take(self) -> list[Found]:
        """Move complete files to ``work``; return everything that lies there, the oldest first."""
        work = self._folder / "work"
        for name in ("work", "done", "failed"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        latest = time.time() - _QUIET_SECONDS
        names = {path.name for path in self._folder.iterdir() if _is_content(path)}
        complete = [
            name
            for name in sorted(names)
            if not _describes(name, names) and (self._folder / name).stat().st_mtime <= latest
        ]
        for name in complete:
            if name + _SIDECAR in names:
                (self._folder / (name + _SIDECAR)).replace(work / (name + _SIDECAR))
            (self._folder / name).replace(work / name)
        taken = {path.name for path in work.iterdir() if _is_content(path)}
        found = []
        for name in taken:
            if not _describes(name, taken):
                path, sidecar = work / name, work / (name + _SIDECAR)
                found.append(Found(path, sidecar if sidecar.name in taken else None, path.stat().st_mtime))
        return sorted(found, key=lambda one: (one.written, one.path.name))

    async def _file(self, one: Found) -> None:
        data, about = await asyncio.to_thread(_read, one)
        service = self._service.seen_by(_CALLER) if self._service.policy is not None else self._service
        try:
            filed = (
                about
                if isinstance(about, filing.Filed)
                else await filing.file(service, data, one.path.name, about)
            )
        finally:
            await service.finish()
        counting.note(_FEED, filed.outcome, datetime.fromtimestamp(one.written, UTC))
        await asyncio.to_thread(self._put_away, one, filed, hashlib.sha256(data).hexdigest()[:8])

    def _put_away(self, one: Found, filed: filing.Filed, mark: str) -> None:
        """Move a file out of ``work``; a name that is taken there gets a mark of the content."""
        folder = self._folder / ("failed" if filed.outcome == "refused" else "done")
        name = one.path.name
        if (folder / name).exists():
            name = f"{one.path.stem}-{mark}{one.path.suffix}"
        if filed.outcome == "refused":
            reasons = "".join(f"{issue.rule} {issue.path}: {issue.message}\n" for issue in filed.issues)
            (folder / f"{name}.reason.txt").write_text(reasons, encoding="utf-8")
        if one.sidecar is not None:
            one.sidecar.replace(folder / (name + _SIDECAR))
        one.path.replace(folder / name)


def _is_content(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and not path.name.endswith(_UNFINISHED)


def _describes(name: str, names: set[str]) -> bool:
    return name.endswith(_SIDECAR) and name.removesuffix(_SIDECAR) in names


def _read(one: Found) -> tuple[bytes, dict[str, Any] | filing.Filed | None]:
    """Return the bytes of a file and its description, or why that cannot be read."""
    data = one.path.read_bytes()
    if one.sidecar is None:
        return data, None
    try:
        about = orjson.loads(one.sidecar.read_bytes())
    except orjson.JSONDecodeError as error:
        about = error
    if isinstance(about, dict):
        return data, about
    text = "The description beside the file is not a JSON object: correct it and put both files here again."
    return data, filing.Filed("refused", issues=(Issue("error", "structure", "", text, "description"),))
