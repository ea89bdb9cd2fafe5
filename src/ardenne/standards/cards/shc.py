"""SMART Health Cards and Links (spec.smarthealth.cards, docs.smarthealthit.org/smart-health-links)."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.keys import base64url, thumbprint
from ardenne.standards.cards.packing import pack, unpack

PREFIX, LINK_PREFIX = "shc:/", "shlink:/"
IMMUNIZATION = "https://smarthealth.cards#immunization"
_TYPE = "https://smarthealth.cards#health-card"


@dataclass(frozen=True, slots=True)
class HealthCard:
    """A card as read: what was signed, by whom it says, and the FHIR Bundle in it."""

    signed: bytes
    signature: bytes
    kid: str
    issuer: str
    not_before: int
    expires: int | None
    bundle: dict[str, Any]


def _bytes(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CardError("encoding", f"{what} is not base64url") from None


def join(parts: Sequence[str]) -> str:
    """The JWS of one or more numeric QR texts; chunks (``shc:/2/3/…``) in any order.

    :raises CardError: ``encoding``, or ``incomplete`` when a chunk is missing.
    """
    chunks: dict[int, str] = {}
    count = 0
    for part in parts:
        if not part.startswith(PREFIX):
            raise CardError("encoding", "the text does not begin with shc:/")
        *place, digits = part.removeprefix(PREFIX).split("/")
        index, total = (
            (int(place[0]), int(place[1])) if len(place) == 2 and all(p.isdigit() for p in place) else (1, 1)
        )
        count = count or total
        if total != count or len(place) not in (0, 2):
            raise CardError("encoding", "the chunks do not belong together")
        chunks[index] = digits
    if sorted(chunks) != list(range(1, count + 1)):
        raise CardError("incomplete", f"{len(chunks)} of {count} codes were read")
    digits = "".join(chunks[index] for index in sorted(chunks))
    if len(digits) % 2 or not digits.isdigit() or not digits.isascii():
        raise CardError("encoding", "the text must be pairs of digits")
    values = [int(digits[place : place + 2]) + 45 for place in range(0, len(digits), 2)]
    if any(value > 122 for value in values):
        raise CardError("encoding", "a pair of digits stands for no character")
    return "".join(map(chr, values))


def numeric(jws: str) -> str:
    """The text of a QR for a JWS."""
    return PREFIX + "".join(f"{ord(character) - 45:02}" for character in jws)


def read_card(jws: str) -> HealthCard:
    """:raises CardError: with the rule that the JWS breaks."""
    parts = jws.split(".")
    if len(parts) != 3:
        raise CardError("encoding", "a signed token has three parts")
    header = _json(_bytes(parts[0], "the header"), "the header")
    if header.get("alg") != "ES256":
        raise CardError("algorithm", "a SMART Health Card is signed with ES256")
    content = _bytes(parts[1], "the payload")
    payload = _json(unpack(content, raw=True) if header.get("zip") == "DEF" else content, "the payload")
    credential = payload.get("vc")
    bundle = (
        credential.get("credentialSubject", {}).get("fhirBundle") if isinstance(credential, dict) else None
    )
    if not isinstance(bundle, dict):
        raise CardError("content", "the card holds no FHIR Bundle")
    for name in ("nbf", "exp"):
        if name in payload and (
            isinstance(payload[name], bool) or not isinstance(payload[name], int | float)
        ):
            raise CardError("claims", f"{name} is no number of seconds")
    return HealthCard(
        signed=f"{parts[0]}.{parts[1]}".encode(),
        signature=_bytes(parts[2], "the signature"),
        kid=str(header.get("kid", "")),
        issuer=str(payload.get("iss", "")),
        not_before=int(payload.get("nbf", 0)),
        expires=int(payload["exp"]) if "exp" in payload else None,
        bundle=bundle,
    )


def _json(content: bytes, what: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise CardError("content", f"{what} names a member twice")
        return found

    try:
        value = json.loads(content, object_pairs_hook=once)
    except CardError:
        raise
    except (ValueError, RecursionError):
        raise CardError("encoding", f"{what} is no JSON") from None
    if not isinstance(value, dict):
        raise CardError("encoding", f"{what} is no JSON object")
    return value


def verify(card: HealthCard, key: object) -> None:
    """:raises CardError: ``key`` or ``signature``."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise CardError("key", "ES256 needs a key on secp256r1")
    if len(card.signature) != 64:
        raise CardError("signature", "the signature has a wrong length")
    r, s = (int.from_bytes(part, "big") for part in (card.signature[:32], card.signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), card.signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise CardError("signature", "the signature does not belong to this content and key") from None


def issue(
    bundle: dict[str, Any],
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    now: int,
    types: Iterable[str] = (IMMUNIZATION,),
    expires: int | None = None,
) -> str:
    """The JWS of a card with a minimal FHIR Bundle (``type`` collection, ``resource:0`` as full addresses)."""
    payload: dict[str, Any] = {
        "iss": issuer,
        "nbf": now,
        "vc": {"type": [_TYPE, *types], "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": bundle}},
    }
    if expires is not None:
        payload["exp"] = expires
    header = {"zip": "DEF", "alg": "ES256", "kid": thumbprint(key.public_key())}
    packed = pack(_compact(payload), raw=True)
    signed = f"{base64url(_compact(header))}.{base64url(packed)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class HealthLink:
    """A SMART Health Link: where the files are, and the key that opens them."""

    url: str
    key: bytes
    label: str = ""
    flag: str = ""
    expires: int | None = None


