"""``ardenne import``: files of any known kind into the record."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from ardenne.kernel.blobs import BlobStore
from ardenne.kernel.registry import Registry
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Database
from ardenne.services.mpi.contract import PersonIndex
from ardenne.services.record import filing, pool
from ardenne.services.record.loading import is_packed_bundle
from ardenne.services.record.store import LoadedFiles
from ardenne.standards.fhir.outcome import Issue
from ardenne.standards.recognition.unpack import unpack

SIDECAR = ".json"
_UNPACKED_LIMIT = 8 << 30
_SMALL = 256 * 1024
_PARALLEL = 8
_IGNORED = frozenset({"MANIFEST.tsv", ".DS_Store", "Thumbs.db"})


class Rejected(NamedTuple):
    """One content that was not filed."""

    source: str
    issues: tuple[Issue, ...]


class Report:
    """What became of an import, and how far it is."""

    def __init__(self, total_bytes: int, quiet: bool) -> None:
        self.outcomes: Counter[str] = Counter()
        self.stored = 0
        self.rejected: list[Rejected] = []
        self._total = max(total_bytes, 1)
        self._done = 0
        self._begin = time.monotonic()
        self._shown = 0.0
        self._quiet = quiet or not sys.stderr.isatty()

    def advance(self, size: int) -> None:
        """Count bytes as done and show the progress at most five times a second."""
        self._done += size
        now = time.monotonic()
        if self._quiet or now - self._shown < 0.2:
            return
        self._shown = now
        spent = now - self._begin
        share = min(self._done / self._total, 1.0)
        rest = spent / share - spent if share > 0 else 0.0
        rate = self.stored / spent if spent > 0 else 0.0
        line = f"\r{share:6.1%}  {self.stored:,} stored  {rate:,.0f}/s  {rest:,.0f} s left "
        sys.stderr.write(line)
        sys.stderr.flush()

    def reject(self, source: str, issues: tuple[Issue, ...]) -> None:
        """Count a content as refused."""
        self.outcomes["rejected"] += 1
        self.rejected.append(Rejected(source, issues))

    def table(self) -> str:
        """Return the closing table: filed, duplicate, rejected and why."""
        spent = time.monotonic() - self._begin
        lines = [
            "",
            f"filed      {self.outcomes['filed']:>9,}",
            f"duplicate  {self.outcomes['duplicate']:>9,}",
            f"rejected   {self.outcomes['rejected']:>9,}",
            f"{self.stored:,} resources stored or changed in {spent:.1f} s",
        ]
        for rejected in self.rejected[:50]:
            issue = rejected.issues[0]
            place = f" at {issue.path}" if issue.path else ""
            lines.append(f"  {rejected.source}: {issue.rule}{place}: {issue.message}")
        if len(self.rejected) > 50:
            lines.append(f"  and {len(self.rejected) - 50} more")
        if self.rejected:
            lines.append("What was rejected waits in the error desk (page /desk) with its reason.")
        return "\n".join(lines)


def find_files(paths: list[Path]) -> list[Path]:
    """Return the files under the paths in a fixed order, without sidecars. Raises FileNotFoundError."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(entry for entry in path.rglob("*") if entry.is_file())
        elif path.exists():
            found.append(path)
        else:
            raise FileNotFoundError(path)
    names = set(found)
    return [path for path in found if path.name not in _IGNORED and not _is_sidecar(path, names)]


def _is_sidecar(path: Path, names: set[Path]) -> bool:
    return path.suffix == SIDECAR and path.with_suffix("") in names


