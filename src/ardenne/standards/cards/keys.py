"""Keys that cards are signed with: by name, with a time of use and revocation; JWKS (RFC 7517) in and out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ardenne.standards.cards.cose import PublicKey
from ardenne.standards.cards.errors import CardError

_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
_NAMES = {curve.name: name for name, curve in _CURVES.items()}
_DCC_USES = {"1": "t", "2": "v", "3": "r"}
"""Last number of the EU DCC's extended key usages 1.3.6.1.4.1.1847.2021.1.x → kind of certificate."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key. ``uses``: kinds of EU DCC that it may sign (empty: all); times are seconds since 1970."""

    kid: bytes
    public: PublicKey
    not_before: int = 0
    not_after: int = 1 << 40
    uses: frozenset[str] = frozenset()
    revoked: bool = False


@dataclass(slots=True)
class KeyStore:
    """Keys by name; several may share one (a name of eight bytes is no proof)."""

    keys: dict[bytes, list[Key]] = field(default_factory=dict)
    revoked_cards: set[str] = field(default_factory=set)
    """Identifiers of single cards that their issuer withdrew (see :func:`card_identifier`)."""

    def add(self, key: Key) -> None:
        self.keys.setdefault(key.kid, []).append(key)

    def find(self, kid: bytes) -> list[Key]:
        """:raises CardError: ``unknown-key``."""
        found = self.keys.get(kid)
        if not found:
            raise CardError("unknown-key", f"no trusted issuer has a key named {_shown(kid)!r}")
        return found


def _shown(kid: bytes) -> str:
    text = kid.decode("ascii", "replace")
    return text if text.isprintable() and "�" not in text else "0x" + kid.hex()


def card_identifier(signature: bytes) -> str:
    """By what a single card is withdrawn: the first 16 bytes of its signature's SHA-256, as hexadecimal digits.

    The EU DCC's revocation lists use the same (KID, SIGNATURE) hash.
    """
    return hashlib.sha256(signature).digest()[:16].hex()


def from_certificate(certificate: x509.Certificate, der: bytes) -> Key:
    """The key of a signer certificate; its name is the first eight bytes of the certificate's SHA-256."""
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise CardError("key", "only EC and RSA keys sign health cards")
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        oids = [usage.dotted_string for usage in usages]
    except (x509.ExtensionNotFound, ValueError):
        # Some published signer certificates carry an empty extension, which the library refuses to read.
        oids = []
    uses = frozenset(
        _DCC_USES[oid.rsplit(".", 1)[1]]
        for oid in oids
        if oid.startswith(("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")) and oid[-1] in _DCC_USES
    )
    return Key(
        hashlib.sha256(der).digest()[:8],
        public,
        int(certificate.not_valid_before_utc.timestamp()),
        int(certificate.not_valid_after_utc.timestamp()),
        uses,
    )


def _number(value: str) -> int:
    """Base64url, and the "+/=" that one published file uses."""
    try:
        padded = value.rstrip("=").replace("+", "-").replace("/", "_")
        return int.from_bytes(base64.urlsafe_b64decode(padded + "=" * (-len(padded) % 4)), "big")
    except (binascii.Error, ValueError):
        raise CardError("key", "a number of the key is not base64url") from None


def read_jwks(text: str | bytes) -> Iterable[Key]:
    """Public keys of a JWKS. A kid written ``0x`` and 16 digits is eight bytes, else it is the text.

    :raises CardError: ``key``, when it is no JWKS.
    """
    try:
        listed = json.loads(text)["keys"]
    except (ValueError, KeyError, TypeError):
        raise CardError("key", "a key set is a JSON object with the member keys") from None
    for jwk in listed:
        yield _key(jwk)


def _key(jwk: Mapping[str, Any]) -> Key:
    kid = str(jwk.get("kid", ""))
    name = bytes.fromhex(kid[2:]) if kid.startswith("0x") and len(kid) == 18 else kid.encode()
    times = int(jwk.get("nbf", 0)), int(jwk.get("exp", 1 << 40))
    try:
        if jwk.get("kty") == "EC":
            numbers = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), _CURVES[jwk["crv"]])
            return Key(name, numbers.public_key(), *times, revoked=bool(jwk.get("revoked", False)))
        rsa_numbers = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"]))
        return Key(name, rsa_numbers.public_key(), *times, revoked=bool(jwk.get("revoked", False)))
    except (KeyError, ValueError) as error:
        raise CardError("key", f"the key {kid!r} cannot be read: {error}") from None


def write_jwks(keys: Iterable[Key]) -> dict[str, Any]:
    """A JWKS of elliptic-curve keys, as issuers publish it."""
    return {"keys": [_jwk(key) for key in keys if isinstance(key.public, ec.EllipticCurvePublicKey)]}


def _jwk(key: Key) -> dict[str, Any]:
    assert isinstance(key.public, ec.EllipticCurvePublicKey)
    numbers = key.public.public_numbers()
    size = (key.public.key_size + 7) // 8
    found: dict[str, Any] = {
        "kty": "EC",
        "use": "sig",
        "alg": {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[_NAMES[numbers.curve.name]],
        "kid": _shown(key.kid),
        "crv": _NAMES[numbers.curve.name],
        "x": base64url(numbers.x.to_bytes(size, "big")),
        "y": base64url(numbers.y.to_bytes(size, "big")),
    }
    if key.not_before:
        found["nbf"] = key.not_before
    if key.not_after < 1 << 40:
        found["exp"] = key.not_after
    if key.revoked:
        found["revoked"] = True
    return found


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def thumbprint(public: ec.EllipticCurvePublicKey) -> str:
    """RFC 7638: the name of a SMART Health Card's key."""
    jwk = _jwk(Key(b"", public))
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return base64url(
        hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    )


def next_kid(partner: str, year: int, present: Iterable[str]) -> str:
    """The name of a partner's next key: code, two digits of the year, a letter (LUX26A, then LUX26B).

    :raises CardError: ``key``, after 26 keys in a year.
    """
    taken = set(present)
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        if (name := f"{partner}{year % 100:02}{letter}") not in taken:
            return name
    raise CardError("key", f"{partner} has used all 26 names of {year}")
