"""Commands on messages of the selected folder: FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE."""

from __future__ import annotations

from collections.abc import Sequence

from ardenne.services.messaging import rules, store_folders, store_mail
from ardenne.services.messaging.doors.imap import fetching, searching
from ardenne.services.messaging.doors.imap.answers import No
from ardenne.services.messaging.doors.imap.folders import KEPT_FLAGS, kept_flags
from ardenne.services.messaging.doors.imap.selected import Conversation, Known, Selected, flags
from ardenne.services.messaging.doors.imap.syntax import Argument, BadCommand, text
from ardenne.services.messaging.doors.signing_in import Guest
from ardenne.standards.mail.entity import Entity


class Messages:
    """The commands for one guest and one selected folder. ``by_uid``: numbers are uids."""

    def __init__(self, session: Conversation, guest: Guest, selected: Selected, *, by_uid: bool) -> None:
        self._session, self._guest, self._selected, self._by_uid = session, guest, selected, by_uid
        self._member, self._database = guest.member.id, guest.service.database

    async def check(self, given: Sequence[Argument]) -> bytes:
        """CHECK: everything is durable anyway."""
        return b"OK done"

    async def unselect(self, given: Sequence[Argument]) -> bytes:
        """UNSELECT: leave the folder, remove nothing."""
        self._session.selected = None
        return b"OK left"

    async def close(self, given: Sequence[Argument]) -> bytes:
        """CLOSE: remove what is marked as deleted without telling, and leave the folder."""
        if self._selected.writes:
            await self._remove(self._selected.all())
        self._session.selected = None
        return b"OK left"

    async def expunge(self, given: Sequence[Argument]) -> bytes:
        """EXPUNGE: remove for good what is marked as deleted."""
        self._check_writes()
        chosen = self._selected.all()
        if self._by_uid:
            chosen = self._chosen(given, 1)
        await self._remove(chosen)
        return b"OK removed"

    async def _remove(self, chosen: Sequence[Known]) -> None:
        fresh = await store_folders.rows(self._database, self._selected.folder)
        marked = {row.id for row in fresh if rules.DELETED in row.flags}
        gone = [one.row.id for one in chosen if one.row.id in marked]
        async with self._database.transaction() as connection:
            await store_mail.remove(connection, self._member, gone)
            await store_mail.tell(connection, self._member)

    async def search(self, given: Sequence[Argument]) -> bytes:
        """SEARCH: numbers of the messages for which a question holds."""
        words = list(given)
        if words and not isinstance(words[0], list) and text(words[0]).upper() == "CHARSET":
            if len(words) < 2 or text(words[1]).upper() not in ("UTF-8", "US-ASCII"):
                raise No("[BADCHARSET (UTF-8)] questions come in UTF-8")
            words = words[2:]
        if not words:
            raise BadCommand("ask something, such as ALL")
        holds = searching.condition(words, self._selected.numbers)
        known = self._selected.all()
        heads = await store_folders.heads(self._database, [one.row.message for one in known])
        for one in known:
            one.raw_head = heads.get(one.row.message, b"")
        found = [one.uid if self._by_uid else one.number for one in known if holds(one)]
        await self._session.tell(b"* SEARCH" + b"".join(b" %d" % one for one in found))
        return b"OK done"

    async def fetch(self, given: Sequence[Argument]) -> bytes:
        """FETCH: what is asked of each message, one after the other."""
        chosen = self._chosen(given, 2)
        asked = fetching.items(given[1])
        if self._by_uid and not any(one.name == "UID" for one in asked):
            asked.insert(0, fetching.Item("UID"))
        reads = self._selected.writes and any(one.reads for one in asked)
        whole = fetching.needs_body(asked)
        heads: dict[int, bytes] = {}
        if not whole:
            heads = await store_folders.heads(self._database, [one.row.message for one in chosen])
        for one in chosen:
            marks = reads and rules.SEEN not in one.row.flags
            if marks:
                await self._mark([one], [rules.SEEN], [])
            if whole:
                message = Entity(await store_mail.content(self._database, one.row.message))
            else:
                message = Entity(heads.get(one.row.message, b""))
            await self._session.tell(fetching.answer(one, asked, message, seen=marks))
        return b"OK done"

    async def store(self, given: Sequence[Argument]) -> bytes:
        """STORE: set, add or remove flags."""
        self._check_writes()
        chosen = self._chosen(given, 3)
        word, silent, _ = text(given[1]).upper().partition(".SILENT")
        if word not in ("FLAGS", "+FLAGS", "-FLAGS"):
            raise BadCommand("STORE takes FLAGS, +FLAGS or -FLAGS")
        named = [inner for one in given[2:] for inner in (one if isinstance(one, list) else [one])]
        wanted = kept_flags(named)
        if word == "-FLAGS":
            await self._mark(chosen, [], wanted)
        else:
            removed = [one for one in KEPT_FLAGS if one not in wanted] if word == "FLAGS" else []
            await self._mark(chosen, wanted, removed)
        if not silent:
            for one in chosen:
                uid = b"UID %d " % one.uid if self._by_uid else b""
                await self._session.tell(b"* %d FETCH (%bFLAGS %b)" % (one.number, uid, flags(one.row.flags)))
        return b"OK done"

    async def _mark(self, chosen: Sequence[Known], add: Sequence[str], remove: Sequence[str]) -> None:
        async with self._database.transaction() as connection:
            await store_mail.set_flags(connection, self._member, [one.row.id for one in chosen], add, remove)
            await store_mail.tell(connection, self._member)
        rows = {row.uid: row for row in await store_folders.rows(self._database, self._selected.folder)}
        for one in chosen:
            fresh = rows.get(one.uid)
            if fresh is not None:
                one.row = fresh
                self._selected.rows[one.number - 1] = fresh

    async def copy(self, given: Sequence[Argument]) -> bytes:
        """COPY messages into another folder."""
        chosen, name = self._chosen(given, 2), _folder(given[1])
        try:
            async with self._database.transaction() as connection:
                made = await store_folders.copy(
                    connection, self._member, [one.row.id for one in chosen], name
                )
                await store_mail.tell(connection, self._member)
        except LookupError:
            raise No("[TRYCREATE] there is no such folder") from None
        return await self._copied(name, made, b"copied")

    async def move(self, given: Sequence[Argument]) -> bytes:
        """MOVE messages into another folder (RFC 6851): copied and removed in one commit."""
        self._check_writes()
        chosen, name = self._chosen(given, 2), _folder(given[1])
        ids = [one.row.id for one in chosen]
        try:
            async with self._database.transaction() as connection:
                made = await store_folders.copy(connection, self._member, ids, name)
                await store_mail.remove(connection, self._member, ids)
                await store_mail.tell(connection, self._member)
        except LookupError:
            raise No("[TRYCREATE] there is no such folder") from None
        return await self._copied(name, made, b"moved")

    async def _copied(self, name: str, made: Sequence[tuple[int, int]], done: bytes) -> bytes:
        found = await store_folders.folder(self._database, self._member, name)
        if not made or found is None:
            return b"OK " + done
        old, new = (",".join(str(pair[place]) for pair in made).encode() for place in (0, 1))
        return b"OK [COPYUID %d %b %b] " % (found[0], old, new) + done

    def _chosen(self, given: Sequence[Argument], least: int) -> list[Known]:
        if len(given) < least:
            raise BadCommand("an argument is missing")
        return self._selected.chosen(text(given[0]), by_uid=self._by_uid)

    def _check_writes(self) -> None:
        if not self._selected.writes:
            raise No("the folder was opened for reading only")


def _folder(argument: Argument) -> str:
    name = text(argument)
    return rules.INBOX if name.upper() == rules.INBOX else name
