"""Consents that were written past the door (bulk load, import) take effect a moment later."""

from __future__ import annotations

from ardenne.kernel.background import repeat
from ardenne.kernel.policy import store as policy
from ardenne.kernel.store.database import Database
from ardenne.services.consent.projection import apply

_PAUSE_SECONDS = 1.0


class ConsentRunner:
    """Applies what is pending, until cancelled. Every worker process has one; each patient is taken by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Look for pending patients, again and again."""
        await repeat(self.round, _PAUSE_SECONDS)

    async def round(self) -> bool:
        """Apply the Consents of one pending patient; False when none is pending."""
        async with self._database.transaction() as connection:
            patient = await policy.pending(connection)
            if patient is None:
                return False
            await apply(connection, patient, lenient=True)
            await policy.settled(connection, patient)
        return True
