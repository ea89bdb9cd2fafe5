"""The node's keys for contents: numbered files outside the database, each of which seals keys of records.

The newest seals what is new; older ones are there until everything is sealed anew (rotation).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ardenne.kernel import keyfiles

_NAME = re.compile(r"(\d{4})\.key")
_NONCE = 12
SIZE = 32


class KeyMissing(Exception):
    """The key of a content cannot be opened: the file of the node's key is missing or is another one."""


class SealedKey(NamedTuple):
    """A record's key as the database holds it, and the number of the node's key that sealed it."""

    sealed: bytes
    node_key: int


class KeyRing:
    """The key files of a folder. The first one is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ciphers: dict[int, AESGCM] = {}

    def numbers(self) -> list[int]:
        """Return the numbers of the key files that are there, in order."""
        if not self._folder.is_dir():
            return []
        found = (_NAME.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def current(self) -> int:
        """Return the number of the newest key."""
        found = self.numbers()
        return found[-1] if found else self._make(1)

    def add(self) -> int:
        """Make a key that seals from now on; return its number."""
        return self._make(self.current() + 1)

    def _make(self, number: int) -> int:
        """Make a key unless another process has just made the one of this number."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        keyfiles.keep(self._path(number), secrets.token_bytes(SIZE))
        return number

    def remove(self, number: int) -> None:
        """Destroy a key that seals nothing any more."""
        self._path(number).unlink(missing_ok=True)
        self._ciphers.pop(number, None)

    def seal(self, key: bytes, record: int) -> SealedKey:
        """Return a record's key sealed by the newest key of the node."""
        return self._sealed(key, record, self.current())

    def seal_many(self, keys: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes, SealedKey]]:
        """Yield records and their keys, each with its form sealed by the newest key of the node."""
        number = self.current()
        for record, key in keys:
            yield record, key, self._sealed(key, record, number)

    def _sealed(self, key: bytes, record: int, number: int) -> SealedKey:
        nonce = secrets.token_bytes(_NONCE)
        return SealedKey(nonce + self._cipher(number).encrypt(nonce, key, _named(record)), number)

    def unseal(self, sealed: SealedKey, record: int) -> bytes:
        """Return a record's key. Raises KeyMissing."""
        nonce, rest = sealed.sealed[:_NONCE], sealed.sealed[_NONCE:]
        try:
            return self._cipher(sealed.node_key).decrypt(nonce, rest, _named(record))
        except InvalidTag:
            text = f"{self._path(sealed.node_key)} is not the key that sealed the keys of the records"
            raise KeyMissing(f"{text}: restore it") from None

    def _cipher(self, number: int) -> AESGCM:
        if number not in self._ciphers:
            try:
                self._ciphers[number] = AESGCM(self._path(number).read_bytes())
            except (FileNotFoundError, ValueError):
                raise KeyMissing(f"{self._path(number)} is missing or damaged: restore it") from None
        return self._ciphers[number]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:04}.key"


def _named(record: int) -> bytes:
    return b"record" + record.to_bytes(8, "big", signed=True)
