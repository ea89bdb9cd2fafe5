"""The files of a release: a folder, a zip archive as it was downloaded, or one file."""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ardenne.kernel.terminology.loaders.model import LoadError

csv.field_size_limit(min(sys.maxsize, 1 << 24))


class Files:
    """Names of files, and their content."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive: zipfile.ZipFile | None = None
        if path.is_dir():
            self.names = sorted(str(each.relative_to(path)) for each in path.rglob("*") if each.is_file())
        elif zipfile.is_zipfile(path):
            self._archive = zipfile.ZipFile(path)
            self.names = sorted(name for name in self._archive.namelist() if not name.endswith("/"))
        elif path.is_file():
            self.names = [path.name]
        else:
            raise LoadError(f"there is no file or folder {path}")

    def all(self, pattern: str) -> list[str]:
        """The names whose last part, or whole, matches a regular expression."""
        wanted = re.compile(pattern)
        return [
            name for name in self.names if wanted.fullmatch(name.rpartition("/")[2]) or wanted.fullmatch(name)
        ]

    def one(self, pattern: str, what: str) -> str:
        """The only name that matches. Raises LoadError that says ``what`` was looked for."""
        found = self.all(pattern)
        if len(found) != 1:
            count = "no" if not found else "more than one"
            raise LoadError(f"{self.path} has {count} {what} (looked for files like {pattern})")
        return found[0]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Lend the content of a file."""
        if self._archive is not None:
            with self._archive.open(name) as stream:
                yield stream
        else:
            place = self.path / name if self.path.is_dir() else self.path
            with place.open("rb") as stream:
                yield stream

    def rows(self, name: str, delimiter: str = ",", quoted: bool = True) -> Iterator[dict[str, str]]:
        """The rows of a table with a line of headings, in UTF-8."""
        with self.open(name) as stream:
            text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
            quotes: dict[str, Any] = {} if quoted else {"quoting": csv.QUOTE_NONE}
            for row in csv.DictReader(text, delimiter=delimiter, **quotes):
                yield {key: value or "" for key, value in row.items() if isinstance(key, str)}
