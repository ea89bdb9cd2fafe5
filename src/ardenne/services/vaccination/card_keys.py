"""Keys with which a node signs cards: ES256, one file per key in the data folder, for the operator alone.

The newest signs; older ones verify what they signed. ``revoked-cards.txt`` names single cards that were withdrawn,
``revoked-keys.txt`` keys with all their cards.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ardenne.kernel import keyfiles
from ardenne.standards.cards.keys import Key, KeyStore, next_kid, thumbprint

_CARDS, _KEYS = "revoked-cards.txt", "revoked-keys.txt"


class CardKeys:
    """The keys of a data folder. ``partner``: the code of the issuer, such as LUX."""

    def __init__(self, data: Path, partner: str) -> None:
        self._folder = data / "keys" / "cards"
        self.partner = partner

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self.partner}[0-9][0-9][A-Z].pem"))

    def signing(self) -> tuple[str, ec.EllipticCurvePrivateKey]:
        """Name and key that sign now; the first is made on first use."""
        paths = self._paths()
        path = paths[-1] if paths else self.rotate()
        return path.stem, _read(path)

    def rotate(self) -> Path:
        """Make the next key; from now on it signs. Safe when several processes do it at once."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = [path.stem for path in self._paths()]
        path = self._folder / f"{next_kid(self.partner, datetime.now(UTC).year, names)}.pem"
        content = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        keyfiles.keep(path, content)
        return path

    def public(self) -> list[Key]:
        """All public keys by their card names (EVC)."""
        return [Key(path.stem.encode(), _read(path).public_key()) for path in self._paths()]

    def store(self) -> KeyStore:
        """What this node trusts by itself: its own keys, under both names, and its list of withdrawn cards."""
        found = KeyStore()
        gone = self._listed(_KEYS)
        for key in self.public():
            assert isinstance(key.public, ec.EllipticCurvePublicKey)
            revoked = key.kid.decode() in gone
            found.add(Key(key.kid, key.public, revoked=revoked))
            found.add(Key(thumbprint(key.public).encode(), key.public, revoked=revoked))
        found.revoked_cards |= self._listed(_CARDS)
        return found

    def revoke_card(self, identifier: str) -> None:
        """Withdraw a single card by its identifier (32 hexadecimal digits). :raises ValueError: for anything else."""
        if not re.fullmatch(r"[0-9a-f]{32}", identifier):
            raise ValueError("a card is named by the 32 hexadecimal digits that `ardenne card verify` prints")
        self._list(_CARDS, identifier)

    def revoke_key(self, name: str) -> None:
        """Withdraw a key with all cards that it signed; when it was the newest, the next one is made at once.

        :raises ValueError: when the node has no key of this name.
        """
        names = [path.stem for path in self._paths()]
        if name not in names:
            raise ValueError(f"there is no key {name!r}; the node has {', '.join(names) or 'none yet'}")
        self._list(_KEYS, name)
        if name == names[-1]:
            self.rotate()

    def _listed(self, file: str) -> set[str]:
        path = self._folder / file
        return set(path.read_text().split()) if path.is_file() else set()

    def _list(self, file: str, name: str) -> None:
        """Add a line; short lines appended at once do not mix, and a line that is there twice is one."""
        if name in self._listed(file):
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / file).open("a") as lines:
            lines.write(f"{name}\n")
            lines.flush()
            os.fsync(lines.fileno())


def _read(path: Path) -> ec.EllipticCurvePrivateKey:
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found
