"""How CMS names certificates: by issuer and serial number, or by the identifier of the key (RFC 5652, 10.2.4 and 6.2.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ardenne.standards.smime import ber
from ardenne.standards.smime.ber import Element


class CertificateName(NamedTuple):
    """A certificate as a message names it: ``issuer`` (DER) and ``serial``, or ``key`` identifier alone."""

    issuer: bytes = b""
    serial: int = 0
    key: bytes = b""

    def is_of(self, certificate: x509.Certificate) -> bool:
        """Tell whether the name is that of a certificate."""
        issuer, key = _names(certificate.public_bytes(Encoding.DER))
        if self.issuer:
            return self.issuer == issuer and self.serial == certificate.serial_number
        return bool(self.key) and self.key == key


def read(element: Element) -> CertificateName:
    """Return the name in a RecipientIdentifier or SignerIdentifier. Raises Refused."""
    if element.tag == ber.SEQUENCE:
        return CertificateName(bytes(element.at(0).raw), element.at(1).integer)
    if element.tag in (0x80, 0xA0):
        return CertificateName(key=element.octets)
    raise ber.refused("structure", "a certificate is named in an unknown way")


@lru_cache(maxsize=4096)
def _names(certificate: bytes) -> tuple[bytes, bytes]:
    """Return the issuer as it stands in a certificate, and the identifier of its key (empty: none)."""
    fields = ber.read(certificate).at(0).children
    issuer = fields[3 if fields[0].tag == 0xA0 else 2]
    try:
        extensions = x509.load_der_x509_certificate(certificate).extensions
        key = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        key = b""
    return bytes(issuer.raw), key
