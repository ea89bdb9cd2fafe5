"""Everything about identity in one worker process, put together."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ardenne.kernel.http.faults import report
from ardenne.kernel.identity.certified import Certified
from ardenne.kernel.identity.events import SecurityEvents, Unrecorded
from ardenne.kernel.identity.identification import Identification
from ardenne.kernel.identity.oauth.authorization import Authorization
from ardenne.kernel.identity.oauth.client_authentication import ClientAuthentication
from ardenne.kernel.identity.oauth.inspection import Inspection
from ardenne.kernel.identity.oauth.key_sets import RemoteKeys
from ardenne.kernel.identity.oauth.tokens import Tokens
from ardenne.kernel.identity.outside import Outside, Provider
from ardenne.kernel.identity.passkeys import Passkeys
from ardenne.kernel.identity.recent import Listener, RecentCallers
from ardenne.kernel.identity.sealing import Sealing
from ardenne.kernel.identity.signing_in import SigningIn
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_credentials import Credentials
from ardenne.kernel.identity.store_families import Families
from ardenne.kernel.identity.store_keys import SigningKeys
from ardenne.kernel.identity.store_sessions import Sessions
from ardenne.kernel.settings import Settings
from ardenne.kernel.store.database import Database, DatabaseUnavailable

_PURGE_SECONDS = 600.0


class Identity:
    """Accounts, sessions and tokens of one node. ``events`` keeps what happens to them."""

    def __init__(self, database: Database, settings: Settings, events: SecurityEvents | None = None) -> None:
        self.settings = settings
        self.issuer = settings.issuer
        self.development = settings.profile == "development"
        self.events = events or Unrecorded()
        self.sealing = Sealing.of_folder(Path(settings.data_folder))
        self.database = database
        self.accounts = Accounts(database)
        self.credentials = Credentials(database)
        self.sessions = Sessions(database)
        self.families = Families(database)
        self.keys = SigningKeys(database, self.sealing)
        self.recent = RecentCallers()
        self.identification = Identification(
            self.issuer, self.keys, self.families, self.sessions, self.recent
        )
        self.signing_in = SigningIn(
            self.accounts, self.credentials, self.sessions, self.sealing, self.events, self.development
        )
        self.passkeys = Passkeys(self.sessions, self.credentials)
        self.authorization = Authorization(self.issuer, self.families, self.sessions)
        self.clients = ClientAuthentication(self.issuer, self.families, RemoteKeys(self.development))
        self.certified = Certified(self.families, self.accounts, settings.closed_doors)
        self.tokens = Tokens(self.issuer, self.keys, self.families, self.accounts, self.events)
        self.inspection = Inspection(self.issuer, self.keys, self.families, self.accounts, self.events)
        self.outside: Outside | None = None
        if settings.oidc_issuer:
            provider = Provider(
                settings.oidc_issuer, settings.oidc_client, settings.oidc_claim, settings.oidc_name
            )
            self.outside = Outside(provider, self.sessions, self.development)
        self._listener = Listener(database, self.recent)

    async def run(self) -> None:
        """Listen for changes and remove what has run out, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listener.run())
            group.create_task(self._purge())

    async def _purge(self) -> None:
        while True:
            await asyncio.sleep(_PURGE_SECONDS)
            try:
                await self.sessions.purge()
            except DatabaseUnavailable:
                continue
            except Exception as error:
                report(error)
