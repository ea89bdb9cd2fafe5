"""The node's own certification authority for mail, and whom else its operator trusts. Its key is a file of the data folder."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ardenne.kernel import keyfiles
from ardenne.kernel.settings import Settings
from ardenne.standards.smime import certificates
from ardenne.standards.smime.certificates import Authority

_FILE, _DOOR = "messaging-authority.pem", "messaging-door.pem"


class Trust(NamedTuple):
    """The node's authority, and all whose certificates count."""

    own: Authority
    trusted: Sequence[x509.Certificate]


def of_node(settings: Settings) -> Trust:
    """Return the authority of a node, made when first needed, and those of the setting ``messaging_authorities``."""
    path = settings.data_folder / "keys" / _FILE
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"Secure messaging of {settings.messaging_domain}"
        made = certificates.authority(name, certificates.new_key(), datetime.now(UTC))
        keyfiles.keep(path, _pem(made.key, made.certificate))
    content = path.read_bytes()
    key = load_pem_private_key(content, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    own = Authority(x509.load_pem_x509_certificate(content), key)
    others: list[x509.Certificate] = []
    if settings.messaging_authorities:
        others = x509.load_pem_x509_certificates(Path(settings.messaging_authorities).read_bytes())
    return Trust(own, [own.certificate, *others])


def door_context(settings: Settings, own: Authority) -> ssl.SSLContext:
    """Return TLS for the mail doors: the operator's certificate, or one of the node's own authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.messaging_certificate:
        context.load_cert_chain(settings.messaging_certificate, settings.messaging_key or None)
        return context
    host = settings.messaging_host or settings.host
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName(settings.messaging_domain)]
    names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    key = certificates.new_key(2048)
    made = certificates.server(own, key.public_key(), list(dict.fromkeys(names)), datetime.now(UTC))
    with tempfile.NamedTemporaryFile(dir=settings.data_folder / "keys", prefix=_DOOR) as file:
        # a file of its owner alone, for the moment in which the library reads it
        file.write(_pem(key, made))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _pem(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return plain + certificate.public_bytes(Encoding.PEM)
