"""COSE_Sign1 (RFC 9052) with the algorithms of health cards: ES256/384/512 and PS256/384/512."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cbor2 import CBORTag
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ardenne.standards.cards import cbor
from ardenne.standards.cards.errors import CardError

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
ALG, KID = 1, 4
_SIGN1, _CWT = 18, 61
_CURVES = {-7: ("secp256r1", 32), -35: ("secp384r1", 48), -36: ("secp521r1", 66)}
_HASHES: dict[int, hashes.HashAlgorithm] = {
    -7: hashes.SHA256(),
    -35: hashes.SHA384(),
    -36: hashes.SHA512(),
    -37: hashes.SHA256(),
    -38: hashes.SHA384(),
    -39: hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class Sign1:
    """A signed message. ``protected_bytes`` and ``payload`` are the very bytes that were signed."""

    protected_bytes: bytes
    protected: dict[Any, Any]
    unprotected: dict[Any, Any]
    payload: bytes
    signature: bytes

    @property
    def kid(self) -> bytes:
        """The key's name; a protected one counts alone, an unprotected one is not covered by the signature."""
        found = self.protected.get(KID, self.unprotected.get(KID, b""))
        return found.encode() if isinstance(found, str) else found if isinstance(found, bytes) else b""

    @property
    def algorithm(self) -> int:
        found = self.protected.get(ALG, self.unprotected.get(ALG, 0))
        return found if isinstance(found, int) else 0


def parse(content: bytes) -> Sign1:
    """Read a message: tag 18, also inside the CWT tag 61, or untagged.

    :raises CardError: ``cose``, when it has another shape.
    """
    item = cbor.loads(content)
    if isinstance(item, cbor.Tagged) and item.tag == _CWT:
        item = item.value
    if isinstance(item, cbor.Tagged):
        if item.tag != _SIGN1:
            raise CardError("cose", f"tag {item.tag} is no single signature (COSE_Sign1 is tag 18)")
        item = item.value
    if not isinstance(item, list) or len(item) != 4:
        raise CardError("cose", "a signed message has four parts")
    protected, unprotected, payload, signature = item
    if not (isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
        raise CardError("cose", "protected header, payload and signature must be bytes")
    header = cbor.loads(protected) if protected else {}
    if not isinstance(header, dict) or not isinstance(unprotected, dict):
        raise CardError("cose", "a header must be a map")
    return Sign1(protected, header, unprotected, payload, signature)


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor.dumps(["Signature1", protected, b"", payload])


def verify(message: Sign1, key: PublicKey) -> None:
    """:raises CardError: ``algorithm`` or ``key``, when they do not fit each other; ``signature``, when it is not the key's."""
    algorithm = message.algorithm
    content = _to_be_signed(message.protected_bytes, message.payload)
    if algorithm not in _HASHES:
        raise CardError("algorithm", f"the algorithm {algorithm} is not used by health cards")
    try:
        if algorithm in _CURVES:
            curve, size = _CURVES[algorithm]
            if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != curve:
                raise CardError("key", f"the algorithm {algorithm} needs a key on {curve}")
            if len(message.signature) != 2 * size:
                raise CardError("signature", "the signature has a wrong length")
            r, s = (
                int.from_bytes(part, "big") for part in (message.signature[:size], message.signature[size:])
            )
            key.verify(encode_dss_signature(r, s), content, ec.ECDSA(_HASHES[algorithm]))
        else:
            if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048:
                raise CardError("key", f"the algorithm {algorithm} needs an RSA key of 2048 bits or more")
            digest = _HASHES[algorithm]
            key.verify(
                message.signature, content, padding.PSS(padding.MGF1(digest), digest.digest_size), digest
            )
    except InvalidSignature:
        raise CardError("signature", "the signature does not belong to this content and key") from None


def sign(
    payload: bytes,
    key: ec.EllipticCurvePrivateKey,
    unprotected: dict[int, Any],
    protected: dict[int, Any] | None = None,
) -> bytes:
    """A COSE_Sign1 with tag 18; the algorithm follows from the key's curve."""
    algorithm = next(number for number, (name, _size) in _CURVES.items() if name == key.curve.name)
    header = cbor.dumps({ALG: algorithm, **(protected or {})})
    r, s = decode_dss_signature(key.sign(_to_be_signed(header, payload), ec.ECDSA(_HASHES[algorithm])))
    size = _CURVES[algorithm][1]
    signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
    return cbor.dumps(CBORTag(_SIGN1, [header, unprotected, payload, signature]))
