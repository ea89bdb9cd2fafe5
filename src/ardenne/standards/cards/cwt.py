"""Claims of a CBOR Web Token (RFC 8392) that all cards of this kind share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ardenne.standards.cards import cbor
from ardenne.standards.cards.errors import CardError

ISSUER, EXPIRES, ISSUED, HEALTH = 1, 4, 6, -260


@dataclass(frozen=True, slots=True)
class Claims:
    """Issuer, times (seconds since 1970) and the health certificate of a token."""

    issuer: str
    issued: int | None
    expires: int | None
    health: dict[Any, Any]


def read_claims(payload: bytes) -> Claims:
    """:raises CardError: ``claims``."""
    found = cbor.loads(payload)
    if not isinstance(found, dict):
        raise CardError("claims", "the claims of a card are a map")
    health = found.get(HEALTH)
    if not isinstance(health, dict):
        raise CardError("claims", "the card holds no health certificate (claim -260)")
    return Claims(str(found.get(ISSUER, "")), _time(found.get(ISSUED)), _time(found.get(EXPIRES)), health)


def _time(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CardError("claims", "a time of the card is no number")
    return int(value)


def write_claims(claims: Claims) -> bytes:
    held: dict[int, Any] = {ISSUER: claims.issuer, HEALTH: claims.health}
    if claims.issued is not None:
        held[ISSUED] = claims.issued
    if claims.expires is not None:
        held[EXPIRES] = claims.expires
    return cbor.dumps(held)


def check_times(claims: Claims, now: int, tolerance: int = 60) -> None:
    """:raises CardError: ``not-yet`` or ``expired``; a card without an end does not expire by itself."""
    if claims.issued is not None and now + tolerance < claims.issued:
        raise CardError("not-yet", "the card says that it was issued later than now")
    if claims.expires is not None and now > claims.expires:
        raise CardError("expired", "the card has expired")
