"""The token endpoint: codes, refresh tokens, client credentials and token exchange become access tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from ardenne.kernel.identity.access_tokens import LIFETIME, Family, claims, fhir_user, signed, verified
from ardenne.kernel.identity.accounts import Account, Role, purposes, usual_purpose
from ardenne.kernel.identity.errors import InvalidToken, OAuthError
from ardenne.kernel.identity.events import Happening, SecurityEvent, SecurityEvents
from ardenne.kernel.identity.oauth.authorization import purpose_of
from ardenne.kernel.identity.scopes import FREE, ScopeError, covered, narrowed, split
from ardenne.kernel.identity.store_accounts import Accounts
from ardenne.kernel.identity.store_families import ONLINE, REFRESH, Client, Families, Presented
from ardenne.kernel.identity.store_keys import SigningKeys

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name, no secret
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_SPENT = "the code or token does not hold: begin again"

Answer = dict[str, Any]


class Tokens:
    """Gives tokens, for one node."""

    def __init__(
        self, issuer: str, keys: SigningKeys, families: Families, accounts: Accounts, events: SecurityEvents
    ) -> None:
        self.issuer = issuer
        self._keys = keys
        self._families = families
        self._accounts = accounts
        self._events = events
        self._grants: dict[str, Callable[[Client, dict[str, str], str], Awaitable[Answer]]] = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
            "client_credentials": self._by_client,
            EXCHANGE: self._by_exchange,
        }

    @property
    def audience(self) -> str:
        """For whom our access tokens are meant."""
        return f"{self.issuer}/fhir"

    async def answer(self, client: Client, form: dict[str, str], base: str) -> Answer:
        """Return the answer of the token endpoint. Raises OAuthError."""
        kind = form.get("grant_type", "")
        if kind not in self._grants:
            raise OAuthError("unsupported_grant_type", "this grant_type is not known here")
        if kind not in client.grants:
            raise OAuthError("unauthorized_client", "this application may not use this grant_type")
        return await self._grants[kind](client, form, base)

    async def _by_code(self, client: Client, form: dict[str, str], base: str) -> Answer:
        async with self._families.database.transaction() as connection:
            found = await self._families.code(connection, form.get("code", ""))
            problem = _code_problem(found, client, form)
            if found is not None and found.used:
                # whoever came first may be the thief: nobody keeps anything (OAuth 2.1, section 4.1.3)
                await self._families.revoke(connection, found.family.id)
                await self._tell(connection, Happening.REUSE_DETECTED, found.family)
            if found is not None and not problem:
                await self._families.use_code(connection, form["code"])
                refresh = await self._new_refresh(connection, client, found.family)
                await self._tell(connection, Happening.TOKEN_ISSUED, found.family)
        if found is None or problem:
            raise OAuthError("invalid_grant", problem or _SPENT)
        answer = await self._tokens(
            found.family, found.account, found.family.scopes, refresh, bound=client.certificate
        )
        if "openid" in found.family.scopes:
            answer["id_token"] = await self._id_token(found)
        return answer

    async def _by_refresh(self, client: Client, form: dict[str, str], base: str) -> Answer:
        async with self._families.database.transaction() as connection:
            found = await self._families.refresh(connection, form.get("refresh_token", ""))
            problem = "" if found and found.current and found.holds else _SPENT
            if found is not None and found.family.client != client.id:
                problem = "the refresh token belongs to another application"
            elif found is not None and found.used:
                problem = "the refresh token was used before: everything that came of it has ended"
                await self._families.revoke(connection, found.family.id)
                await self._tell(connection, Happening.REUSE_DETECTED, found.family)
            scopes: tuple[str, ...] = ()
            if found is not None and not problem:
                scopes = _within(form, found.family.scopes)
                await self._families.use_refresh(connection, form["refresh_token"])
                refresh = await self._new_refresh(connection, client, found.family)
                await self._tell(connection, Happening.TOKEN_ISSUED, found.family)
        if found is None or problem:
            raise OAuthError("invalid_grant", problem or _SPENT)
        return await self._tokens(found.family, found.account, scopes, refresh, bound=client.certificate)

    async def _by_client(self, client: Client, form: dict[str, str], base: str) -> Answer:
        account = await self._accounts.get(client.account) if client.account else None
        if not client.confidential or account is None or account.state != "active":
            raise OAuthError(
                "unauthorized_client", "only an application with a key and an account of its own"
            )
        try:
            asked = split(form.get("scope", "")) or list(client.scopes)
            scopes = tuple(one for one in narrowed(asked, client.scopes) if one.startswith("system/"))
        except ScopeError as error:
            raise OAuthError("invalid_scope", str(error)) from None
        if not scopes:
            raise OAuthError("invalid_scope", "no system/ scope is left that this application may have")
        role = account.role("") or Role("", "")
        purpose = usual_purpose(account.kind, role.profession)
        if "purpose_of_use" in form:
            purpose = purpose_of(form["purpose_of_use"])
            if purpose not in purposes(account.kind, role.profession):
                raise OAuthError("invalid_request", "this application may not act for this purpose")
        family = Family("", client.id, account.id, role.id, scopes, purpose.value, level="high")
        async with self._families.database.transaction() as connection:
            family = await self._families.begin(connection, family, timedelta(seconds=LIFETIME))
            await self._tell(connection, Happening.TOKEN_ISSUED, family)
        return await self._tokens(family, account, scopes, "", bound=client.certificate)

    async def _by_exchange(self, client: Client, form: dict[str, str], base: str) -> Answer:
        """An application acts on behalf of a user whose token it got (RFC 8693): never more than both may."""
        if not client.confidential:
            raise OAuthError(
                "unauthorized_client", "only an application with a key may act on behalf of others"
            )
        if form.get("subject_token_type") != ACCESS_TOKEN:
            raise OAuthError("invalid_request", f"subject_token_type must be {ACCESS_TOKEN}")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise OAuthError("invalid_request", f"requested_token_type must be {ACCESS_TOKEN}")
        if {form.get("audience"), form.get("resource")} - {None, self.audience, f"{base}/fhir"}:
            raise OAuthError("invalid_target", f"tokens are given for {self.audience} only")
        now = time.time()
        try:
            subject = await verified(
                self._keys, form.get("subject_token", ""), self.issuer, (self.audience, f"{base}/fhir"), now
            )
        except InvalidToken as error:
            raise OAuthError("invalid_grant", str(error)) from None
        held = await self._families.find(subject.sid, subject.jti)
        if held is None:
            raise OAuthError("invalid_grant", _SPENT)
        family, account = held
        scopes = narrowed(_within(form, tuple(subject.scope.split())), client.scopes)
        scopes = tuple(one for one in scopes if one not in FREE)
        if not scopes:
            raise OAuthError("invalid_scope", "no scope is left that both the user and this application have")
        left = int(min(subject.exp - now, LIFETIME))
        begun = Family(
            "", client.id, account.id, family.role, scopes, family.purpose, family.patient, family.encounter,
            family.level, client.id, family.session,
        )  # fmt: skip
        async with self._families.database.transaction() as connection:
            begun = await self._families.begin(connection, begun, timedelta(seconds=left))
            await self._tell(connection, Happening.TOKEN_ISSUED, begun)
        answer = await self._tokens(begun, account, scopes, "", left, client.certificate)
        return answer | {"issued_token_type": ACCESS_TOKEN}

    async def direct(self, family: Family, account: Account, lifetime: int = LIFETIME) -> str:
        """Return an access token without any endpoint, for the operator's command line."""
        async with self._families.database.transaction() as connection:
            family = await self._families.begin(connection, family, timedelta(seconds=lifetime))
            await self._tell(connection, Happening.TOKEN_ISSUED, family)
        answer = await self._tokens(family, account, family.scopes, "", lifetime)
        return str(answer["access_token"])

    async def _new_refresh(self, connection: Any, client: Client, family: Family) -> str:
        if "refresh_token" not in client.grants:
            return ""
        if "offline_access" in family.scopes:
            return await self._families.add_refresh(connection, family.id, REFRESH)
        if "online_access" in family.scopes:
            return await self._families.add_refresh(connection, family.id, ONLINE)
        return ""

    async def _tokens(
        self,
        family: Family,
        account: Account,
        scopes: tuple[str, ...],
        refresh: str,
        lifetime: int = LIFETIME,
        bound: str = "",
    ) -> Answer:
        """Return an access token; ``bound``: the thumbprint of the certificate without which it is worth nothing."""
        content = claims(family, account, self.issuer, self.audience, scopes, time.time(), lifetime, bound)
        found: Answer = {
            "access_token": await signed(self._keys, content),
            "token_type": "Bearer",
            "expires_in": lifetime,
            "scope": " ".join(scopes),
        }
        if refresh:
            found["refresh_token"] = refresh
        if family.patient:
            found |= {"patient": family.patient, "need_patient_banner": True}
        if family.encounter:
            found["encounter"] = family.encounter
        if "fhirUser" in scopes and content.get("fhirUser"):
            found["fhirUser"] = content["fhirUser"]
        return found

    async def _id_token(self, found: Presented) -> str:
        now = int(time.time())
        content: Answer = {
            "iss": self.issuer, "sub": found.account.id, "aud": found.family.client, "iat": now,
            "exp": now + LIFETIME, "acr": found.family.level, "sid": found.family.id,
        }  # fmt: skip
        if found.nonce:
            content["nonce"] = found.nonce
        if "profile" in found.family.scopes:
            content |= {"name": found.account.name, "preferred_username": found.account.login}
        role = found.account.role(found.family.role) or Role("", "")
        if "fhirUser" in found.family.scopes and fhir_user(found.account, role):
            content["fhirUser"] = f"{self.audience}/{fhir_user(found.account, role)}"
        return await signed(self._keys, content, "JWT")

    async def _tell(self, connection: Any, happening: Happening, family: Family) -> None:
        event = SecurityEvent(happening, family.account, family.id, family.client)
        await self._events.record(connection, event)


def _code_problem(found: Presented | None, client: Client, form: dict[str, str]) -> str:
    """Return why a code gives no token; the same words for a thief's guesses."""
    if found is None:
        return _SPENT
    if found.family.client != client.id:
        return "the code was given to another application"
    if found.used:
        return "the code was used before: everything that came of it has ended"
    if not found.current or not found.holds:
        return _SPENT
    if form.get("redirect_uri") != found.redirect_uri:
        return "redirect_uri is not the one of the authorisation request"
    verifier = form.get("code_verifier", "")
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(made, found.challenge):
        return "code_verifier does not fit the code_challenge"
    return ""


def _within(form: dict[str, str], held: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes that a form asks for, all of them held already. Raises OAuthError ``invalid_scope``."""
    try:
        asked = tuple(split(form.get("scope", "")))
        if not covered(asked, held):
            raise OAuthError("invalid_scope", "the scope goes beyond what was allowed")
    except ScopeError as error:
        raise OAuthError("invalid_scope", str(error)) from None
    return asked or held
