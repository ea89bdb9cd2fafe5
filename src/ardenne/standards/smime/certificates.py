"""Certificates of a community's mail: its authority, its members, what was revoked, whom to believe (RFC 5280, RFC 8550)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_YEARS, MEMBER_DAYS, LIST_DAYS = 20, 730, 7
PrivateKey = rsa.RSAPrivateKey
KEY_BITS = 3072
"""128 bits of security (NIST SP 800-57, part 1, table 2)."""
SMALLEST_BITS = 2048
_LENIENCE = timedelta(minutes=5)
"""Clocks of members may be behind."""


class Authority(NamedTuple):
    """Who issues certificates."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


class Revoked(NamedTuple):
    """A certificate that counts no more."""

    serial: int
    at: datetime


def new_key(bits: int = KEY_BITS) -> rsa.RSAPrivateKey:
    """Return a new private key; takes some tenths of a second."""
    return rsa.generate_private_key(65537, bits)


def authority(name: str, key: rsa.RSAPrivateKey, now: datetime) -> Authority:
    """Return an authority with a certificate that it signed itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = _builder(subject, subject, key.public_key(), now, timedelta(days=365 * AUTHORITY_YEARS))
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def member(
    issuer: Authority,
    public: rsa.RSAPublicKey,
    name: str,
    address: str,
    now: datetime,
    days: int = MEMBER_DAYS,
) -> x509.Certificate:
    """Return the certificate of a member, for signing and encrypting mail of an address."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = _builder(subject, issuer.certificate.subject, public, now, timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
    )
    return builder.sign(issuer.key, hashes.SHA256())


def server(
    issuer: Authority, public: rsa.RSAPublicKey, hosts: Sequence[x509.GeneralName], now: datetime
) -> x509.Certificate:
    """Return the certificate by which the node's mail doors show who they are."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail doors")])
    builder = _builder(subject, issuer.certificate.subject, public, now, timedelta(days=MEMBER_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def revocations(
    issuer: Authority, revoked: Iterable[Revoked], now: datetime
) -> x509.CertificateRevocationList:
    """Return the list of revoked certificates, to be fetched again within a week."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(now).next_update(now + timedelta(days=LIST_DAYS))
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(issuer.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, public: rsa.RSAPublicKey, now: datetime, lasting: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - _LENIENCE).not_valid_after(now + lasting)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, content_commitment=False, key_encipherment=not authority,
        data_encipherment=False, key_agreement=False, key_cert_sign=authority, crl_sign=authority,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def addresses(certificate: x509.Certificate) -> list[str]:
    """Return the mail addresses of a certificate, in small letters (RFC 8550, 3)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [one.lower() for one in names.get_values_for_type(x509.RFC822Name)]


def problem(
    certificate: x509.Certificate, authorities: Sequence[x509.Certificate], address: str, at: datetime
) -> str:
    """Return why a certificate does not speak for an address at a moment: time, address, usage, authority; empty: it does.

    It must have been issued by one of ``authorities`` itself: there are no certificates in between.
    """
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return "time"
    if address.lower() not in addresses(certificate):
        return "address"
    if not _is_for_mail(certificate):
        return "usage"
    for issuer in authorities:
        if not issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc or not _issues(issuer):
            continue
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return ""
    return "authority"


def can_be_encrypted_for(certificate: x509.Certificate) -> bool:
    """Tell whether mail can be encrypted for the owner of a certificate."""
    key = certificate.public_key()
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_BITS


def _issues(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_for_mail(certificate: x509.Certificate) -> bool:
    try:
        extensions = certificate.extensions
    except ValueError:
        return False
    for one in extensions:
        if isinstance(one.value, x509.KeyUsage) and not one.value.digital_signature:
            return False
        if (
            isinstance(one.value, x509.ExtendedKeyUsage)
            and ExtendedKeyUsageOID.EMAIL_PROTECTION not in one.value
        ):
            return False
    return True
