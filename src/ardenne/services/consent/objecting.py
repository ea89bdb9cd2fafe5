"""Who objects with the code of the letter objects to the record: the Consent is written in the same transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from ardenne.kernel.identity.events import Happening, SecurityEvent, SecurityEvents
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.rest import keeping
from ardenne.kernel.store import change
from ardenne.kernel.store.database import Connection
from ardenne.kernel.store.resources import Resources
from ardenne.services.consent import rules
from ardenne.services.consent.templates import templates

_TEMPLATE = "oppose-record"
_LANGUAGE = "fr"


class Objections:
    """Keeps security events as ``inner`` does, and gives an objection its effect."""

    def __init__(self, inner: SecurityEvents, resources: Resources, accounts: Accounts) -> None:
        self._inner = inner
        self._resources = resources
        self._accounts = accounts

    async def record(self, connection: Connection, event: SecurityEvent) -> None:
        """Keep an event; an objection closes the record to everybody, filing included."""
        await self._inner.record(connection, event)
        if event.happening is not Happening.OBJECTED:
            return
        account = await self._accounts.get(event.account)
        if account is None or not account.patient:
            return
        found = templates()[_TEMPLATE]
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = found.text(_LANGUAGE)
        made = rules.consent(_TEMPLATE, found.version, account.patient, text, _LANGUAGE, moment)
        await self._resources.write_in(connection, [keeping.put({**made, "id": change.new_id()})])
