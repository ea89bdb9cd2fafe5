"""Calling the endpoint of a rest-hook: safely, with bounds on time and size.

Only http and https; no redirect is followed; of the answer only the status line counts and nothing
behind the headers is read. The address is looked up once, judged and then called, so that a name cannot
lead somewhere else meanwhile. Addresses of this machine are called in open mode only, and link-local
ones (where clouds keep their credentials) never.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from ardenne.kernel.subscriptions.rules import Rules

_PORTS = {"http": 80, "https": 443}
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r?\n)")
_HEAD_LIMIT = 1 << 16
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class DeliveryError(Exception):
    """A message did not arrive; the text says why, without anything that the receiver sent."""


class Place(NamedTuple):
    """An endpoint taken apart. ``path`` with query."""

    secure: bool
    host: str
    port: int
    path: str
    authority: str


def place_of(address: str, rules: Rules) -> Place:
    """Return the parts of an endpoint. Raises DeliveryError when it may not be called."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise DeliveryError("the endpoint is not an address") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in _PORTS or not host or not _PRINTABLE.fullmatch(address):
        raise DeliveryError("the endpoint is not an address that begins with http:// or https://")
    if parts.username is not None:
        raise DeliveryError("the endpoint has a user name: send credentials by a channel header")
    if rules.hosts and host not in rules.hosts:
        raise DeliveryError(f"the host {host[:100]} is not among those that the operator allows")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme == "https", host, port or _PORTS[parts.scheme], path, parts.netloc)


async def post(address: str, headers: Iterable[str], body: bytes, seconds: float, rules: Rules) -> None:
    """Send a POST and return when it was answered by 2xx.

    ``headers``: complete header lines. ``seconds``: the time for all of it. Raises DeliveryError.
    """
    place = place_of(address, rules)
    try:
        async with asyncio.timeout(seconds):
            code = await _exchange(place, headers, body, rules)
    except TimeoutError:
        raise DeliveryError(f"the endpoint did not answer within {seconds:g} s") from None
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, UnicodeError) as error:
        raise DeliveryError(f"the endpoint cannot be reached: {_reason(error)}") from None
    if 300 <= code < 400:
        raise DeliveryError(f"the endpoint answered {code}: redirects are not followed")
    if not 200 <= code < 300:
        raise DeliveryError(f"the endpoint answered {code}")


async def _exchange(place: Place, headers: Iterable[str], body: bytes, rules: Rules) -> int:
    address = await _lookup(place, rules)
    secure = _encryption() if place.secure else None
    reader, writer = await asyncio.open_connection(
        address, place.port, ssl=secure, server_hostname=place.host if place.secure else None, limit=_HEAD_LIMIT
    )  # fmt: skip
    try:
        lines = [
            f"POST {place.path} HTTP/1.1", f"Host: {place.authority}", f"Content-Length: {len(body)}",
            "Connection: close", "User-Agent: ardenne", *headers,
        ]  # fmt: skip
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        await writer.drain()
        while True:
            head = await reader.readuntil(b"\n")
            found = _STATUS_LINE.match(head)
            if found is None:
                raise DeliveryError("the endpoint does not speak HTTP")
            if int(found[1]) >= 200:
                return int(found[1])
            while (await reader.readuntil(b"\n")).strip():
                continue  # the headers of an interim answer
    finally:
        writer.transport.abort()


@lru_cache(maxsize=1)
def _encryption() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _lookup(place: Place, rules: Rules) -> str:
    """Return the network address to call. Raises DeliveryError when none may be called."""
    found = await asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    for entry in found:
        text = str(entry[4][0])
        if _allowed(text, rules):
            return text
    raise DeliveryError("the endpoint lies on this machine or in a network that may not be called")


def _allowed(text: str, rules: Rules) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return rules.loopback
    return not (address.is_unspecified or address.is_link_local or address.is_multicast)


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return f"its certificate or encryption is not accepted ({error.reason or 'TLS'})"
    if isinstance(error, asyncio.IncompleteReadError):
        return "it closed the connection without an answer"
    if isinstance(error, asyncio.LimitOverrunError):
        return "its answer has no end of line"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return type(error).__name__
