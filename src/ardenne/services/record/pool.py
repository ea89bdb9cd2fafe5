"""Loading FHIR lines with every core: worker processes that parse, check and write batches.

A batch is one transaction of the database. What comes back is counted only after it is durable.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from ardenne.kernel.blobs import BlobStore
from ardenne.kernel.store.bulk import BulkWriter, Tally
from ardenne.kernel.store.change import Change
from ardenne.kernel.store.database import Database
from ardenne.services.record.loading import load_line
from ardenne.standards.fhir.outcome import Issue

_BATCH_CHANGES = 1000
_AHEAD = 3
"""Batches that wait for each process: enough to keep it busy, few enough to keep memory constant."""


class Line(NamedTuple):
    """One unit of a source: where it stands (line number from 1; 0: the whole file) and its bytes."""

    source: str
    number: int
    content: bytes


class Refused(NamedTuple):
    """A unit that was not stored, with the reasons."""

    line: Line
    issues: list[Issue]


class Batch(NamedTuple):
    """What became of some lines."""

    lines: int
    tally: Tally
    refused: list[Refused]


class _Loader:
    """Parses, checks and writes chunks of lines over one connection."""

    def __init__(self, dsn: str, contents: Path) -> None:
        self._writer = BulkWriter(dsn, BlobStore(contents, Database(dsn, 1)).write_with)

    def load(self, lines: list[Line]) -> Batch:
        tally, refused, changes = Tally(), [], list[Change]()
        for line in lines:
            loaded = load_line(line.content)
            if loaded.issues:
                refused.append(Refused(line, loaded.issues))
                continue
            changes += loaded.changes
            if len(changes) >= _BATCH_CHANGES:
                tally += self._writer.write(changes)
                changes = []
        if changes:
            tally += self._writer.write(changes)
        return Batch(len(lines), tally, refused)

    def close(self) -> None:
        self._writer.close()


class _Worker:
    loader: _Loader


def _start(dsn: str, contents: str) -> None:
    _Worker.loader = _Loader(dsn, Path(contents))
    # nothing of a batch lives on: looking for cycles costs a quarter of the time
    gc.freeze()
    gc.disable()


def _load(lines: list[Line]) -> Batch:
    return _Worker.loader.load(lines)


def load(dsn: str, contents: Path, lines: Iterable[Line], processes: int) -> Iterator[Batch]:
    """Store lines of FHIR and yield what became of each batch, in the order in which they finish.

    One process is this one: starting another costs more than a small file.
    """
    if processes > 1:
        yield from _load_beside(dsn, contents, lines, processes)
        return
    loader = _Loader(dsn, contents)
    try:
        for chunk in _chunks(lines):
            yield loader.load(chunk)
    finally:
        loader.close()


def _load_beside(dsn: str, contents: Path, lines: Iterable[Line], processes: int) -> Iterator[Batch]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start, (dsn, str(contents))) as pool:
        waiting: set[Future[Batch]] = set()
        for chunk in _chunks(lines):
            if len(waiting) >= processes * _AHEAD:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
            waiting.add(pool.submit(_load, chunk))
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()


_CHUNK_BYTES = 1 << 20
_CHUNK_LINES = 1000


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line.content)
        if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_LINES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
