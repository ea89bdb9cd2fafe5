"""A message as its writer means it, and as mail: signed, then encrypted, with its header fields inside (RFC 8551, RFC 9788).

Outside stand only who, to whom and when; the subject there is ``[...]``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from cryptography import x509

from ardenne.standards.mail.entity import wrapped
from ardenne.standards.smime import enveloped, signed
from ardenne.standards.smime.enveloped import Holding

HIDDEN = "[...]"
"""The subject outside (RFC 9788, 3.2.1: the recommended policy of a baseline)."""
_MEDIA = re.compile(r"[a-z0-9][a-z0-9.+\-]{0,60}/[a-z0-9][a-z0-9.+\-]{0,100}")


class Attachment(NamedTuple):
    """A file of a message."""

    name: str
    media_type: str
    content: bytes


class Party(NamedTuple):
    """Who writes or receives."""

    name: str
    address: str


class Letter(NamedTuple):
    """What is written. ``answers``: the Message-ID that it answers, ``thread``: those before it.

    ``receipt``: whether the writer asks to be told when it is read (RFC 8098). ``automatic``: nobody wrote it by hand
    (RFC 3834, ``auto-replied``).
    """

    sender: Party
    to: Sequence[Party]
    subject: str
    text: str
    at: datetime
    message_id: str
    attachments: Sequence[Attachment] = ()
    cc: Sequence[Party] = ()
    answers: str = ""
    thread: Sequence[str] = ()
    receipt: bool = False
    automatic: bool = False


def new_message_id(domain: str) -> str:
    """Return a Message-ID that says nothing."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def written(letter: Letter, signer: Holding | None, recipients: Sequence[x509.Certificate]) -> bytes:
    """Return the message: signed by ``signer`` (None: an automatic answer, which nobody signs), encrypted for all."""
    fields = _fields(letter)
    payload = _payload(letter, fields)
    inner = payload if signer is None else _signed(payload, signer)
    head = EmailMessage(policy=SMTP)
    for name, value in _outside(fields):
        head[name] = value
    head["MIME-Version"] = "1.0"
    head["Content-Type"] = 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"'
    head["Content-Transfer-Encoding"] = "base64"
    head["Content-Disposition"] = 'attachment; filename="smime.p7m"'
    return _head(head) + wrapped(enveloped.seal(inner, recipients))


def _fields(letter: Letter) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [
        ("From", _address(letter.sender)),
        ("To", tuple(_address(one) for one in letter.to)),
        ("Date", format_datetime(letter.at)),
        ("Message-ID", letter.message_id),
        ("Subject", " ".join(letter.subject.split())),
    ]
    if letter.cc:
        found.append(("Cc", tuple(_address(one) for one in letter.cc)))
    if letter.answers:
        found.append(("In-Reply-To", letter.answers))
        found.append(("References", " ".join([*letter.thread[-20:], letter.answers])))
    if letter.receipt:
        found.append(("Disposition-Notification-To", letter.sender.address))
    if letter.automatic:
        found.append(("Auto-Submitted", "auto-replied"))
    return found


def _address(party: Party) -> Address:
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in party.name).split())
    return Address(name, addr_spec=party.address)


def _outside(fields: Sequence[tuple[str, object]]) -> list[tuple[str, object]]:
    return [(name, HIDDEN if name == "Subject" else value) for name, value in fields]


def _payload(letter: Letter, fields: Sequence[tuple[str, object]]) -> bytes:
    """Return what is signed: every field inside, and what stands outside told (HP-Outer)."""
    head = EmailMessage(policy=SMTP)
    for name, value in fields:
        head[name] = value
    outside = EmailMessage(policy=SMTP)
    for name, value in _outside(fields):
        outside[name] = value
    for name, told in outside.items():
        head.add_header("HP-Outer", f"{name}: {told}")
    text = EmailMessage(policy=SMTP)
    text.set_content(letter.text.replace("\r\n", "\n"), charset="utf-8", cte="quoted-printable")
    if not letter.attachments:
        head["Content-Type"] = 'text/plain; charset="utf-8"; hp="cipher"'
        head["Content-Transfer-Encoding"] = "quoted-printable"
        head["MIME-Version"] = "1.0"
        return _head(head) + text.as_bytes().partition(b"\r\n\r\n")[2]
    boundary = _boundary()
    head["MIME-Version"] = "1.0"
    head["Content-Type"] = f'multipart/mixed; boundary="{boundary}"; hp="cipher"'
    mark = f"--{boundary}".encode()
    parts = [text.as_bytes(), *map(_attached, letter.attachments)]
    return _head(head) + b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts) + mark + b"--\r\n"


def _attached(one: Attachment) -> bytes:
    part = EmailMessage(policy=SMTP)
    media = one.media_type.partition(";")[0].strip().lower()
    kind, _, sub = (media if _MEDIA.fullmatch(media) else "application/octet-stream").partition("/")
    if kind in ("multipart", "message"):
        kind, sub = "application", "octet-stream"
    part.set_content(
        b"", maintype=kind, subtype=sub, disposition="attachment", filename=_plain_name(one.name)
    )
    return part.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + wrapped(one.content)


def _plain_name(name: str) -> str:
    return (
        "".join(sign if sign.isprintable() and sign not in '/\\"' else "_" for sign in name)[:120] or "file"
    )


def _signed(payload: bytes, signer: Holding) -> bytes:
    signature = signed.sign(payload, signer.certificate, signer.key)
    boundary = _boundary()
    mark = f"--{boundary}".encode()
    head = (
        'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;\r\n'
        f' boundary="{boundary}"\r\nMIME-Version: 1.0\r\n\r\n'
    )
    beside = (
        'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
    )
    first = head.encode() + mark + b"\r\n" + payload + b"\r\n" + mark + b"\r\n"
    return first + beside.encode() + wrapped(signature) + b"\r\n" + mark + b"--\r\n"


def _boundary() -> str:
    return f"=_{secrets.token_hex(16)}"


def _head(message: EmailMessage) -> bytes:
    return message.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
