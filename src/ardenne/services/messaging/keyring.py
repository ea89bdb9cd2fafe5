"""A member's private keys: sealed by the member's passphrase, or for one session by a secret that the browser holds (pure).

The node keeps neither passphrase nor secret: a copy of database and data folder opens no mail.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from typing import Self

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)

from ardenne.kernel.identity.sealing import Sealing
from ardenne.standards.smime.enveloped import Holding

_SALT = 16
_PURPOSE, _SESSION = "messaging-keyring:", "messaging-session:"
_AT_ONCE = asyncio.Semaphore(2)
"""Each derivation takes 64 MiB."""


class Keyring(msgspec.Struct, frozen=True):
    """Private keys (PKCS#8, oldest first), and the key that seals what lists of messages show."""

    keys: tuple[bytes, ...]
    index: bytes

    @classmethod
    def new(cls, key: rsa.RSAPrivateKey) -> Self:
        """Return a keyring with one key."""
        return cls((_plain(key),), secrets.token_bytes(32))

    def with_key(self, key: rsa.RSAPrivateKey) -> Keyring:
        """Return the keyring with one key more; older ones go on opening older mail."""
        return Keyring((*self.keys, _plain(key)), self.index)

    def holdings(self, certificates: Iterable[x509.Certificate]) -> list[Holding]:
        """Return certificates with their keys, newest key first."""
        found = []
        known = list(certificates)
        for plain in reversed(self.keys):
            key = load_der_private_key(plain, None)
            assert isinstance(key, rsa.RSAPrivateKey)
            public = key.public_key()
            found += [Holding(one, key) for one in known if one.public_key() == public]
        return found

    async def sealed_by(self, passphrase: str, member: str) -> bytes:
        """Return the keyring as it is kept (argon2id as for sign-in passwords, AES-256-GCM)."""
        salt = secrets.token_bytes(_SALT)
        sealing = await _by_passphrase(passphrase, salt)
        return salt + sealing.seal(msgspec.msgpack.encode(self), _PURPOSE + member)

    @staticmethod
    async def opened_by(sealed: bytes, passphrase: str, member: str) -> Keyring:
        """Return the keyring. Raises SealBroken for another passphrase."""
        sealing = await _by_passphrase(passphrase, sealed[:_SALT])
        return _decoded(sealing.open(sealed[_SALT:], _PURPOSE + member))

    def sealed_for(self, secret: str, member: str) -> bytes:
        """Return the keyring as a session keeps it."""
        return _by_secret(secret).seal(msgspec.msgpack.encode(self), _SESSION + member)

    @staticmethod
    def opened_for(sealed: bytes, secret: str, member: str) -> Keyring:
        """Return the keyring of a session. Raises SealBroken."""
        return _decoded(_by_secret(secret).open(sealed, _SESSION + member))


def exported(holding: Holding, name: str, passphrase: str) -> bytes:
    """Return key and certificate as a file for mail programs (PKCS#12)."""
    lock = BestAvailableEncryption(passphrase.encode())
    return pkcs12.serialize_key_and_certificates(name.encode(), holding.key, holding.certificate, None, lock)


def _plain(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _decoded(content: bytes) -> Keyring:
    return msgspec.msgpack.decode(content, type=Keyring)


async def _by_passphrase(passphrase: str, salt: bytes) -> Sealing:
    async with _AT_ONCE:
        # RFC 9106, second recommended option
        key = await asyncio.to_thread(
            hash_secret_raw, passphrase.encode(), salt, time_cost=3, memory_cost=65536, parallelism=4,
            hash_len=32, type=Type.ID,
        )  # fmt: skip
    return Sealing(key)


def _by_secret(secret: str) -> Sealing:
    # what is kept of the secret is its plain SHA-256: the key must not follow from it
    return Sealing(HKDF(hashes.SHA256(), 32, None, b"messaging-session").derive(secret.encode()))
