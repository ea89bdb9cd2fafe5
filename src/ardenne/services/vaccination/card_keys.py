"""Keys with which a node signs cards: ES256, one file per key in the data folder, for the operator alone.

The newest signs; older ones verify what they signed. ``revoked-cards.txt`` names single cards that were withdrawn.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ardenne.kernel import keyfiles
from ardenne.standards.cards.keys import Key, KeyStore, next_kid, thumbprint


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
        for key in self.public():
            assert isinstance(key.public, ec.EllipticCurvePublicKey)
            found.add(key)
            found.add(Key(thumbprint(key.public).encode(), key.public))
        withdrawn = self._folder / "revoked-cards.txt"
        if withdrawn.is_file():
            found.revoked_cards |= set(withdrawn.read_text().split())
        return found


def _read(path: Path) -> ec.EllipticCurvePrivateKey:
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found
