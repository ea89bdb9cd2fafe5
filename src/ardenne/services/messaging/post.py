"""The post office: takes a message, files it for every recipient, tells absences. Acknowledged is only what is durable."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from cryptography import x509

from ardenne.kernel.audit.entries import Action
from ardenne.kernel.rest.service import FhirService
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.locks import lock_texts
from ardenne.services.messaging import rules, store_mail, store_members
from ardenne.services.messaging.rules import Posted
from ardenne.services.messaging.store_members import Certificate, Member
from ardenne.standards.mail.entity import Entity, entity
from ardenne.standards.mail.receipt import Receipt
from ardenne.standards.refusal import Refused
from ardenne.standards.smime import letter
from ardenne.standards.smime.letter import Letter, Party


class Delivered(NamedTuple):
    """What became of a message. ``again``: it had been sent before, and nothing was done."""

    message: int
    again: bool = False


class PostOffice:
    """The post office of one node, for one caller. ``domain`` stands after the @."""

    def __init__(self, service: FhirService, domain: str) -> None:
        self._service = service
        self.domain = domain

    def address(self, local: str) -> str:
        """Return an address."""
        return f"{local}@{self.domain}"

    async def members(self, addresses: Sequence[str]) -> list[Member]:
        """Return the active members of addresses. Raises Refused for one that is nobody's, naming it."""
        wanted = list(dict.fromkeys(one.strip().lower() for one in addresses))
        if not wanted or len(wanted) > rules.MOST_RECIPIENTS:
            raise Refused(
                rule="messaging-recipients", found="the message has no recipient, or too many",
                mend=f"Write to one at least and {rules.MOST_RECIPIENTS} at most.",
            )  # fmt: skip
        locals_ = {one.rpartition("@")[0]: one for one in wanted if one.endswith(f"@{self.domain}")}
        found = {
            one.local: one
            for one in await store_members.by_locals(self._service.database, list(locals_))
            if one.active
        }
        for one in wanted:
            if one.rpartition("@")[0] not in found or one not in locals_.values():
                raise Refused(
                    rule="messaging-unknown", found=f"{one[:120]} has no mailbox here",
                    mend="Only professionals of the directory write and receive here: look for the address there.",
                )  # fmt: skip
        return list(found.values())

    async def certificates(self, members: Sequence[Member]) -> dict[uuid.UUID, list[Certificate]]:
        """Return the certificates that count now, by member. Raises Refused when somebody has none."""
        now = datetime.now(UTC)
        found: dict[uuid.UUID, list[Certificate]] = {one.id: [] for one in members}
        for one in await store_members.certificates(self._service.database, list(found)):
            if one.revoked is None and one.ends > now:
                found[one.member].append(one)
        for member in members:
            if not any(one.current for one in found[member.id]):
                raise Refused(
                    rule="messaging-certificate",
                    found=f"{self.address(member.local)} has no certificate that counts",
                    mend="Nothing can be encrypted for this member: use another way.",
                )  # fmt: skip
        return found

    async def deliver(
        self, sender: Member, raw: bytes, recipients: Sequence[Member], *, copy: bool, summary: bytes | None = None,
        patient: str = "",
    ) -> Delivered:  # fmt: skip
        """Deliver a message; the same once more changes nothing. ``copy``: put it among what the sender sent.

        ``patient``: of whose record documents go along; that stands in the record's journal with the same commit.
        Raises Refused for what is not from ``sender``, or not encrypted for all.
        """
        message = entity(raw)
        known = await self.certificates(recipients)
        names: Mapping[str, list[x509.Certificate]] = {
            self.address(one.local): [held.certificate for held in known[one.id]] for one in recipients
        }
        posted = rules.check(message, self.address(sender.local), names)
        now = datetime.now(UTC)
        async with self._service.database.transaction() as connection:
            await _lock(connection, [sender.id, *(one.id for one in recipients)])
            done = await self._post(connection, sender, message, posted, recipients, now)
            if done.again:
                return done
            if copy:
                await store_mail.file(
                    connection, sender.id, rules.SENT, done.message, [rules.SEEN], now, summary
                )
                await store_mail.tell(connection, sender.id)
            for one in recipients:
                await self._tell_absence(connection, one, sender, posted, now)
            detail = f"to {len(recipients)}"
            await self._service.note(connection, "", Action.OPERATION, "messaging-sent", detail)
            if patient:
                readers = ", ".join(one.name for one in recipients)[:300]
                await self._service.note(connection, patient, Action.EXPORT, "message-sent", readers)
        return done

    async def _post(
        self, connection: Connection, sender: Member, message: Entity, posted: Posted, recipients: Sequence[Member],
        now: datetime,
    ) -> Delivered:  # fmt: skip
        digest = hashlib.sha256(message.raw).digest()
        number = await store_mail.post(
            connection, sender.id, posted.message_id, digest, posted.receipt, posted.automatic, message.head,
            message.raw,
        )  # fmt: skip
        again = number is None
        if number is None:
            before = await store_mail.known(connection, sender.id, posted.message_id)
            if before is None or before[1] != digest:
                raise Refused(
                    rule="messaging-id", found="another message of yours has the same Message-ID",
                    mend="Let your mail program write it anew.",
                )  # fmt: skip
            number = before[0]
        new = await store_mail.add_recipients(connection, number, [one.id for one in recipients])
        for member in new:
            await store_mail.file(connection, member, rules.INBOX, number, [], now)
            await store_mail.tell(connection, member)
        return Delivered(number, again and not new)

    async def _tell_absence(
        self, connection: Connection, away: Member, sender: Member, posted: Posted, now: datetime
    ) -> None:
        """Answer for a member who is away, in the same transaction; the answer is encrypted, nobody signs it."""
        today: date = now.astimezone(self._service.zone).date()
        if away.id == sender.id or not rules.is_away(away.away_from, away.away_until, today):
            return
        address = self.address(away.local)
        if not rules.answers_absence(posted, address, None, now):
            return
        if not await store_mail.tell_away(connection, away.id, sender.id, now, now - rules.ANSWER_AGAIN):
            return
        known = await store_members.certificates(connection, [sender.id])
        current = next((one for one in known if one.current and one.ends > now), None)
        if current is None:
            return
        made = Letter(
            Party(away.name, address), (Party(sender.name, self.address(sender.local)),), f"Auto: {away.name}",
            away.away_text, now, letter.new_message_id(self.domain), answers=posted.message_id, automatic=True,
        )  # fmt: skip
        message = entity(letter.written(made, None, [current.certificate]))
        answer = Posted(made.message_id, receipt=False, automatic=True, to=frozenset())
        await self._post(connection, away, message, answer, [sender], now)

    async def read(self, reader: Member, sender: uuid.UUID, message_id: str) -> bool:
        """Note that a reader read a message and says so; False when its writer did not ask or knows already."""
        now = datetime.now(UTC)
        async with self._service.database.transaction() as connection:
            await _lock(connection, [reader.id, sender])
            number = await store_mail.displayed(connection, sender, message_id, reader.id, now)
            if number is None:
                return False
            writer = await store_members.by_id(connection, sender)
            assert writer is not None
            made = Receipt(
                self.address(reader.local), self.address(writer.local), message_id,
                letter.new_message_id(self.domain), now,
            )  # fmt: skip
            message = entity(made.written())
            told = Posted(made.own_id, receipt=False, automatic=True, to=frozenset())
            await self._post(connection, reader, message, told, [writer], now)
        return True


async def _lock(connection: Connection, members: Sequence[uuid.UUID]) -> None:
    """Hold the mailboxes that a message touches: messages to and fro do not wait for each other in a circle."""
    await lock_texts(connection, [f"mailbox:{one}" for one in members])
