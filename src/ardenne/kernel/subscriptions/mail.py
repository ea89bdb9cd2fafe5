"""E-mail: a message that there is news, without any content of the record."""

from __future__ import annotations

from ardenne.kernel import mail
from ardenne.kernel.subscriptions.endpoint import DeliveryError
from ardenne.kernel.subscriptions.rules import Rules


async def send(address: str, subscription: str, count: int, seconds: float, rules: Rules) -> None:
    """Send a message to an address. Raises DeliveryError."""
    text = (
        f"There is news for your subscription {subscription}: {count}.\n\n"
        f"Sign in to read it: {rules.base}/Subscription/{subscription}/$events\n"
    )
    try:
        await mail.send(rules.mail, address, "News for your subscription", text, seconds)
    except mail.MailError as error:
        raise DeliveryError(str(error)) from None


def check(rules: Rules) -> None:
    """Raise DeliveryError unless the operator named a mail server."""
    try:
        rules.mail.check()
    except mail.MailError as error:
        raise DeliveryError(str(error)) from None
