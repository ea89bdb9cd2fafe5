"""Passwords: argon2id (RFC 9106, second recommended option), verified outside the event loop."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST, LONGEST = 12, 128
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_AT_ONCE = asyncio.Semaphore(2)
"""Each takes 64 MiB; whoever floods the sign-in page waits in line."""


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


def problem(password: str, login: str) -> str:
    """Return why a password cannot be chosen; empty when it can. Length counts, not kinds of signs."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    plain = password.lower()
    if len(set(plain)) < 5 or login in plain or "password" in plain or "ardenne" in plain:
        return "guessable"
    return ""


@cache
def _nobodys() -> str:
    """Return a hash for whoever has no password, who takes as long as the others."""
    return hashed("nobody has this password")


async def matches(kept: str, password: str) -> bool:
    """Tell whether a password is the right one; ``kept`` empty: never, in the same time."""
    async with _AT_ONCE:
        right = await asyncio.to_thread(_verify, kept, password[:LONGEST])
    # what is longer than any password can be is wrong, not cut to fit
    return right and bool(kept) and len(password) <= LONGEST


def _verify(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept or _nobodys(), password)
    except (Argon2Error, InvalidHashError):
        return False
