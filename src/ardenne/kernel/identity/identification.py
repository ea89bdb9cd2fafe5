"""Who asks: from the access token or the session cookie of a request to the caller."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import msgspec

from ardenne.kernel.http.message import Request
from ardenne.kernel.identity import cookies, origins
from ardenne.kernel.identity.access_tokens import verified
from ardenne.kernel.identity.accounts import Presence, caller, holds_until
from ardenne.kernel.identity.caller import Caller
from ardenne.kernel.identity.errors import InvalidToken, Unauthenticated
from ardenne.kernel.identity.recent import RecentCallers
from ardenne.kernel.identity.store_families import Families
from ardenne.kernel.identity.store_keys import SigningKeys
from ardenne.kernel.identity.store_sessions import Sessions

_REMEMBERED = 60.0
"""Seconds after which a session is looked up again, so that its last use is noted."""


class Identification:
    """Finds out who asks, for one worker. ``issuer`` is the node's own address."""

    def __init__(
        self, issuer: str, keys: SigningKeys, families: Families, sessions: Sessions, recent: RecentCallers
    ) -> None:
        self.issuer = issuer
        self._keys = keys
        self._families = families
        self._sessions = sessions
        self._recent = recent
        self._tasks: set[asyncio.Task[None]] = set()

    async def identify(self, request: Request) -> Caller:
        """Return the caller of a request: by its bearer token, else by its session cookie.

        Raises Unauthenticated: nobody named, a token or session that does not hold, or an act that a cookie
        vouches for but that comes from another site.
        """
        authorization = request.headers.get("authorization", "")
        if authorization:
            kind, _, token = authorization.partition(" ")
            if kind.lower() != "bearer" or not token:
                raise self._refusal(
                    "invalid_request", "only 'Authorization: Bearer' with an access token is known"
                )
            known = self._recent.get(token) or await self._by_token(token, request.base)
            shown = request.certificate.thumbprint if request.certificate else ""
            if known.certificate and known.certificate != shown:
                raise self._refusal(
                    "invalid_token",
                    "the token is bound to a certificate that did not come with it (mutual TLS)",
                )
            return known
        secret = cookies.secret(request)
        if not secret:
            raise self._refusal("", "sign in, or send an access token")
        if not origins.is_own(request):
            raise Unauthenticated(
                403, "forbidden", "this act comes from a page of another site: act in this site's own pages"
            )
        return self._recent.get(secret) or await self._by_session(secret)

    async def _by_token(self, token: str, base: str) -> Caller:
        begun, now = self._recent.changes, time.time()
        try:
            found = await verified(self._keys, token, self.issuer, self.audiences(base), now)
            held = await self._families.find(found.sid, found.jti)
        except InvalidToken as error:
            raise self._refusal("invalid_token", str(error)) from None
        if held is None or held[0].client != found.client_id or held[1].id != found.sub:
            raise self._refusal("invalid_token", "the token was revoked, or what it rests on has ended")
        family, account = held
        moment = datetime.fromtimestamp(now, UTC)
        scopes = tuple(found.scope.split())
        presence = Presence(
            family.role, family.level, family.id, family.client, scopes, family.purpose, found.patient
        )
        known = msgspec.structs.replace(caller(account, presence, moment), certificate=found.certificate)
        until = min(float(found.exp), holds_until(account, moment))
        names = (account.id, family.id, family.client, found.jti, family.session)
        self._recent.put(token, known, until, names, begun)
        return known

    async def _by_session(self, secret: str) -> Caller:
        begun, moment = self._recent.changes, datetime.now(UTC)
        found = await self._sessions.find(secret)
        if found is None:
            raise self._refusal("", "the session has ended: sign in again")
        presence = Presence(found.role, found.level, found.id)
        known = caller(found.account, presence, moment)
        until = min(
            found.until.timestamp(), moment.timestamp() + _REMEMBERED, holds_until(found.account, moment)
        )
        self._recent.put(secret, known, until, (found.account.id, found.id), begun)
        if (moment - found.seen).total_seconds() >= _REMEMBERED:
            task = asyncio.ensure_future(self._sessions.touch(found.id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return known

    def audiences(self, base: str) -> tuple[str, ...]:
        """Return the addresses for which a token may be meant: this node's FHIR door, as configured or as called."""
        return (f"{self.issuer}/fhir", f"{base}/fhir")

    def _refusal(self, error: str, message: str) -> Unauthenticated:
        # the realm alone when nothing was sent (RFC 6750, section 3.1)
        header = 'Bearer realm="ardenne"'
        if error:
            header += f', error="{error}", error_description="{message}"'
        return Unauthenticated(401, error or "login", message, header)
