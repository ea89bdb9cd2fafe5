"""Reading a message: opened, verified, and what of it a person reads. Header fields inside win over those outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ardenne.standards.mail.entity import Entity, addresses, entity, with_crlf
from ardenne.standards.mail.plain import words
from ardenne.standards.refusal import Refusal, Refused
from ardenne.standards.smime import enveloped, signed
from ardenne.standards.smime.enveloped import Envelope, Holding
from ardenne.standards.smime.letter import Attachment, Party
from ardenne.standards.smime.signed import Signature

_CMS = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_LAYERS = 3


class Opened(NamedTuple):
    """A message as it is read.

    ``signatures`` fit the content; ``flaw``: why a signature does not, None without flaw. ``sender`` is who the message
    says it is from: whether a signature is that person's is the reader's to judge.
    """

    subject: str
    sender: Party
    to: Sequence[Party]
    cc: Sequence[Party]
    at: datetime | None
    message_id: str
    thread: Sequence[str]
    text: str
    attachments: Sequence[Attachment]
    encrypted: bool
    signatures: Sequence[Signature]
    flaw: Refusal | None
    receipt_to: str
    automatic: bool


class _Layers(NamedTuple):
    payload: Entity
    encrypted: bool
    signatures: Sequence[Signature]
    flaw: Refusal | None


def envelope_of(message: Entity) -> Envelope | None:
    """Return the encrypted content of a message, None when it is not encrypted. Raises Refused."""
    if message.media_type not in _CMS:
        return None
    kind = message.parameter("smime-type").lower()
    if kind and kind not in ("enveloped-data", "authenveloped-data"):
        return None
    try:
        return enveloped.read(message.content)
    except Refused as error:
        if not kind and error.refusal.rule == "cms-kind":
            return None
        raise


def open_(raw: bytes, holdings: Iterable[Holding]) -> Opened:
    """Return what a message says. Raises Refused when it cannot be opened or is no message."""
    outside = entity(raw)
    layers = _peel(outside, list(holdings))
    inside = layers.payload
    if inside.media_type == "message/rfc822" and layers.encrypted:
        # headers wrapped as RFC 8551, 3.1, has it
        inside = entity(inside.content)
    text, attachments = _read(inside)
    fields = inside if inside.get("from") else outside
    return Opened(
        inside.get("subject") or outside.get("subject"),
        _party(fields.all("from")),
        _parties(fields.all("to")),
        _parties(fields.all("cc")),
        _moment(fields.get("date") or outside.get("date")),
        outside.get("message-id"),
        fields.get("references").split()[-20:],
        text,
        attachments,
        layers.encrypted,
        layers.signatures,
        layers.flaw,
        next((address for _name, address in addresses(outside.all("disposition-notification-to"))), ""),
        outside.get("auto-submitted").lower() not in ("", "no"),
    )


def _peel(message: Entity, holdings: Sequence[Holding]) -> _Layers:
    """Take off the layers of protection: encryption outside, a signature within."""
    encrypted, flaw = False, None
    signatures: list[Signature] = []
    for _layer in range(_LAYERS):
        sealed = envelope_of(message)
        if sealed is not None and not encrypted:
            message, encrypted = entity(enveloped.open_(sealed, holdings)), True
            continue
        if signatures or flaw:
            break
        try:
            found = _verified(message)
        except Refused as error:
            flaw = error.refusal
            message = message.parts()[0] if message.is_multipart else message
            break
        if found is None:
            break
        message, signatures = found
    return _Layers(message, encrypted, signatures, flaw)


def _verified(message: Entity) -> tuple[Entity, list[Signature]] | None:
    """Return what is signed and by whom; None when nothing is. Raises Refused when a signature does not fit."""
    if message.media_type == "multipart/signed" and message.is_multipart:
        parts = message.parts()
        if len(parts) != 2 or parts[1].media_type not in _SIGNATURES:
            raise Refused(
                rule="mail-signed", found="a signed message has not the two parts that it must have",
                mend="Ask the sender to write it again.",
            )  # fmt: skip
        _content, signatures = signed.verify(parts[1].content, with_crlf(parts[0].raw))
        return parts[0], signatures
    if message.media_type in _CMS and message.parameter("smime-type").lower() in ("signed-data", ""):
        content, signatures = signed.verify(message.content)
        return entity(content), signatures
    return None


def _read(message: Entity) -> tuple[str, list[Attachment]]:
    """Return the text (that of HTML when there is no plain one) and the files."""
    plain: list[str] = []
    html: list[str] = []
    files: list[Attachment] = []
    for one in message.leaves():
        kind = one.media_type
        is_text = (
            kind in ("text/plain", "text/html") and one.disposition != "attachment" and not one.file_name
        )
        if is_text:
            (plain if kind == "text/plain" else html).append(one.text)
        elif one.body.strip():
            name = one.file_name or ("message.eml" if kind == "message/rfc822" else f"file-{len(files) + 1}")
            files.append(Attachment(name, kind, one.content))
    return "\n".join(plain) if plain else words("\n".join(html)), files


def _party(fields: Sequence[str]) -> Party:
    found = _parties(fields)
    # several writers are nobody in particular
    return found[0] if len(found) == 1 else Party("", "")


def _parties(fields: Sequence[str]) -> list[Party]:
    return [Party(name, address) for name, address in addresses(fields)]


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
