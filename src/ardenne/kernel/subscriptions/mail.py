"""E-mail: a message that there is news, without any content of the record."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from ardenne.kernel.subscriptions.endpoint import DeliveryError
from ardenne.kernel.subscriptions.rules import Rules


async def send(address: str, subscription: str, count: int, seconds: float, rules: Rules) -> None:
    """Send a message to an address. Raises DeliveryError."""
    check(rules)
    message = EmailMessage()
    message["From"] = rules.smtp_from
    message["To"] = address
    message["Subject"] = "News for your subscription"
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=rules.smtp_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"There is news for your subscription {subscription}: {count}.\n\n"
        f"Sign in to read it: {rules.base}/Subscription/{subscription}/$events\n"
    )
    try:
        await asyncio.to_thread(_send, message, seconds, rules)
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"the mail server did not take the message: {type(error).__name__}") from None


def check(rules: Rules) -> None:
    """Raise DeliveryError unless the operator named a mail server."""
    if not rules.smtp_host or not rules.smtp_from:
        raise DeliveryError("this node sends no e-mail: the settings smtp_host and smtp_from are empty")


def _send(message: EmailMessage, seconds: float, rules: Rules) -> None:
    with smtplib.SMTP(rules.smtp_host, rules.smtp_port, timeout=seconds) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls()
            server.ehlo()
        server.send_message(message)
