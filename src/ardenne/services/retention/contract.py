"""What a service does that keeps something of a record outside the FHIR store: forget it."""

from __future__ import annotations

from typing import Protocol

from ardenne.kernel.store.database import Connection


class Keeper(Protocol):
    """Keeps something about records in tables of its own."""

    async def forget(self, connection: Connection, patient: int) -> None:
        """Remove everything about a record (hash), in the transaction in which the record is deleted."""
        ...


class Keepers:
    """All keepers of the node."""

    def __init__(self, *keepers: Keeper) -> None:
        self.all = keepers
