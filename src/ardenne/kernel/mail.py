"""Sending a plain e-mail through the operator's mail server (SMTP, RFC 5321), with TLS when the server offers it."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import NamedTuple

from ardenne.kernel.settings import Settings


class MailError(Exception):
    """The message was not taken; the text says why, without any address."""


class MailServer(NamedTuple):
    """Where messages are handed over. ``sender``: the address that they come from."""

    host: str = ""
    port: int = 25
    sender: str = ""

    @property
    def is_set(self) -> bool:
        """Whether the operator named a mail server."""
        return bool(self.host and self.sender)

    def check(self) -> None:
        """Raise MailError unless the operator named a mail server."""
        if not self.is_set:
            raise MailError("this node sends no e-mail: the settings smtp_host and smtp_from are empty")


def mail_server(settings: Settings) -> MailServer:
    """Return the mail server that the settings name."""
    return MailServer(settings.smtp_host, settings.smtp_port, settings.smtp_from)


async def send(
    server: MailServer, address: str, subject: str, text: str, seconds: float = 20.0, name: str = ""
) -> None:
    """Send a message; what it says must not tell anything of a record. Raises MailError.

    ``name`` makes the Message-ID: the same one each time that a message is sent again, so that mail programs show it once.
    ``seconds``: the time for all of it; a server that hangs longer is given up. To be called outside of transactions.
    """
    server.check()
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = address
    message["Subject"] = subject
    message["Date"] = formatdate(usegmt=True)
    domain = server.sender.rpartition("@")[2]
    message["Message-ID"] = f"<{name}@{domain}>" if name else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        async with asyncio.timeout(seconds):
            await asyncio.to_thread(_send, server, message, seconds)
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(f"the mail server did not take the message: {type(error).__name__}") from None


def _send(server: MailServer, message: EmailMessage, seconds: float) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=seconds) as door:
        door.ehlo()
        if door.has_extn("starttls"):
            door.starttls()
            door.ehlo()
        door.send_message(message)
