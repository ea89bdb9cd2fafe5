"""Encrypted contents that are too large for a row: files under random names, there wholly or not at all."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{32}")
_PLAIN = re.compile(r"[0-9a-f]{64}")


class Files:
    """Files in a folder, two levels deep so that no folder grows large."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, chunks: Iterable[bytes]) -> str:
        """Store chunks durably under a new name."""
        name = secrets.token_hex(16)
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"part-{name}")
        try:
            with draft.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        return name

    def read(self, name: str, size: int) -> Iterator[bytes]:
        """Yield chunks of ``size`` bytes. Raises FileNotFoundError."""
        with self._path(name).open("rb") as file:
            while chunk := file.read(size):
                yield chunk

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; what is not there any more is no error."""
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> Iterator[str]:
        """Yield the names of files, whole and broken off ones, that nobody can be writing any more."""
        latest = time.time() - seconds
        for path in (self.folder / "sealed").glob("*/*/*"):
            if path.stat().st_mtime < latest:
                yield path.name

    def remove_draft(self, name: str) -> None:
        """Remove what a writer that was killed left behind."""
        if name.startswith("part-") and _NAME.fullmatch(name[5:]):
            self._path(name[5:]).with_name(name).unlink(missing_ok=True)

    def plain(self) -> Iterator[str]:
        """Yield the hashes of contents that an older version kept without encryption."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if _PLAIN.fullmatch(path.name):
                yield path.name

    def read_plain(self, digest: str) -> bytes:
        """Return a content that an older version kept without encryption. Raises FileNotFoundError."""
        return (self.folder / digest[:2] / digest[2:4] / digest).read_bytes()

    def remove_plain(self, digest: str) -> None:
        """Remove the unencrypted form of a content."""
        (self.folder / digest[:2] / digest[2:4] / digest).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return self.folder / "sealed" / name[:2] / name[2:4] / name


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
