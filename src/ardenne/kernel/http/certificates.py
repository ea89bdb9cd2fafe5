"""Certificates that clients show: over mutual TLS of this node, or at a proxy that ends TLS before it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.kernel.http.asgi import RequestRefused, Scope
from ardenne.kernel.http.message import ClientCertificate

HEADER = "client-cert"
"""The header of RFC 9440: the certificate in DER as base64 between colons."""
DOORS: Mapping[str, tuple[str, ...]] = {
    "fhir": ("/fhir",),
    "sharing": ("/xds/", "/xca"),
    "persons": ("/pix/", "/pdq/", "/xcpd"),
    "oauth": ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par"),
    "mllp": (),
}
"""The doors that can be closed to senders without a certificate, and where they are; MLLP has a port of its own."""
_LONGEST = 16_384
_BEGIN = "-----BEGIN CERTIFICATE-----"


def named(certificate: x509.Certificate) -> ClientCertificate:
    """Return the names of a certificate."""
    return _named(certificate.public_bytes(Encoding.DER))


@lru_cache(maxsize=1024)
def _named(der: bytes) -> ClientCertificate:
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    return ClientCertificate(thumbprint, x509.load_der_x509_certificate(der).subject.rfc4514_string())


@lru_cache(maxsize=1024)
def _read(text: str) -> x509.Certificate:
    """Read a certificate as RFC 9440 writes it, or as PEM, escaped for an address or not. Raises ValueError."""
    if len(text) > _LONGEST:
        raise ValueError("too long")
    if text.startswith(":") and text.endswith(":"):
        return x509.load_der_x509_certificate(base64.b64decode(text[1:-1], validate=True))
    plain = unquote(text).strip()
    if not plain.startswith(_BEGIN):
        plain = f"{_BEGIN}\n{plain}\n-----END CERTIFICATE-----"
    return x509.load_pem_x509_certificate(plain.encode())


def read(text: str) -> x509.Certificate:
    """Return the certificate in a text: PEM, or the form of RFC 9440. Raises ValueError."""
    try:
        return _read(text.strip())
    except (ValueError, binascii.Error, UnicodeError):
        raise ValueError("this is no certificate: PEM or the form of RFC 9440 is read") from None


class Shown:
    """Finds the certificate that came with a request.

    ``proxies``: comma list of addresses or networks whose header is believed; ``authorities``: file (PEM) of those
    who may have given a certificate that a proxy passes on, empty: the proxy has looked.
    """

    def __init__(self, proxies: str, authorities: str = "") -> None:
        self._proxies = networks(proxies)
        self._authorities: Sequence[x509.Certificate] = ()
        if authorities:
            self._authorities = x509.load_pem_x509_certificates(Path(authorities).expanduser().read_bytes())

    def of(self, scope: Scope) -> ClientCertificate | None:
        """Return the certificate of a request's sender. Raises RequestRefused when it does not hold."""
        chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain") or ()
        if chain:
            return named(_read(chain[0]))
        if not self._proxies:
            return None
        found = [value for name, value in scope["headers"] if name.lower() == HEADER.encode()]
        if not found or not self._is_proxy((scope.get("client") or ("",))[0]):
            # a stranger may write what it likes into a header
            return None
        if len(found) > 1:
            raise RequestRefused(400, f"the header {HEADER} stands there twice: the proxy must replace it")
        try:
            certificate = read(found[0].decode("latin-1"))
        except ValueError as error:
            raise RequestRefused(400, f"the header {HEADER}: {error}") from None
        self._check(certificate, datetime.now(UTC))
        return named(certificate)

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies)

    def _check(self, certificate: x509.Certificate, now: datetime) -> None:
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise RequestRefused(403, "the client certificate has run out or does not hold yet")
        if self._authorities and not any(_gave(one, certificate) for one in self._authorities):
            raise RequestRefused(
                403, "the client certificate comes from an authority that is not trusted here"
            )


def networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the networks of a comma list of addresses and networks. Raises ValueError."""
    return [ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip()]


def _gave(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