def read_link(text: str, schemes: tuple[str, ...] = ("https",)) -> HealthLink:
    """A link, also behind a viewer's address. :raises CardError: ``encoding`` or ``content``.

    ``schemes``: of the addresses that are believed; a node that reads its own links may run without TLS on one machine.
    """
    _before, sign, encoded = text.partition(LINK_PREFIX)
    if not sign:
        raise CardError("encoding", "the text holds no shlink:/")
    payload = _json(_bytes(encoded, "the link"), "the link")
    key = _bytes(str(payload.get("key", "")), "the key")
    url = str(payload.get("url", ""))
    if len(key) != 32 or url.partition("://")[0] not in schemes or len(url) > 128:
        raise CardError(
            "content", "a link needs a key of 32 bytes and an https address of at most 128 characters"
        )
    expires = payload.get("exp")
    label, flag = str(payload.get("label", "")), str(payload.get("flag", ""))
    return HealthLink(url, key, label, flag, int(expires) if isinstance(expires, int | float) else None)


def write_link(link: HealthLink) -> str:
    payload: dict[str, Any] = {"url": link.url, "key": base64url(link.key)}
    payload |= {name: value for name, value in (("label", link.label), ("flag", link.flag)) if value}
    if link.expires is not None:
        payload["exp"] = link.expires
    return LINK_PREFIX + base64url(_compact(payload))


def seal_file(content: bytes, key: bytes, media_type: str) -> str:
    """A file of a link: compact JWE, direct key, A256GCM (RFC 7516)."""
    header = base64url(_compact({"alg": "dir", "enc": "A256GCM", "cty": media_type}))
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, content, header.encode())
    return f"{header}..{base64url(nonce)}.{base64url(sealed[:-16])}.{base64url(sealed[-16:])}"


def open_file(jwe: str, key: bytes) -> tuple[bytes, str]:
    """Content and media type of a link's file. :raises CardError: ``encoding`` or ``key``."""
    parts = jwe.split(".")
    if len(parts) != 5:
        raise CardError("encoding", "a sealed file has five parts")
    header = _json(_bytes(parts[0], "the header"), "the header")
    if header.get("alg") != "dir" or header.get("enc") != "A256GCM":
        raise CardError("algorithm", "a file of a link is sealed with dir and A256GCM")
    nonce, sealed, tag = (_bytes(part, "the file") for part in parts[2:])
    try:
        content = AESGCM(key).decrypt(nonce, sealed + tag, parts[0].encode())
    except (InvalidTag, ValueError):
        raise CardError("key", "the key does not open this file, or it was changed") from None
    return (unpack(content, raw=True) if header.get("zip") == "DEF" else content), str(header.get("cty", ""))
