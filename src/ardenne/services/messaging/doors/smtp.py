"""The door at which mail programs hand over messages: SMTP submission (RFC 6409), by members, to members, encrypted."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime

from ardenne.kernel.http.faults import report
from ardenne.kernel.store.database import DatabaseUnavailable
from ardenne.services.messaging import rules, store_members
from ardenne.services.messaging.doors.signing_in import Guest, SigningIn, plain
from ardenne.services.messaging.doors.wire import Ended, TooLong, Wire
from ardenne.services.messaging.store_members import Member
from ardenne.standards.mail.entity import Entity, entity, with_crlf
from ardenne.standards.mail.receipt import Receipt
from ardenne.standards.refusal import Refused

_LINE = 12_288
"""Octets of a command: AUTH may be that long (RFC 4954, 4)."""
_MOST_ERRORS = 20
_SILENCE = 300.0
"""Seconds (RFC 5321, 4.5.3.2.7)."""
_PATH = re.compile(r"(FROM|TO):\s*<([^<>\s]{0,320})>((?: [^\s]+)*)", re.IGNORECASE)
_SIZE = re.compile(r" SIZE=(\d{1,12})", re.IGNORECASE)
_CODES = {
    "messaging-unknown": "550 5.1.1",
    "messaging-recipients": "550 5.5.3",
    "messaging-certificate": "550 5.7.1",
    "messaging-sender": "553 5.7.1",
    "messaging-encrypted": "550 5.7.1",
    "messaging-recipient": "550 5.7.1",
}


class SmtpDoor:
    """Holds conversations with mail programs."""

    def __init__(self, signing_in: SigningIn, domain: str) -> None:
        self._signing_in = signing_in
        self._domain = domain

    async def converse(self, wire: Wire) -> None:
        """Serve one mail program until it leaves."""
        await _Session(wire, self._signing_in, self._domain).run()


class _Session:
    def __init__(self, wire: Wire, signing_in: SigningIn, domain: str) -> None:
        self._wire, self._signing_in, self._domain = wire, signing_in, domain
        self._guest: Guest | None = None
        self._greeted = False
        self._from = False
        self._to: list[Member] = []
        self._errors = 0

    async def run(self) -> None:
        await self._say(f"220 {self._domain} ESMTP")
        while self._errors < _MOST_ERRORS:
            line = (await self._wire.line(_LINE)).decode("utf-8", "replace")
            verb, _, rest = line.strip().partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                await self._say("221 2.0.0 goodbye")
                return
            act = getattr(self, f"_{verb.lower()}", None) if verb in _VERBS else None
            try:
                answer = await act(rest.strip()) if act else "500 5.5.1 unknown command"
            except Refused as error:
                answer = _refusal(error)
            except DatabaseUnavailable:
                answer = "451 4.3.0 the node cannot store anything at the moment: try again"
            except (Ended, TooLong):
                raise
            except Exception as error:
                answer = f"451 4.3.0 something went wrong here: tell the operator the number {report(error)}"
            if answer[0] in "45":
                self._errors += 1
            await self._say(answer)
        await self._say("421 4.7.0 too many errors")

    async def _say(self, text: str) -> None:
        await self._wire.send(text.encode("ascii", "replace") + b"\r\n")

    async def _ehlo(self, rest: str) -> str:
        self._greeted = True
        self._reset()
        offers = ("8BITMIME", f"SIZE {rules.LARGEST_MESSAGE}", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES")
        return "\r\n".join(
            [f"250-{self._domain}", *(f"250-{one}" for one in offers[:-1]), f"250 {offers[-1]}"]
        )

    async def _helo(self, rest: str) -> str:
        self._greeted = True
        self._reset()
        return f"250 {self._domain}"

    async def _noop(self, rest: str) -> str:
        return "250 2.0.0 well"

    async def _rset(self, rest: str) -> str:
        self._reset()
        return "250 2.0.0 forgotten"

    async def _vrfy(self, rest: str) -> str:
        return "252 2.5.0 look in the directory"

    def _reset(self) -> None:
        self._from, self._to = False, []

    async def _auth(self, rest: str) -> str:
        if self._guest is not None or not self._greeted or self._from:
            return "503 5.5.1 not now"
        kind, _, given = rest.partition(" ")
        found: tuple[str, str] | None = None
        if kind.upper() == "PLAIN":
            found = plain(given or await self._asked(""))
        elif kind.upper() == "LOGIN":
            name = _text(given or await self._asked("VXNlcm5hbWU6"))
            found = (name, _text(await self._asked("UGFzc3dvcmQ6")))
        else:
            return "504 5.5.4 PLAIN or LOGIN"
        self._guest = await self._signing_in.by_password(*found, self._wire.peer) if found else None
        if self._guest is None:
            self._errors += 4
            return "535 5.7.8 address and password do not fit, or your role in the directory has ended"
        self._wire.silence = _SILENCE
        return "235 2.7.0 welcome"

    async def _asked(self, challenge: str) -> str:
        await self._say(f"334 {challenge}")
        return (await self._wire.line(_LINE)).decode("ascii", "replace")

    async def _mail(self, rest: str) -> str:
        if self._guest is None:
            return "530 5.7.0 sign in first (AUTH)"
        path = _PATH.fullmatch(rest)
        if path is None or path[1].upper() != "FROM" or self._from:
            return "501 5.5.4 write MAIL FROM:<address>"
        # whoever lost the role meanwhile is a member no more
        self._guest = await self._signing_in.again(self._guest, self._wire.peer)
        if self._guest is None:
            return "535 5.7.8 your role in the directory has ended"
        size = _SIZE.search(path[3])
        if size and int(size[1]) > rules.LARGEST_MESSAGE:
            return _too_large()
        own = self._guest.office.address(self._guest.member.local)
        # a receipt comes from nobody, so that nobody answers it (RFC 8098, 3)
        if path[2].lower() not in (own, ""):
            return f"553 5.7.1 you write as {own} here"
        self._from = True
        return "250 2.1.0 well"

    async def _rcpt(self, rest: str) -> str:
        path = _PATH.fullmatch(rest)
        if self._guest is None or not self._from:
            return "503 5.5.1 MAIL FROM first"
        if path is None or path[1].upper() != "TO":
            return "501 5.5.4 write RCPT TO:<address>"
        if len(self._to) >= rules.MOST_RECIPIENTS:
            return f"452 4.5.3 at most {rules.MOST_RECIPIENTS} recipients"
        found = await self._guest.office.members([path[2]])
        await self._guest.office.certificates(found)
        if found[0].id not in {one.id for one in self._to}:
            self._to += found
        return "250 2.1.5 well"

    async def _data(self, rest: str) -> str:
        if self._guest is None or not self._to:
            return "503 5.5.1 RCPT TO first"
        await self._say("354 end with a point on a line of its own")
        raw = await self._content()
        guest, recipients = self._guest, self._to
        self._reset()
        if with_crlf(raw) != raw:
            # what one reader takes for a line's end and another not could hide a second message
            return "554 5.6.0 lines end with CR and LF"
        message = entity(raw)
        if message.media_type == "multipart/report":
            return await _receipt(guest, message, recipients)
        done = await guest.office.deliver(guest.member, raw, recipients, copy=False)
        return f"250 2.0.0 delivered{' before' if done.again else ''}"

    async def _content(self) -> bytes:
        """Return the message without the points that SMTP doubles (RFC 5321, 4.5.2)."""
        self._wire.give_back(b"\r\n")
        found = await self._wire.until(b"\r\n.\r\n", rules.LARGEST_MESSAGE)
        return found[:-3].replace(b"\r\n.", b"\r\n")[2:]


_VERBS = frozenset({"EHLO", "HELO", "NOOP", "RSET", "VRFY", "AUTH", "MAIL", "RCPT", "DATA"})


async def _receipt(guest: Guest, message: Entity, recipients: list[Member]) -> str:
    """Take a receipt of a mail program: what it tells is noted, what else stands in it is not kept."""
    told = Receipt.read(message, datetime.now(UTC))
    own = guest.office.address(guest.member.local)
    if told is None or told.reader != own or len(recipients) != 1:
        return "550 5.7.1 only read receipts may go unencrypted"
    writer = await store_members.by_id(guest.service.database, recipients[0].id)
    if writer is None or told.writer != guest.office.address(writer.local):
        return "550 5.7.1 the receipt is not for this recipient"
    await guest.office.read(guest.member, writer.id, told.message_id)
    return "250 2.0.0 noted"


def _refusal(error: Refused) -> str:
    code = _CODES.get(error.refusal.rule, "554 5.6.0")
    return f"{code} {error.refusal.found}. {error.refusal.mend}"[:480]


def _too_large() -> str:
    return f"552 5.3.4 a message has at most {rules.LARGEST_MESSAGE} bytes here"


def _text(coded: str) -> str:
    try:
        return base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
