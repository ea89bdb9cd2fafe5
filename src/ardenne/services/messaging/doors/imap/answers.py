"""What commands answer with: lines of a conversation, and why something is not possible."""

from __future__ import annotations

from typing import Protocol

from ardenne.services.messaging.doors.imap.selected import Selected


class No(Exception):
    """A command that was understood but cannot be carried out; the message may begin with a code in brackets."""


class Conversation(Protocol):
    """The conversation in which a command was given."""

    selected: Selected | None

    async def tell(self, line: bytes) -> None:
        """Send one line."""
        ...
