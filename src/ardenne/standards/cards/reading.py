"""Any card: what it is, what it says, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ardenne.standards.cards import base45, cose, cwt, dcc, evc, shc
from ardenne.standards.cards.errors import CardError
from ardenne.standards.cards.keys import Key, KeyStore, card_identifier
from ardenne.standards.cards.packing import MAX_TEXT, unpack


@dataclass(frozen=True, slots=True)
class Verdict:
    """``valid`` only when every check passed; else ``rule`` and ``reason`` say which one did not, and why."""

    kind: str
    valid: bool
    rule: str = ""
    reason: str = ""
    issuer: str = ""
    identifier: str = ""
    content: dict[str, Any] = field(default_factory=dict)


def kind_of(text: str) -> str:
    """``dcc``, ``shc``, ``shlink`` or ``evc`` (which has no prefix)."""
    if text.startswith(dcc.PREFIX):
        return "dcc"
    if text.startswith(shc.PREFIX):
        return "shc"
    return "shlink" if shc.LINK_PREFIX in text[:256] else "evc"


def open_message(text: str) -> cose.Sign1:
    """The signed message in a text of base45 over zlib, with or without ``HC1:``."""
    return cose.parse(unpack(base45.decode(text.removeprefix(dcc.PREFIX))))


def verify(text: str, keys: KeyStore, now: int) -> Verdict:
    """Read and check a card's text. ``now`` in seconds since 1970. Never raises for what a card holds."""
    text = text.strip("\r\n\t")
    kind = kind_of(text)
    try:
        if len(text) > MAX_TEXT:
            raise CardError("size", f"the text has more than {MAX_TEXT} characters")
        if kind == "shlink":
            link = shc.read_link(text)
            raise CardError("link", f"a link holds no card itself: its files lie at {link.url}")
        return _verify_shc(text, keys, now) if kind == "shc" else _verify_cose(text, kind, keys, now)
    except CardError as error:
        return Verdict(kind, False, error.rule, str(error))


def _verify_cose(text: str, kind: str, keys: KeyStore, now: int) -> Verdict:
    message = open_message(text)
    claims = cwt.read_claims(message.payload)
    if kind == "evc" and 1 in claims.health and "nam" not in claims.health:
        kind = "dcc"
    key = _signer(keys.find(message.kid), lambda one: cose.verify(message, one.public), now)
    cwt.check_times(claims, now)
    if kind == "dcc":
        content = dcc.certificate_of(claims.health)
        dcc.check_content(content)
        if key.uses and dcc.kind_of(content) not in key.uses:
            raise CardError("key-usage", "the issuer's key may not sign this kind of certificate")
    else:
        evc.read_card(claims.health)
        content = claims.health
    identifier = card_identifier(message.signature)
    if identifier in keys.revoked_cards:
        raise CardError("revoked", "the issuer has withdrawn this card")
    return Verdict(kind, True, issuer=claims.issuer, identifier=identifier, content=content)


def _verify_shc(text: str, keys: KeyStore, now: int) -> Verdict:
    card = shc.read_card(shc.join(text.split()))
    _signer(keys.find(card.kid.encode()), lambda one: shc.verify(card, one.public), now)
    if now + 60 < card.not_before:
        raise CardError("not-yet", "the card says that it was issued later than now")
    if card.expires is not None and now > card.expires:
        raise CardError("expired", "the card has expired")
    identifier = card_identifier(card.signature)
    if identifier in keys.revoked_cards:
        raise CardError("revoked", "the issuer has withdrawn this card")
    return Verdict("shc", True, issuer=card.issuer, identifier=identifier, content=card.bundle)


def _signer(candidates: list[Key], check: Callable[[Key], None], now: int) -> Key:
    """The key that signed: of several with one name, the one whose signature fits."""
    failure = CardError("unknown-key", "no key has this name")
    for key in candidates:
        try:
            check(key)
        except CardError as error:
            failure = error
            continue
        if key.revoked:
            raise CardError("revoked-key", "the issuer has withdrawn the key of this card")
        if not key.not_before <= now <= key.not_after:
            raise CardError("key-time", "the issuer's key is not in use at this time")
        return key
    raise failure
