"""Secrets that must be read again (TOTP, private signing keys) are sealed with the node's own key.

The key is a file of the data folder that its owner alone can read; a copy of the database without it
is worth nothing. AES-256-GCM, the name of the purpose as associated data.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class SealBroken(Exception):
    """A sealed secret cannot be opened: the key file of the data folder is not the one that sealed it."""


class Sealing:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def of_folder(cls, data: Path) -> Sealing:
        """Return the sealing of a data folder, whose key is made when first needed."""
        path = data / "keys" / "identity.key"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"identity.{secrets.token_hex(8)}.new")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            try:
                # of two processes that begin at once the first wins, and both read its key
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return cls(path.read_bytes())

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Return the sealed form of a secret."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return the secret. Raises SealBroken."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
        except InvalidTag:
            raise SealBroken(
                "a secret of this node cannot be opened: restore keys/identity.key of its data folder"
            ) from None
