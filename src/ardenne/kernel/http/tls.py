"""TLS of the doors that this node ends itself."""

from __future__ import annotations

import ssl
from pathlib import Path


def tls_context(certificate: Path, key: Path, clients: Path | None) -> ssl.SSLContext:
    """Return TLS for a server; with ``clients`` (certificates of authorities) senders must show a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(certificate: str = "", key: str = "") -> ssl.SSLContext:
    """Return TLS for calling others, whose certificates the system's authorities verify; with one of our own if named."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate and key:
        context.load_cert_chain(Path(certificate).expanduser(), Path(key).expanduser())
    return context
