"""One-time codes of an authenticator app: TOTP (RFC 6238) with SHA-1, 30 seconds, six digits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote

PERIOD = 30
_DIGITS = 6


def new_secret() -> bytes:
    """Return a secret of 160 bits (RFC 4226, section 4)."""
    return secrets.token_bytes(20)


def code(secret: bytes, step: int, digits: int = _DIGITS) -> str:
    """Return the code of a time step (RFC 4226, section 5.3)."""
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, entered: str, now: float, after: int) -> int:
    """Return the time step of a code, one step early or late allowed; 0 when it is wrong or was used.

    ``after`` is the last step used: a code counts once (RFC 6238, section 5.2).
    """
    digits = "".join(sign for sign in entered[:20] if sign.isdigit())
    current = int(now) // PERIOD
    for step in (current, current - 1, current + 1):
        if step > after and hmac.compare_digest(code(secret, step), digits):
            return step
    return 0


def written(secret: bytes) -> str:
    """Return the secret as people type it: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def address(secret: bytes, account: str, issuer: str) -> str:
    """Return the otpauth address that authenticator apps open."""
    text = base64.b32encode(secret).decode()
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={text}&issuer={quote(issuer)}"
