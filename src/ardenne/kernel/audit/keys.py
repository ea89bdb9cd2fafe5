"""The key with which a node signs the roots of its journal: Ed25519, in the data folder, for the operator alone."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ardenne.kernel import keyfiles

_NAME = "journal.pem"


def signing_key(data: Path) -> Ed25519PrivateKey:
    """Return the key of a data folder; made on first use (mode 0600)."""
    folder = data / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / _NAME
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        content = made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        keyfiles.keep(path, content)
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(found, Ed25519PrivateKey)
    return found


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as hexadecimal digits, to be published."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return raw.hex()
