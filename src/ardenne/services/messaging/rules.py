"""The rules of secure messaging, without database or web (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from cryptography import x509

from ardenne.standards.mail.entity import Entity, addresses
from ardenne.standards.refusal import Refused
from ardenne.standards.smime import certificates, opening
from ardenne.standards.smime.signed import Signature

MOST_RECIPIENTS = 50
LARGEST_FILE = 20 * 1024 * 1024
LARGEST_FILES = 25 * 1024 * 1024
LARGEST_MESSAGE = 60 * 1024 * 1024
"""Bytes of a message as it travels: files in base64, encrypted, in base64 again."""
SHORTEST_PASSPHRASE = 12
RENEW_DAYS = 60
"""So long before its end the page offers a new certificate."""
ANSWER_AGAIN = timedelta(days=7)
"""An absence is told to the same sender at most so often (RFC 3834 leaves the time open; a week is usual)."""
UNLOCKED = timedelta(hours=12)
INBOX, SENT, ARCHIVE, TRASH = "INBOX", "Sent", "Archive", "Trash"
FOLDERS = (INBOX, SENT, ARCHIVE, TRASH)
"""Folders that every mailbox has."""
SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"
FLAGS = (SEEN, ANSWERED, FLAGGED, DELETED, DRAFT)
_FOLDER = re.compile(r"[^\x00-\x1f\x7f/\\%*\"&]{1,60}")
_MESSAGE_ID = re.compile(r"<[^\s<>]{3,250}>")


class MessagingError(Exception):
    """An act is not possible; the message is one of the words of ``wording.PROBLEMS``."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def local_part(name: str, taken: int = 0) -> str:
    """Return what stands before the @ for a person: "claude.thill"; ``taken``: how many have that already."""
    words = re.sub(r"\b(dr|prof|med|dent|pharm)\b\.?", " ", name, flags=re.IGNORECASE)
    plain = unicodedata.normalize("NFKD", words.replace("ß", "ss").replace("ø", "o").replace("æ", "ae"))
    parts = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    return ".".join(parts)[:48].strip(".") or "member" if not taken else f"{local_part(name)}.{taken + 1}"


def passphrase_problem(passphrase: str, again: str) -> str:
    """Return why a passphrase cannot be chosen; empty when it can."""
    if len(passphrase) < SHORTEST_PASSPHRASE or len(set(passphrase)) < 5:
        return "passphrase-short"
    return "" if passphrase == again else "passphrase-differs"


def is_folder_name(name: str) -> bool:
    """Tell whether a folder may be called so."""
    return bool(_FOLDER.fullmatch(name)) and name.strip() == name and name.upper() != INBOX


class Posted(NamedTuple):
    """What is kept of a message that may be delivered."""

    message_id: str
    receipt: bool
    automatic: bool
    to: frozenset[str]
    """Addresses of its own header."""


def check(message: Entity, sender: str, recipients: Mapping[str, Sequence[x509.Certificate]]) -> Posted:
    """Return what is kept of a message. ``recipients``: certificates that count, by address.

    Raises Refused unless it comes from ``sender`` alone and is encrypted for every recipient.
    """
    writers = [address for _name, address in addresses(message.all("from"))]
    if writers != [sender] or len(message.all("from")) != 1:
        raise Refused(
            rule="messaging-sender", found="the message is not from the address that signed in",
            mend=f"Set the address of the account to {sender}.",
        )  # fmt: skip
    envelope = opening.envelope_of(message)
    if envelope is None:
        raise Refused(
            rule="messaging-encrypted", found="the message is not encrypted",
            mend="Switch on S/MIME encryption in your mail program, or write on the web page.",
        )  # fmt: skip
    for address, known in recipients.items():
        if not any(envelope.is_for(one) for one in known):
            raise Refused(
                rule="messaging-recipient", found=f"the message is not encrypted for {address}",
                mend="Fetch the recipient's current certificate and send it again.",
            )  # fmt: skip
    message_id = message.get("message-id")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise Refused(
            rule="messaging-id", found="the message has no Message-ID in angle brackets",
            mend="Let your mail program make one.",
        )  # fmt: skip
    receipt = bool(message.get("disposition-notification-to"))
    automatic = message.get("auto-submitted").lower() not in ("", "no")
    named = frozenset(address for _name, address in addresses([*message.all("to"), *message.all("cc")]))
    return Posted(message_id, receipt, automatic, named)


def is_away(first: date | None, last: date | None, today: date) -> bool:
    """Tell whether somebody is away; without a last day until it is taken back."""
    return first is not None and first <= today and (last is None or today <= last)


def answers_absence(posted: Posted, address: str, told: datetime | None, now: datetime) -> bool:
    """Tell whether an absence is told: to people who wrote to this very address, once a week (RFC 3834, section 2)."""
    return not posted.automatic and address in posted.to and (told is None or now - told >= ANSWER_AGAIN)


class Verdict(NamedTuple):
    """Whose signature a message carries. ``problem``: empty: the sender's own; else unsigned, broken, stranger or a
    word of ``certificates.problem``, or revoked."""

    problem: str
    at: datetime | None = None


def judge(
    signatures: Sequence[Signature], broken: bool, sender: str, trusted: Sequence[x509.Certificate],
    revoked: Mapping[int, datetime], received: datetime,
) -> Verdict:  # fmt: skip
    """Judge a message's signature as of the time when it was received. ``revoked``: moments by serial number."""
    if broken:
        return Verdict("broken")
    if not signatures:
        return Verdict("unsigned")
    for one in signatures:
        problem = certificates.problem(one.certificate, trusted, sender, received)
        ended = revoked.get(one.certificate.serial_number)
        if not problem and ended is not None and ended <= received:
            problem = "revoked"
        if not problem:
            return Verdict("", one.at)
    return Verdict(problem, signatures[0].at)
