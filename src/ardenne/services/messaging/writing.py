"""Writing on the pages: who is meant, what goes along, and one message that is sent once (a form sent twice sends it once)."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from ardenne.kernel.identity.sealing import SealBroken, Sealing
from ardenne.kernel.rest.service import FhirService
from ardenne.services.messaging import rules, store_groups, store_mail, store_members
from ardenne.services.messaging.members import Mailbox
from ardenne.services.messaging.post import PostOffice
from ardenne.services.messaging.rules import MessagingError
from ardenne.services.messaging.store_mail import Entry
from ardenne.services.messaging.store_members import Member
from ardenne.services.record.contract import RecordFiles
from ardenne.standards.mail.entity import addresses
from ardenne.standards.refusal import Refused
from ardenne.standards.smime import letter, opening
from ardenne.standards.smime.letter import Attachment, Letter, Party
from ardenne.standards.smime.opening import Opened

_TOKEN = re.compile(r"[0-9a-f]{32}")


class Summary(msgspec.Struct, frozen=True):
    """What a list shows of a message that only its reader can open."""

    subject: str
    files: tuple[str, ...] = ()


class Draft(NamedTuple):
    """A message as the form has it. ``token`` makes its Message-ID: the same form is the same message.

    ``to``: addresses; ``groups``: their ids; ``patient`` and ``documents``: what of a record goes along.
    """

    token: str
    to: Sequence[str]
    groups: Sequence[str]
    subject: str
    text: str
    files: Sequence[Attachment]
    receipt: bool = False
    answers: str = ""
    thread: Sequence[str] = ()
    patient: str = ""
    documents: Sequence[str] = ()


def sealed(summary: Summary, mailbox: Mailbox, message_id: str) -> bytes:
    """Return a summary as it is kept."""
    return Sealing(mailbox.keyring.index).seal(msgspec.msgpack.encode(summary), f"messaging:{message_id}")


def summary_of(entry: Entry, mailbox: Mailbox) -> Summary | None:
    """Return the kept summary of a message; None when there is none."""
    if entry.summary is None:
        return None
    try:
        plain = Sealing(mailbox.keyring.index).open(entry.summary, f"messaging:{entry.message_id}")
        return msgspec.msgpack.decode(plain, type=Summary)
    except (SealBroken, msgspec.MsgspecError):
        return None


def summarised(found: Opened) -> Summary:
    """Return what a list shows of an open message."""
    return Summary(found.subject[:300], tuple(one.name for one in found.attachments)[:50])


async def opened(service: FhirService, mailbox: Mailbox, entry: Entry) -> Opened:
    """Return a message of the mailbox, and keep its summary. Raises Refused."""
    raw = await store_mail.content(service.database, entry.message)
    found = await asyncio.to_thread(opening.open_, raw, mailbox.holdings)
    if entry.summary is None:
        async with service.database.connection() as connection:
            kept = sealed(summarised(found), mailbox, entry.message_id)
            await store_mail.set_summary(connection, mailbox.member.id, entry.id, kept)
    return found


class Writer:
    """Sends what a member writes on the pages."""

    def __init__(self, service: FhirService, office: PostOffice, mailbox: Mailbox) -> None:
        self._service = service
        self._office = office
        self._mailbox = mailbox

    async def send(self, draft: Draft) -> int:
        """Sign, encrypt and deliver a message; return to how many. Raises MessagingError, Refused, AccessRefused."""
        me, signer = self._mailbox.member, self._mailbox.signer
        if signer is None:
            raise MessagingError("certificate")
        if not _TOKEN.fullmatch(draft.token):
            raise MessagingError("form")
        recipients = await self._recipients(draft)
        message_id = f"<{draft.token}@{self._office.domain}>"
        if await self._is_sent(me.id, message_id):
            return len(recipients)
        if not draft.subject.strip():
            raise MessagingError("subject")
        files = [*draft.files, *await self._documents(draft)]
        if sum(len(one.content) for one in files) > rules.LARGEST_FILES:
            raise MessagingError("files")
        known = await self._office.certificates([me, *recipients])
        current = [next(one.certificate for one in held if one.current) for held in known.values()]
        made = Letter(
            self._party(me), [self._party(one) for one in recipients], draft.subject[:300], draft.text,
            datetime.now(UTC), message_id, files, answers=draft.answers, thread=draft.thread, receipt=draft.receipt,
        )  # fmt: skip
        raw = await asyncio.to_thread(letter.written, made, signer, current)
        kept = sealed(Summary(made.subject, tuple(one.name for one in files)), self._mailbox, message_id)
        try:
            patient = draft.patient if draft.documents else ""
            await self._office.deliver(me, raw, recipients, copy=True, summary=kept, patient=patient)
        except Refused:
            # the same form, sent twice at once: one of both has sent it
            if not await self._is_sent(me.id, message_id):
                raise
            return len(recipients)
        return len(recipients)

    async def _recipients(self, draft: Draft) -> list[Member]:
        me = self._mailbox.member
        wanted = list(draft.to)
        mine = {str(one.id): one for one in await store_groups.of_member(self._service.database, me.id)}
        for group in draft.groups:
            if group not in mine:
                raise MessagingError("group")
            found = await store_groups.members(self._service.database, mine[group].id)
            ids = [one.local for one in found if one.id != me.id]
            active = await store_members.by_locals(self._service.database, ids)
            wanted += [self._office.address(one.local) for one in active if one.active]
        if not wanted:
            raise MessagingError("recipients")
        return await self._office.members(wanted)

    async def _is_sent(self, sender: uuid.UUID, message_id: str) -> bool:
        async with self._service.database.connection() as connection:
            return await store_mail.known(connection, sender, message_id) is not None

    async def _documents(self, draft: Draft) -> list[Attachment]:
        """Take the documents of the record; what the writer may not read does not go along."""
        found = []
        records = self._service.registry.get(RecordFiles)
        for document in draft.documents[:20]:
            taken = await records.take(self._service, draft.patient, document)
            if taken is None:
                raise MessagingError("document")
            found.append(Attachment(*taken))
        return found

    def _party(self, member: Member) -> Party:
        return Party(member.name, self._office.address(member.local))


def typed_addresses(text: str, domain: str) -> list[str]:
    """Return the addresses that somebody typed, separated by commas, semicolons or lines; the domain may be left out."""
    words = [one.strip() for one in re.split(r"[,;\n]", text) if one.strip()]
    found = []
    for word in words[: rules.MOST_RECIPIENTS + 1]:
        known = addresses([word])
        found.append(known[0][1] if known else f"{word.lower()}@{domain}")
    return found
