"""Doors that let in registered applications with their certificate only (IHE ATNA node authentication, RFC 8705)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from ardenne.kernel.http.certificates import DOORS
from ardenne.kernel.http.message import ClientCertificate
from ardenne.kernel.identity.accounts import Presence, caller
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.identity.errors import Unauthenticated
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_families import Client, Families


class Certified:
    """Judges the certificates that come to the doors of one node. ``doors``: names out of DOORS that need one."""

    def __init__(self, families: Families, accounts: Accounts, doors: Collection[str]) -> None:
        self._families = families
        self._accounts = accounts
        self._closed = tuple(where for name in doors for where in DOORS[name])

    def closes(self, path: str) -> bool:
        """Tell whether an address needs a certificate."""
        return path.startswith(self._closed) if self._closed else False

    async def admit(self, path: str, certificate: ClientCertificate | None) -> Client | None:
        """Return the application whose certificate came. Raises Unauthenticated when the door needs one of us."""
        client = await self._families.by_certificate(certificate) if certificate is not None else None
        if client is None and self.closes(path):
            problem = (
                "none came" if certificate is None else "no application is registered with the one that came"
            )
            raise Unauthenticated(
                403,
                "forbidden",
                f"this door is for applications with their certificate (mutual TLS): {problem}",
            )
        return client

    def check(self, path: str, client: Client | None, found: Caller) -> None:
        """Raise Unauthenticated when a token of another application comes through a closed door."""
        if self.closes(path) and found.client and client is not None and found.client != client.id:
            text = "the token belongs to another application than the certificate (mutual TLS)"
            raise Unauthenticated(403, "forbidden", text)

    async def sender(self, client: Client) -> Caller | None:
        """Return the system that its certificate alone names; None for an application without an account."""
        account = await self._accounts.get(client.account) if client.account else None
        if account is None or account.state != "active":
            return None
        scopes = tuple(one for one in client.scopes if one.startswith("system/"))
        return caller(account, Presence(level="high", client=client.id, scopes=scopes), datetime.now(UTC))