def run(
    paths: list[Path],
    dsn: str,
    contents: Path,
    processes: int | None,
    quiet: bool,
    zone: ZoneInfo,
    registry: Registry,
) -> Report:
    """Import files into the store; every file that was imported wholly before is a duplicate.

    Times without zone are read in ``zone``; ``registry`` offers the index of persons.
    """
    files = find_files(paths)
    report = Report(sum(path.stat().st_size for path in files), quiet)
    loaded = LoadedFiles(dsn)
    blobs = BlobStore(contents, Database(dsn, 1))
    workers = processes or max(1, min(os.cpu_count() or 1, 8))
    try:
        documents: list[Path] = []
        for path in files:
            if not _is_fhir_lines(path):
                documents.append(path)
                continue
            _load_file(path, loaded, blobs, dsn, contents, workers, report)
        if documents:
            asyncio.run(_file_all(documents, dsn, contents, loaded, report, zone, registry))
    finally:
        loaded.close()
    return report


def _is_fhir_lines(path: Path) -> bool:
    """Tell whether a file holds FHIR JSON to store one by one: NDJSON, or a Bundle that is no document."""
    name = path.name.removesuffix(".gz").lower()
    if name.endswith(".ndjson"):
        return True
    return name.endswith(".json") and path.stat().st_size < _UNPACKED_LIMIT and is_packed_bundle(_read(path))


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return unpack(data) if path.suffix == ".gz" else data


def _load_file(
    path: Path, loaded: LoadedFiles, blobs: BlobStore, dsn: str, contents: Path, workers: int, report: Report
) -> None:
    digest = _digest(path)
    size = path.stat().st_size
    if loaded.has(digest):
        report.outcomes["duplicate"] += 1
        report.advance(size)
        return
    stored, lines, refused = 0, 0, 0
    number = workers if size > _SMALL else 1
    for batch in pool.load(dsn, contents, _lines(path), number):
        lines += batch.lines
        stored += batch.tally.created + batch.tally.updated
        report.stored += batch.tally.created + batch.tally.updated
        for line in batch.refused:
            refused += 1
            loaded.refuse(blobs, line.line.content, line.line.source, line.line.number, line.issues)
            place = f"{line.line.source}, line {line.line.number}" if line.line.number else line.line.source
            report.reject(place, tuple(line.issues))
        report.advance(0)
    report.advance(size)
    if lines > refused:
        report.outcomes["filed" if stored else "duplicate"] += 1
    if not refused:
        loaded.mark(digest, path.name, stored)


def _lines(path: Path) -> Iterator[pool.Line]:
    if not path.name.removesuffix(".gz").lower().endswith(".ndjson"):
        yield pool.Line(path.name, 0, _read(path))
        return
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield pool.Line(path.name, number, line)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _file_all(
    paths: list[Path],
    dsn: str,
    contents: Path,
    loaded: LoadedFiles,
    report: Report,
    zone: ZoneInfo,
    registry: Registry,
) -> None:
    database = Database(dsn, _PARALLEL + 2)
    service = FhirService(database, contents, zone=zone)
    service.registry = registry
    gate = asyncio.Semaphore(_PARALLEL)

    async def file_one(path: Path) -> None:
        async with gate:
            await _file_one(service, path, loaded, report)

    try:
        # whoever was loaded as FHIR just now must be found by the documents
        await registry.get(PersonIndex).catch_up(database)
        # a person's first document creates the person: documents follow each other in order of name
        async with asyncio.TaskGroup() as group:
            for path in paths:
                group.create_task(file_one(path))
    finally:
        await database.close()


def _with_sidecar(path: Path) -> tuple[bytes, dict[str, Any] | None]:
    sidecar = path.with_name(path.name + SIDECAR)
    return path.read_bytes(), orjson.loads(sidecar.read_bytes()) if sidecar.exists() else None


async def _file_one(service: FhirService, path: Path, loaded: LoadedFiles, report: Report) -> None:
    data, sidecar = await asyncio.to_thread(_with_sidecar, path)
    digest = hashlib.sha256(data).hexdigest()
    if loaded.has(digest):
        report.outcomes["duplicate"] += 1
        report.advance(len(data))
        return
    filed = await filing.file(service, data, path.name, sidecar)
    if filed.outcome == "refused":
        report.reject(path.name, filed.issues)
    else:
        report.outcomes[filed.outcome] += 1
        report.stored += filed.stored
        loaded.mark(digest, path.name, filed.stored)
    report.advance(len(data))
