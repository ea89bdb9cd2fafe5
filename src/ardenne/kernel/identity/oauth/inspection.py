"""Revocation (RFC 7009), introspection (RFC 7662) and the UserInfo endpoint of OpenID Connect."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from ardenne.kernel.identity.access_tokens import Claims, fhir_user, verified
from ardenne.kernel.identity.accounts import Account, Role
from ardenne.kernel.identity.errors import InvalidToken
from ardenne.kernel.identity.events import Happening, SecurityEvent, SecurityEvents
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_families import Client, Families
from ardenne.kernel.identity.store_keys import SigningKeys

INSPECTOR = "introspection"
"""Stands among a client's grants when it may look at the tokens of others: a resource server."""


class Inspection:
    """Looks at tokens and ends them."""

    def __init__(
        self, issuer: str, keys: SigningKeys, families: Families, accounts: Accounts, events: SecurityEvents
    ) -> None:
        self._issuer = issuer
        self._keys = keys
        self._families = families
        self._accounts = accounts
        self._events = events

    async def revoke(self, client: Client, form: dict[str, str]) -> None:
        """End a refresh token with its family, or one access token; what is not the client's is left alone."""
        text = form.get("token", "")
        claims = await self._claims(text)
        async with self._families.database.transaction() as connection:
            if claims is not None:
                if claims.client_id == client.id:
                    expires = datetime.fromtimestamp(claims.exp + 60, UTC)
                    await self._families.revoke_token(connection, claims.jti, expires)
                    event = SecurityEvent(Happening.TOKEN_REVOKED, claims.sub, claims.sid, client.id)
                    await self._events.record(connection, event)
                return
            found = await self._families.refresh(connection, text)
            if found is not None and found.family.client == client.id:
                await self._families.revoke(connection, found.family.id)
                family = found.family
                event = SecurityEvent(Happening.TOKEN_REVOKED, family.account, family.id, client.id)
                await self._events.record(connection, event)

    async def introspect(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        """Return what a token is worth now. A client sees its own tokens, a registered inspector all."""
        text = form.get("token", "")
        claims = await self._claims(text)
        if claims is None:
            return await self._refresh(client, text)
        held = await self._families.find(claims.sid, claims.jti)
        if held is None or (claims.client_id != client.id and INSPECTOR not in client.grants):
            return {"active": False}
        family, account = held
        role = account.role(family.role) or Role("", "")
        found = {
            "active": True, "token_type": "Bearer", "scope": claims.scope, "client_id": claims.client_id,
            "sub": claims.sub, "iss": claims.iss, "aud": claims.aud, "exp": claims.exp, "iat": claims.iat,
            "nbf": claims.nbf, "jti": claims.jti, "acr": family.level, "patient": claims.patient,
            "encounter": family.encounter, "fhirUser": fhir_user(account, role),
            "purpose_of_use": family.purpose, "cnf": claims.cnf or "",
        }  # fmt: skip
        return {name: value for name, value in found.items() if value != ""}

    async def _refresh(self, client: Client, text: str) -> dict[str, Any]:
        async with self._families.database.transaction() as connection:
            found = await self._families.refresh(connection, text)
        if found is None or found.used or not found.current or not found.holds:
            return {"active": False}
        if found.family.client != client.id:
            return {"active": False}
        return {
            "active": True, "scope": " ".join(found.family.scopes), "client_id": client.id,
            "sub": found.account.id, "iss": self._issuer,
        }  # fmt: skip

    async def userinfo(self, account: Account, role: str, scopes: tuple[str, ...]) -> dict[str, Any]:
        """Return what a token with the scope ``openid`` tells about its user."""
        found: dict[str, Any] = {"sub": account.id}
        if "profile" in scopes:
            found |= {"name": account.name, "preferred_username": account.login}
        user = fhir_user(account, account.role(role) or Role("", ""))
        if "fhirUser" in scopes and user:
            found["fhirUser"] = f"{self._issuer}/fhir/{user}"
        return found

    async def _claims(self, text: str) -> Claims | None:
        try:
            return await verified(self._keys, text, self._issuer, (f"{self._issuer}/fhir",), time.time())
        except InvalidToken:
            return None
