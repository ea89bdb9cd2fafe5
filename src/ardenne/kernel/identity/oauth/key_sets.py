"""Public keys of other parties: given at registration, or read from an address of theirs."""

from __future__ import annotations

import asyncio
import ipaddress
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

_LARGEST = 1 << 16
_SECONDS = 5
_KEPT_SECONDS = 300.0
_HASTE_SECONDS = 10.0
_SMALLEST_RSA = 2048

Key = RSAKey | ECKey


class KeySetUnavailable(Exception):
    """The keys of another party cannot be read now."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


def check_address(address: str, loopback: bool) -> None:
    """Raise KeySetUnavailable unless an address is https, or of this machine where ``loopback`` allows that."""
    parts = urlsplit(address)
    if parts.username or not parts.hostname or parts.scheme not in ("https", "http"):
        raise KeySetUnavailable("the address must begin with https://")
    if parts.scheme == "http" and not (loopback and is_loopback(parts.hostname)):
        raise KeySetUnavailable("the address must begin with https://")


def is_loopback(host: str) -> bool:
    """Tell whether a host name is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def fetch(
    address: str, loopback: bool, data: bytes | None = None, headers: dict[str, str] | None = None
) -> Any:
    """Return JSON from an address: no redirect is followed, size and time are bounded. Raises KeySetUnavailable."""
    check_address(address, loopback)

    def read() -> bytes:
        asked = urllib.request.Request(address, data, headers or {})  # noqa: S310 - the scheme is checked
        with urllib.request.build_opener(_NoRedirect).open(asked, timeout=_SECONDS) as answer:
            return bytes(answer.read(_LARGEST + 1))

    try:
        # the socket's time is that of each piece: whoever sends piece by piece is not waited for
        content = await asyncio.wait_for(asyncio.to_thread(read), 2 * _SECONDS)
        if len(content) > _LARGEST:
            raise KeySetUnavailable("the answer is too large")
        return orjson.loads(content)
    except (OSError, urllib.error.URLError, TimeoutError, ValueError) as error:
        raise KeySetUnavailable(f"the address did not answer as it must ({type(error).__name__})") from None


def keys_of(content: Any) -> dict[str, Key]:
    """Return the usable public keys of a JWK Set by their id; RSA of 2048 bits or more, and EC."""
    found: dict[str, Key] = {}
    try:
        for key in KeySet.import_key_set(content).keys:
            if not isinstance(key, RSAKey | ECKey) or not key.kid:
                continue
            if isinstance(key, RSAKey) and key.public_key.key_size < _SMALLEST_RSA:
                continue
            found[str(key.kid)] = key
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise KeySetUnavailable("the keys cannot be understood") from None
    return found


class RemoteKeys:
    """Key sets by address, kept for five minutes; an unknown key id asks again, but not every time."""

    def __init__(self, loopback: bool) -> None:
        self._loopback = loopback
        self._kept: dict[str, tuple[float, dict[str, Key]]] = {}

    async def key(self, address: str, kid: str) -> Key | None:
        """Return a key of another party. Raises KeySetUnavailable."""
        read_at, keys = self._kept.get(address, (0.0, {}))
        age = time.monotonic() - read_at
        if not read_at or age > _KEPT_SECONDS or (kid not in keys and age > _HASTE_SECONDS):
            keys = keys_of(await fetch(address, self._loopback))
            self._kept[address] = (time.monotonic(), keys)
        return keys.get(kid)
