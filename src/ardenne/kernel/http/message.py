"""A request and an answer, independent of the server that carries them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from ardenne.kernel.identity.caller import ANONYMOUS, Caller


class ClientCertificate(NamedTuple):
    """What names a certificate: ``thumbprint`` as x5t#S256 (RFC 8705, 3.1), ``subject`` as RFC 4514 writes it."""

    thumbprint: str
    subject: str


class Request(NamedTuple):
    """One HTTP request, its body read whole.

    ``path`` is decoded; ``query`` is the raw query string; header names are lower case.
    ``base`` is the address of the server without trailing slash, as the caller knows it.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base: str
    client: str
    caller: Caller = ANONYMOUS
    """Who asks, as the application found out before it called the door."""
    certificate: ClientCertificate | None = None
    """The certificate that the client showed (mutual TLS)."""

    def header(self, name: str) -> str:
        """Return a header, empty when absent."""
        return self.headers.get(name, "")

    def cookie(self, name: str) -> str:
        """Return a cookie, empty when absent."""
        try:
            morsel = SimpleCookie(self.header("cookie")).get(name)
        except CookieError:
            return ""
        return morsel.value if morsel else ""


class Response(NamedTuple):
    """One HTTP answer. ``stream`` replaces ``body`` for long contents."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncIterator[bytes] | None = None

    def with_headers(self, *headers: tuple[str, str]) -> Response:
        """Return the answer with further headers."""
        return self._replace(headers=self.headers + headers)
