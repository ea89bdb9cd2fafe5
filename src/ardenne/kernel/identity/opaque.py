"""Random secrets: session cookies, codes, refresh tokens. Only their hash is kept."""

from __future__ import annotations

import hashlib
import secrets

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without 0, 1, I and O, which people confuse on paper."""


def fresh() -> str:
    """Return a new secret of 256 bits for machines."""
    return secrets.token_urlsafe(32)


def fresh_for_people(groups: int = 4) -> str:
    """Return a new secret that people can copy from paper: groups of five signs, 25 bits each."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(groups))


def digest(secret: str) -> bytes:
    """Return what is kept of a random secret. It has too many bits to be guessed, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


def digest_of_copied(secret: str) -> bytes:
    """Return what is kept of a secret that people copy: case, blanks and hyphens do not count."""
    return digest("".join(sign for sign in secret.upper()[:80] if sign.isalnum()))
