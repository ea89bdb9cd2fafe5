"""Who stands behind a mail program: address and a password that was made for it; guessers are slowed down."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from ardenne.kernel.identity import accounts, opaque
from ardenne.kernel.identity.accounts import Presence
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_credentials import Throttle
from ardenne.kernel.rest.service import FhirService
from ardenne.services.messaging import store_members
from ardenne.services.messaging.post import PostOffice
from ardenne.services.messaging.store_members import Member

_FREE = 10


class Guest(NamedTuple):
    """A member at a door. ``office``: the post office as this member may use it."""

    member: Member
    office: PostOffice
    service: FhirService


class SigningIn:
    """Signs mail programs in, for both doors of a node."""

    def __init__(self, service: FhirService, domain: str) -> None:
        self._service = service
        self._domain = domain
        self._throttle = Throttle(service.database)

    async def by_password(self, address: str, password: str, peer: str) -> Guest | None:
        """Return the member of an address whose mail program has a password; None: not right, or it must wait."""
        local, _at, domain = address.strip().lower().partition("@")
        key = hashlib.sha256(f"messaging\0{peer}".encode()).digest()
        if await self._throttle.blocked_until([key]) is not None:
            return None
        found = None
        if domain == self._domain and len(local) <= 64 and len(password) <= 200:
            digest = opaque.digest_of_copied(password)
            async with self._service.database.connection() as connection:
                found = await store_members.by_password(connection, local, digest)
        if found is None:
            await self._throttle.failed(key, _FREE)
            return None
        return await self._guest(local, peer)

    async def again(self, guest: Guest, peer: str) -> Guest | None:
        """Return a guest as of now; None when the role of the directory has ended meanwhile."""
        return await self._guest(guest.member.local, peer)

    async def _guest(self, local: str, peer: str) -> Guest | None:
        member = await store_members.by_local(self._service.database, local)
        account = await Accounts(self._service.database).get(member.account) if member else None
        if member is None or account is None or not member.active:
            return None
        role = account.roles[0].id if account.roles else ""
        caller = accounts.caller(account, Presence(role, "low", client="mail program"), datetime.now(UTC))
        seen = self._service.seen_by(caller, peer)
        return Guest(member, PostOffice(seen, self._domain), seen)


def plain(text: str) -> tuple[str, str] | None:
    """Return name and password of the SASL mechanism PLAIN (RFC 4616); None when they cannot be read."""
    try:
        parts = base64.b64decode(text, validate=True).decode().split("\0")
    except (binascii.Error, ValueError):
        return None
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] in ("", parts[1]) else None
