"""A conversation with a mail program that reads: states, commands, answers (RFC 3501)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from ardenne.kernel.http.faults import report
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.services.messaging import rules, store_folders
from ardenne.services.messaging.doors.changes import Changes
from ardenne.services.messaging.doors.imap.answers import No
from ardenne.services.messaging.doors.imap.folders import Folders
from ardenne.services.messaging.doors.imap.messages import Messages
from ardenne.services.messaging.doors.imap.selected import Selected
from ardenne.services.messaging.doors.imap.syntax import LITERAL, Argument, BadCommand, arguments, text
from ardenne.services.messaging.doors.signing_in import Guest, SigningIn, plain
from ardenne.services.messaging.doors.wire import Ended, TooLong, Wire
from ardenne.standards.refusal import Refused

_LINE = 16_384
_SMALL_LITERAL = 8_192
_MOST_LITERALS = 16
_MOST_ERRORS = 40
_SILENCE = 1900.0
"""Seconds: at least 30 minutes (RFC 3501, 5.4)."""
_IDLE_LOOK = 60.0
"""Seconds after which a waiting program looks even when nothing was told."""
CAPABILITIES = b"IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN IDLE MOVE UIDPLUS UNSELECT SPECIAL-USE NAMESPACE"
_ANY = frozenset({"CAPABILITY", "NOOP", "LOGOUT", "ID"})
_STRANGER = frozenset({"LOGIN", "AUTHENTICATE"})
_FOLDERS = frozenset({
    "LIST", "LSUB", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "STATUS", "APPEND", "SELECT", "EXAMINE",
    "NAMESPACE", "IDLE",
})  # fmt: skip
_MESSAGES = frozenset({
    "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID",
})  # fmt: skip
_NUMBERED = frozenset({"FETCH", "STORE", "SEARCH"})
"""While these run no message may change its number (RFC 3501, 7.4.1)."""


class ImapDoor:
    """Holds conversations with mail programs."""

    def __init__(self, signing_in: SigningIn, changes: Changes) -> None:
        self._signing_in, self._changes = signing_in, changes

    async def converse(self, wire: Wire) -> None:
        """Serve one mail program until it leaves."""
        await Session(wire, self._signing_in, self._changes).run()


class Session:
    """One conversation."""

    def __init__(self, wire: Wire, signing_in: SigningIn, changes: Changes) -> None:
        self.wire, self._signing_in, self._changes = wire, signing_in, changes
        self.guest: Guest | None = None
        self.selected: Selected | None = None
        self._errors = 0
        self._ended = False

    async def run(self) -> None:
        """Answer commands until the program leaves or makes too many mistakes."""
        await self.tell(b"* OK [CAPABILITY " + CAPABILITIES + b"] ready")
        while not self._ended and self._errors < _MOST_ERRORS:
            tag, answer = await self._one()
            if not answer.startswith(b"OK"):
                self._errors += 1
            await self.tell(tag + b" " + answer)
        if not self._ended:
            await self.tell(b"* BYE too many errors")

    async def tell(self, line: bytes) -> None:
        """Send one line."""
        await self.wire.send(line + b"\r\n")

    async def _one(self) -> tuple[bytes, bytes]:
        """Read and carry out one command; return its tag and the end of its answer."""
        tag, name = b"*", ""
        try:
            line, literals = await self._command()
            tag, _, rest = line.partition(b" ")
            word, _, rest = rest.partition(b" ")
            name = word.decode("ascii", "replace").upper()
            if not tag or not all(33 <= octet < 127 for octet in tag):
                raise BadCommand("a command begins with a tag")
            answer = await self._carried(name, arguments(rest, literals))
            await self._renew(name)
            return tag, answer
        except BadCommand as error:
            return tag, f"BAD {error}".encode("ascii", "replace")
        except No as error:
            return tag, f"NO {error}".encode("ascii", "replace")
        except Refused as error:
            return tag, f"NO [CANNOT] {error.refusal.found}. {error.refusal.mend}".encode("ascii", "replace")
        except DatabaseUnavailable:
            return tag, b"NO [UNAVAILABLE] the database does not answer: try again"
        except (Ended, TooLong):
            raise
        except Exception as error:
            return tag, f"NO [SERVERBUG] tell the operator the number {report(error)}".encode()

    async def _command(self) -> tuple[bytes, list[bytes]]:
        """Return a command's text with its literals, in whose place stand a NUL and their number."""
        whole = b""
        literals: list[bytes] = []
        while True:
            line = await self.wire.line(_LINE)
            if b"\0" in line or len(whole) > _LINE:
                raise TooLong
            found = LITERAL.search(line)
            if found is None:
                return whole + line, literals
            size = int(found[1])
            appends = self.guest is not None and b" APPEND " in whole.upper() + line[:200].upper()
            if (
                size > (rules.LARGEST_MESSAGE if appends else _SMALL_LITERAL)
                or len(literals) >= _MOST_LITERALS
            ):
                if found[2]:
                    raise TooLong
                raise BadCommand("the literal is too long")
            if not found[2]:
                await self.tell(b"+ go on")
            literals.append(await self.wire.exactly(size))
            whole += line[: found.start()] + bytes([0, len(literals) - 1])

    async def _carried(self, name: str, given: list[Argument]) -> bytes:
        if name in _ANY:
            return await self._for_anybody(name)
        if name in _STRANGER:
            if self.guest is not None:
                raise BadCommand("you are signed in")
            return await self._signed_in(name, given)
        if self.guest is None or name not in _FOLDERS | _MESSAGES:
            raise BadCommand("this command is not known, or comes too early")
        # whoever lost the role of the directory loses the mailbox in the midst of it
        self.guest = await self._signing_in.again(self.guest, self.wire.peer)
        if self.guest is None:
            await self.tell(b"* BYE your role in the directory has ended")
            raise Ended
        if name == "IDLE":
            return await self._idle()
        if name in _FOLDERS:
            return await getattr(Folders(self, self.guest), name.lower())(given)  # type: ignore[no-any-return]
        if self.selected is None:
            raise BadCommand("select a folder first")
        return await self._on_messages(name, given)

    async def _on_messages(self, name: str, given: list[Argument]) -> bytes:
        assert self.guest is not None and self.selected is not None
        by_uid = name == "UID"
        if by_uid:
            name = text(given.pop(0)).upper() if given else ""
            if name not in ("FETCH", "STORE", "COPY", "MOVE", "SEARCH", "EXPUNGE"):
                raise BadCommand("UID goes with FETCH, STORE, COPY, MOVE, SEARCH or EXPUNGE")
        acts = Messages(self, self.guest, self.selected, by_uid=by_uid)
        act: Callable[[Sequence[Argument]], Awaitable[bytes]] = getattr(acts, name.lower())
        return await act(given)

    async def _for_anybody(self, name: str) -> bytes:
        if name == "CAPABILITY":
            await self.tell(b"* CAPABILITY " + CAPABILITIES)
        elif name == "ID":
            await self.tell(b'* ID ("name" "Ardenne")')
        elif name == "LOGOUT":
            self._ended = True
            await self.tell(b"* BYE goodbye")
        return b"OK done"

    async def _signed_in(self, name: str, given: list[Argument]) -> bytes:
        found: tuple[str, str] | None = None
        if name == "LOGIN" and len(given) == 2:
            found = text(given[0]), text(given[1])
        elif name == "AUTHENTICATE" and given and text(given[0]).upper() == "PLAIN":
            if len(given) < 2:
                await self.tell(b"+ ")
            response = (
                text(given[1]) if len(given) > 1 else (await self.wire.line(_LINE)).decode("ascii", "replace")
            )
            found = plain(response)
        if found is None:
            raise BadCommand("sign in with LOGIN address password, or AUTHENTICATE PLAIN")
        self.guest = await self._signing_in.by_password(*found, self.wire.peer)
        if self.guest is None:
            self._errors += 8
            raise No("[AUTHENTICATIONFAILED] address and password do not fit, or your role has ended")
        self.wire.silence = _SILENCE
        return b"OK [CAPABILITY " + CAPABILITIES + b"] welcome"

    async def _idle(self) -> bytes:
        """Tell what changes until the program says DONE (RFC 2177)."""
        assert self.guest is not None
        await self.tell(b"+ idling")
        with self._changes.of(self.guest.member.id) as changed:
            ending = asyncio.ensure_future(self.wire.line(_LINE))
            try:
                while not ending.done():
                    waiting = asyncio.ensure_future(changed.wait())
                    await asyncio.wait(
                        {ending, waiting}, timeout=_IDLE_LOOK, return_when=asyncio.FIRST_COMPLETED
                    )
                    waiting.cancel()
                    changed.clear()
                    await self._renew("IDLE")
            finally:
                if not ending.done():
                    ending.cancel()
        if (await ending).strip().upper() != b"DONE":
            raise BadCommand("IDLE ends with DONE")
        return b"OK done"

    async def _renew(self, name: str) -> None:
        """Tell what has changed in the selected folder."""
        if self.selected is None or self.guest is None or name in ("SELECT", "EXAMINE", "LOGOUT"):
            return
        rows = await store_folders.rows(self.guest.service.database, self.selected.folder)
        for line in self.selected.renewed(rows, expunges=name not in _NUMBERED):
            await self.tell(line)
