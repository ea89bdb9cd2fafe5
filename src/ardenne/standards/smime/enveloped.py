"""Encrypted content of CMS: for whom it is, sealing, opening (RFC 5652, 6; RFC 5083 and 5084 for AES-GCM)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import pkcs7

from ardenne.standards.refusal import Refused
from ardenne.standards.smime import ber, naming
from ardenne.standards.smime.ber import Element
from ardenne.standards.smime.naming import CertificateName

ENVELOPED, AUTHENTICATED = "1.2.840.113549.1.7.3", "1.2.840.113549.1.9.16.1.23"
_RSA, _OAEP = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.7"
_AES = "2.16.840.1.101.3.4.1."
_CBC = {f"{_AES}2": 16, f"{_AES}22": 24, f"{_AES}42": 32}
_GCM = {f"{_AES}6": 16, f"{_AES}26": 24, f"{_AES}46": 32}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "1.3.14.3.2.26": hashes.SHA1,
    "2.16.840.1.101.3.4.2.1": hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}


class Holding(NamedTuple):
    """A certificate and its private key: what opens a message."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


class Addressed(NamedTuple):
    """The content's key for one recipient. ``algorithm``: how it is encrypted (empty: by no way known here)."""

    name: CertificateName
    algorithm: str
    hash: str
    key: bytes


class Envelope(NamedTuple):
    """Encrypted content before it is opened."""

    recipients: Sequence[Addressed]
    algorithm: str
    nonce: bytes
    content: bytes
    mac: bytes = b""
    attributes: bytes = b""

    def is_for(self, certificate: x509.Certificate) -> bool:
        """Tell whether the owner of a certificate can open it."""
        return any(one.algorithm and one.name.is_of(certificate) for one in self.recipients)


def seal(content: bytes, recipients: Sequence[x509.Certificate]) -> bytes:
    """Return content as EnvelopedData (DER) with AES-256-CBC, for owners of RSA certificates."""
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content)
    for certificate in recipients:
        builder = builder.add_recipient(certificate)
    builder = builder.set_content_encryption_algorithm(algorithms.AES256)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def read(data: bytes) -> Envelope:
    """Read EnvelopedData or AuthEnvelopedData. Raises Refused for what is none, or is weaker than AES."""
    outer = ber.read(data).expect(ber.SEQUENCE)
    kind = outer.at(0).oid
    if kind not in (ENVELOPED, AUTHENTICATED):
        raise ber.refused("kind", "the content is not encrypted")
    fields = outer.at(1).expect(0xA0).at(0).expect(ber.SEQUENCE).children
    places = [place for place, one in enumerate(fields) if one.tag == ber.SET]
    if not places:
        raise ber.refused("structure", "it names no recipients")
    recipients = [_recipient(one) for one in fields[places[0]]]
    rest = fields[places[0] + 1 :]
    if not rest:
        raise ber.refused("structure", "the encrypted content is missing")
    algorithm, nonce, content = _content(rest[0].expect(ber.SEQUENCE))
    if (algorithm in _GCM) != (kind == AUTHENTICATED):
        raise ber.refused("algorithm", "the algorithm does not belong to this kind of content")
    if kind == ENVELOPED:
        return Envelope(recipients, algorithm, nonce, content)
    attributes = next((b"\x31" + bytes(one.raw)[1:] for one in rest if one.tag == 0xA1), b"")
    mac = next((one.octets for one in rest if one.tag == ber.OCTET_STRING), b"")
    return Envelope(recipients, algorithm, nonce, content, mac, attributes)


def _recipient(element: Element) -> Addressed:
    if element.tag != ber.SEQUENCE:
        # agreed, shared or typed keys: for nobody here
        return Addressed(CertificateName(), "", "", b"")
    method = element.at(2)
    algorithm = method.at(0).oid
    found = "1.3.14.3.2.26"
    if algorithm == _OAEP:
        parameters = method.children[1].children if len(method.children) > 1 else []
        found = next((one.at(0).at(0).oid for one in parameters if one.tag == 0xA0), found)
    known = algorithm in (_RSA, _OAEP) and found in _HASHES
    return Addressed(naming.read(element.at(1)), algorithm if known else "", found, element.at(3).octets)


def _content(element: Element) -> tuple[str, bytes, bytes]:
    method = element.at(1)
    algorithm = method.at(0).oid
    if algorithm not in _CBC and algorithm not in _GCM:
        raise Refused(
            rule="cms-algorithm", found=f"the content is encrypted by {algorithm}",
            mend="Set your mail program to AES-256.",
        )  # fmt: skip
    parameters = method.at(1)
    nonce = parameters.octets if algorithm in _CBC else parameters.at(0).octets
    content = element.at(2)
    if content.tag not in (0x80, 0xA0):
        raise ber.refused("structure", "the encrypted content is missing")
    return algorithm, nonce, content.octets


def open_(envelope: Envelope, holdings: Iterable[Holding]) -> bytes:
    """Return the content. Raises Refused with one and the same words for every reason why it stays closed."""
    for holding in holdings:
        for one in envelope.recipients:
            if one.algorithm and one.name.is_of(holding.certificate):
                content = _decrypted(envelope, _content_key(envelope, one, holding.key))
                if content is not None:
                    return content
    raise ber.refused("closed", "the message is not for any of your keys, or was changed on its way")


def _content_key(envelope: Envelope, one: Addressed, key: rsa.RSAPrivateKey) -> bytes:
    """Return the content's key; a random one when it cannot be read, so that nobody learns why (RFC 3218)."""
    length = (_CBC | _GCM)[envelope.algorithm]
    method: padding.AsymmetricPadding = padding.PKCS1v15()
    if one.algorithm == _OAEP:
        chosen = _HASHES[one.hash]()
        method = padding.OAEP(padding.MGF1(chosen), chosen, None)
    try:
        found = key.decrypt(one.key, method)
    except ValueError:
        found = b""
    return found if len(found) == length else secrets.token_bytes(length)


def _decrypted(envelope: Envelope, key: bytes) -> bytes | None:
    try:
        if envelope.algorithm in _GCM:
            sealed = envelope.content + envelope.mac
            return AESGCM(key).decrypt(envelope.nonce, sealed, envelope.attributes or None)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(envelope.nonce)).decryptor()
        padded = decryptor.update(envelope.content) + decryptor.finalize()
        remover = block_padding.PKCS7(128).unpadder()
        return remover.update(padded) + remover.finalize()
    except (ValueError, InvalidTag):
        return None
