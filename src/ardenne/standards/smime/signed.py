"""Signed content of CMS (RFC 5652, 5): signing by one person, verifying by the attributes that S/MIME demands (RFC 8551, 2.5)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from ardenne.standards.smime import ber, naming
from ardenne.standards.smime.ber import Element

SIGNED, DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
_CONTENT_TYPE, _DIGEST, _TIME = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5"
_PSS = "1.2.840.113549.1.1.10"
_DIGESTS: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": ("sha256", hashes.SHA256()),
    "2.16.840.1.101.3.4.2.2": ("sha384", hashes.SHA384()),
    "2.16.840.1.101.3.4.2.3": ("sha512", hashes.SHA512()),
}
_OF_SIGNATURE = {
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
    "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",
    "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
    "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
}
"""The digest that the name of a signature algorithm says too: both must say the same."""


class Signature(NamedTuple):
    """A signature that fits the content. ``at``: when its signer says that it was made; ``chain``: what came along."""

    certificate: x509.Certificate
    at: datetime | None
    chain: Sequence[x509.Certificate]


def sign(content: bytes, certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> bytes:
    """Return the detached signature (SignedData, DER, SHA-256) of content whose lines end with CRLF."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(serialization.Encoding.DER, options)


def verify(data: bytes, detached: bytes | None = None) -> tuple[bytes, list[Signature]]:
    """Return the signed content and its signatures. ``detached``: the content when it stands beside.

    Raises Refused unless every signature fits; whether a signer is to be believed is another question.
    """
    outer = ber.read(data).expect(ber.SEQUENCE)
    if outer.at(0).oid != SIGNED:
        raise ber.refused("kind", "the content is not signed")
    fields = outer.at(1).expect(0xA0).at(0).expect(ber.SEQUENCE).children
    if len(fields) < 4:
        raise ber.refused("structure", "the signature is not whole")
    inside = fields[2].expect(ber.SEQUENCE)
    if inside.at(0).oid != DATA:
        raise ber.refused("kind", "something else than a message is signed")
    content = inside.at(1).at(0).octets if len(inside.children) > 1 else detached
    if content is None:
        raise ber.refused("structure", "the signed content is missing")
    chain = _certificates(next((one for one in fields[3:] if one.tag == 0xA0), None))
    signers = fields[-1].expect(ber.SET).children
    if not signers or len(signers) > 10:
        raise ber.refused("signature", "nobody signed")
    return content, [_signature(one, content, chain) for one in signers]


def _certificates(element: Element | None) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for one in element or ():
        if one.tag == ber.SEQUENCE and len(found) < 20:
            try:
                found.append(x509.load_der_x509_certificate(bytes(one.raw)))
            except ValueError:
                raise ber.refused("certificate", "a certificate cannot be read") from None
    return found


def _signature(element: Element, content: bytes, chain: Sequence[x509.Certificate]) -> Signature:
    name = naming.read(element.at(1))
    certificate = next((one for one in chain if name.is_of(one)), None)
    if certificate is None:
        raise ber.refused("certificate", "the signer's certificate is missing")
    digest_oid = element.at(2).at(0).oid
    if digest_oid not in _DIGESTS:
        raise ber.refused("algorithm", f"the digest {digest_oid} is too weak or not known")
    attributes = element.at(3)
    if attributes.tag != 0xA0:
        raise ber.refused("attributes", "the signature has no attributes")
    values = _attributes(attributes)
    if values.get(_CONTENT_TYPE) is None or values[_CONTENT_TYPE].oid != DATA:
        raise ber.refused("attributes", "the signature does not say that it is of a message")
    name_of_digest, algorithm = _DIGESTS[digest_oid]
    digest = hashlib.new(name_of_digest, content).digest()
    told = values.get(_DIGEST)
    if told is None or not hmac.compare_digest(told.octets, digest):
        raise ber.refused("changed", "the content was changed after it was signed")
    method = element.at(4).at(0).oid
    if _OF_SIGNATURE.get(method, digest_oid) != digest_oid:
        raise ber.refused("algorithm", "the signature names two digests")
    # what is signed is the SET itself, not its place in the structure (RFC 5652, 5.4)
    _check(certificate, element.at(5).octets, b"\x31" + bytes(attributes.raw)[1:], method, algorithm)
    return Signature(certificate, _moment(values.get(_TIME)), chain)


def _attributes(element: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for one in element:
        name, values = one.at(0).oid, one.at(1).expect(ber.SET)
        if name in found or not values.children:
            raise ber.refused("attributes", "an attribute stands twice or is empty")
        found[name] = values.at(0)
    return found


def _check(
    certificate: x509.Certificate,
    signature: bytes,
    signed: bytes,
    method: str,
    algorithm: hashes.HashAlgorithm,
) -> None:
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            form: padding.AsymmetricPadding = padding.PKCS1v15()
            if method == _PSS:
                form = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
            key.verify(signature, signed, form, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            raise ber.refused("algorithm", "signatures are made by RSA or EC keys")
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise ber.refused("signature", "the signature is not that of its certificate") from None


def _moment(element: Element | None) -> datetime | None:
    """Return the time of a UTCTime (years 1950 to 2049) or GeneralizedTime."""
    if element is None:
        return None
    text = bytes(element.content).decode("ascii", "replace")
    if element.tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
