"""Commands on folders: LIST, STATUS, SELECT, APPEND and their kin."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from ardenne.services.messaging import rules, store_folders, store_mail
from ardenne.services.messaging.doors.imap.answers import No
from ardenne.services.messaging.doors.imap.selected import Conversation, Selected, flags
from ardenne.services.messaging.doors.imap.syntax import Argument, BadCommand, moment, string, text
from ardenne.services.messaging.doors.signing_in import Guest
from ardenne.standards.mail.entity import entity

_SPECIAL = {rules.SENT: "\\Sent", rules.ARCHIVE: "\\Archive", rules.TRASH: "\\Trash"}
KEPT_FLAGS = (*rules.FLAGS, "$Forwarded", "$MDNSent")
"""Flags that are kept; keywords of programs beyond these are forgotten."""
_COUNTS = frozenset({"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN"})


class Folders:
    """The commands for one guest."""

    def __init__(self, session: Conversation, guest: Guest) -> None:
        self._session, self._guest = session, guest
        self._member, self._database = guest.member.id, guest.service.database

    async def list(self, given: Sequence[Argument]) -> bytes:
        """LIST: folders whose names fit a pattern; there is no hierarchy."""
        return await self._listed("LIST", given)

    async def lsub(self, given: Sequence[Argument]) -> bytes:
        """LSUB: every folder is subscribed."""
        return await self._listed("LSUB", given)

    async def _listed(self, name: str, given: Sequence[Argument]) -> bytes:
        words = [text(one) for one in given if not isinstance(one, list)]
        if len(words) < 2:
            raise BadCommand(f"{name} takes a reference and a pattern")
        if not words[1]:
            await self._session.tell(f'* {name} (\\Noselect) "/" ""'.encode())
            return b"OK done"
        pattern = re.compile(
            "".join(".*" if sign in "*%" else re.escape(sign) for sign in (words[0] + words[1])[:200]),
            re.IGNORECASE,
        )
        for one in await store_mail.folders(self._database, self._member):
            if pattern.fullmatch(one.name):
                marks = " ".join(["\\HasNoChildren", *filter(None, [_SPECIAL.get(one.name)])])
                await self._session.tell(f'* {name} ({marks}) "/" '.encode() + string(one.name))
        return b"OK done"

    async def namespace(self, given: Sequence[Argument]) -> bytes:
        """NAMESPACE: one, personal."""
        await self._session.tell(b'* NAMESPACE (("" "/")) NIL NIL')
        return b"OK done"

    async def subscribe(self, given: Sequence[Argument]) -> bytes:
        """SUBSCRIBE: every folder is."""
        return b"OK done"

    async def unsubscribe(self, given: Sequence[Argument]) -> bytes:
        """UNSUBSCRIBE: nothing changes."""
        return b"OK done"

    async def create(self, given: Sequence[Argument]) -> bytes:
        """CREATE a folder."""
        name = _name(given, 1)
        async with self._database.transaction() as connection:
            if not rules.is_folder_name(name) or not await store_mail.add_folder(
                connection, self._member, name
            ):
                raise No("[CANNOT] choose another name: letters and digits, no / or %, none that there is")
        return b"OK made"

    async def delete(self, given: Sequence[Argument]) -> bytes:
        """DELETE an empty folder that the member made."""
        name = _name(given, 1)
        async with self._database.transaction() as connection:
            if name in rules.FOLDERS or not await store_mail.drop_folder(connection, self._member, name):
                raise No("[CANNOT] only an empty folder of your own can be removed")
        return b"OK removed"

    async def rename(self, given: Sequence[Argument]) -> bytes:
        """RENAME a folder that the member made."""
        old, new = _name(given, 2), text(given[1])
        taken = {one.name for one in await store_mail.folders(self._database, self._member)}
        if old in rules.FOLDERS or not rules.is_folder_name(new) or new in taken:
            raise No("[CANNOT] this folder keeps its name, or the new one is taken or not possible")
        async with self._database.transaction() as connection:
            if not await store_folders.rename(connection, self._member, old, new):
                raise No("[NONEXISTENT] there is no such folder")
        return b"OK renamed"

    async def status(self, given: Sequence[Argument]) -> bytes:
        """STATUS: numbers of a folder."""
        name = _name(given, 2)
        wanted = [text(one).upper() for one in given[1]] if isinstance(given[1], list) else []
        if not wanted or not set(wanted) <= _COUNTS:
            raise BadCommand("STATUS takes MESSAGES, RECENT, UIDNEXT, UIDVALIDITY and UNSEEN in parentheses")
        found = {one.name: one for one in await store_mail.folders(self._database, self._member)}.get(name)
        if found is None:
            raise No("[NONEXISTENT] there is no such folder")
        numbers = {
            "MESSAGES": found.number, "RECENT": 0, "UIDNEXT": found.next_uid, "UIDVALIDITY": found.id,
            "UNSEEN": found.unread,
        }  # fmt: skip
        told = " ".join(f"{one} {numbers[one]}" for one in wanted)
        await self._session.tell(b"* STATUS " + string(name) + f" ({told})".encode())
        return b"OK done"

    async def select(self, given: Sequence[Argument]) -> bytes:
        """SELECT a folder for reading and writing."""
        return await self._select(given, writes=True)

    async def examine(self, given: Sequence[Argument]) -> bytes:
        """EXAMINE: select it for reading."""
        return await self._select(given, writes=False)

    async def _select(self, given: Sequence[Argument], *, writes: bool) -> bytes:
        self._session.selected = None
        name = _name(given, 1)
        found = await store_folders.folder(self._database, self._member, name)
        if found is None:
            raise No("[NONEXISTENT] there is no such folder")
        rows = await store_folders.rows(self._database, found[0])
        self._session.selected = Selected(found[0], name, rows, writes=writes)
        unseen = next((place for place, row in enumerate(rows, 1) if rules.SEEN not in row.flags), 0)
        lines = [
            b"* FLAGS " + flags(KEPT_FLAGS), b"* %d EXISTS" % len(rows), b"* 0 RECENT",
            b"* OK [PERMANENTFLAGS " + (flags(KEPT_FLAGS) if writes else b"()") + b"] kept",
            b"* OK [UIDVALIDITY %d] for ever" % found[0], b"* OK [UIDNEXT %d] next" % found[1],
        ]  # fmt: skip
        if unseen:
            lines.append(b"* OK [UNSEEN %d] first" % unseen)
        for line in lines:
            await self._session.tell(line)
        return b"OK [READ-WRITE] selected" if writes else b"OK [READ-ONLY] examined"

    async def append(self, given: Sequence[Argument]) -> bytes:
        """APPEND: keep a message of one's own, such as a copy of what was sent; encrypted for oneself like all others."""
        name = _name(given, 2)
        raw = given[-1]
        if not isinstance(raw, bytes) or len(raw) < 10:
            raise BadCommand("APPEND takes a folder, perhaps flags and a time, and the message as a literal")
        marks, received = list[str](), datetime.now(UTC)
        for one in given[1:-1]:
            if isinstance(one, list):
                marks = kept_flags(one)
            else:
                received = moment(text(one))
        place = await self._keep(name, raw, marks, received)
        return b"OK [APPENDUID %d %d] kept" % place

    async def _keep(self, name: str, raw: bytes, marks: Sequence[str], received: datetime) -> tuple[int, int]:
        guest = self._guest
        message = entity(raw)
        known = await guest.office.certificates([guest.member])
        own = guest.office.address(guest.member.local)
        posted = rules.check(message, own, {own: [one.certificate for one in known[guest.member.id]]})
        digest = hashlib.sha256(message.raw).digest()
        async with self._database.transaction() as connection:
            present = await store_mail.known(connection, self._member, posted.message_id)
            number = present[0] if present and present[1] == digest else None
            if number is None:
                # a copy may differ from what was sent, by the fields that programs add
                suffix = f"#{digest.hex()[:16]}" if present else ""
                message_id = posted.message_id + suffix
                number = await store_mail.post(
                    connection,
                    self._member,
                    message_id,
                    digest,
                    False,
                    posted.automatic,
                    message.head,
                    message.raw,
                )
                again = await store_mail.known(connection, self._member, message_id)
                number = number if number is not None else again[0] if again else None
            if number is None:
                raise No("[CANNOT] the message cannot be kept")
            filed = await store_mail.file(connection, self._member, name, number, marks, received)
            if filed is None:
                raise No("[TRYCREATE] there is no such folder")
            await store_mail.tell(connection, self._member)
        return filed[0], filed[1]


def kept_flags(given: Sequence[Argument]) -> list[str]:
    """Return the flags that are kept, as they are written here."""
    known = {one.lower(): one for one in KEPT_FLAGS}
    return sorted({known[text(one).lower()] for one in given if text(one).lower() in known})


def _name(given: Sequence[Argument], least: int) -> str:
    if len(given) < least or (least == 1 and len(given) > 1):
        raise BadCommand("there are too few arguments, or too many: quote names with blanks")
    name = text(given[0])
    return rules.INBOX if name.upper() == rules.INBOX else name
