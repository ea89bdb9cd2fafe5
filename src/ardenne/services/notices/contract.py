"""What other services may use of notices."""

from __future__ import annotations

from typing import Protocol

from ardenne.kernel.store.database import Connection

KINDS = ("document", "emergency", "vaccination")


class Notices(Protocol):
    """Tells people by e-mail that there is something new in their record, never what."""

    async def tell(self, connection: Connection, patient: int, kind: str) -> None:
        """Queue a notice of a kind for whoever owns the record (hash), in the transaction of the event."""
        ...
