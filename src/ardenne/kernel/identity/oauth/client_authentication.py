"""Which application asks: ``private_key_jwt`` (RFC 7523, SMART Backend Services) or a public client's name."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from ardenne.kernel.http.message import ClientCertificate
from ardenne.kernel.identity.errors import OAuthError
from ardenne.kernel.identity.oauth.key_sets import Key, KeySetUnavailable, RemoteKeys, keys_of
from ardenne.kernel.identity.store_families import Client, Families

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["RS384", "ES384"]
_LONGEST_LIFE = 300
_SKEW = 30
_LONGEST = 8_192


class Assertion(msgspec.Struct, frozen=True):
    """What a client's assertion says."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: int
    jti: str
    nbf: int = 0
    iat: int = 0


class ClientAuthentication:
    """Authenticates applications at the endpoints under an issuer."""

    def __init__(self, issuer: str, families: Families, remote: RemoteKeys) -> None:
        self._issuer = issuer
        self._families = families
        self._remote = remote

    async def client(self, form: dict[str, str], certificate: ClientCertificate | None = None) -> Client:
        """Return the application that sends a form over a connection with a certificate.

        One that is bound to a certificate is returned with the thumbprint of the one it came with: its tokens are
        bound to that. Raises OAuthError ``invalid_client``.
        """
        client = await self._authenticated(form)
        if not client.has_certificate:
            return client
        if certificate is None or not client.shows(certificate):
            raise _refused("this application is registered with a certificate: come over mutual TLS with it")
        return msgspec.structs.replace(client, certificate=certificate.thumbprint)

    async def _authenticated(self, form: dict[str, str]) -> Client:
        if "client_secret" in form:
            raise _refused("shared secrets are not accepted: register a key (private_key_jwt)")
        if form.get("client_assertion") or form.get("client_assertion_type"):
            return await self._by_assertion(form)
        client = await self._families.client(form.get("client_id", ""))
        if client is None or client.confidential:
            raise _refused("no such public application; one with a key must send client_assertion")
        return client

    async def _by_assertion(self, form: dict[str, str]) -> Client:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise _refused(f"client_assertion_type must be {ASSERTION_TYPE}")
        text = form.get("client_assertion", "")
        if len(text) > _LONGEST:
            raise _refused("the client assertion is too long")
        header, unverified = _unverified(text)
        client = await self._families.client(unverified.iss)
        if client is None or not client.confidential:
            raise _refused("no such application with a key")
        key = await self._key(client, str(header.get("kid", "")))
        try:
            payload = jws.deserialize_compact(text, key, ALGORITHMS).payload
            found = msgspec.json.decode(payload, type=Assertion)
        except (JoseError, msgspec.MsgspecError, ValueError):
            raise _refused("the client assertion's signature is not right") from None
        self._check(found, client, form)
        expires = datetime.fromtimestamp(found.exp + _SKEW, UTC)
        if not await self._families.use_assertion(client.id, found.jti, expires):
            raise _refused("this client assertion was used before: make a new one, with a new jti")
        return client

    async def _key(self, client: Client, kid: str) -> Key:
        if not kid or len(kid) > 200:
            raise _refused("the client assertion names no key (kid)")
        try:
            if client.jwks is not None:
                key = keys_of(client.jwks).get(kid)
            else:
                key = await self._remote.key(client.jwks_uri, kid)
        except KeySetUnavailable as error:
            raise _refused(f"the keys of this application cannot be read: {error}") from None
        if key is None:
            raise _refused("the client assertion is signed with a key that is not registered")
        return key

    def _check(self, found: Assertion, client: Client, form: dict[str, str]) -> None:
        now = time.time()
        if found.iss != client.id or found.sub != client.id or form.get("client_id", client.id) != client.id:
            raise _refused("iss and sub of the client assertion must be the application's id")
        audiences = [found.aud] if isinstance(found.aud, str) else found.aud
        if f"{self._issuer}/oauth/token" not in audiences and self._issuer not in audiences:
            raise _refused("aud of the client assertion must be the token endpoint")
        if found.exp <= now - _SKEW:
            raise _refused("the client assertion has run out")
        if found.exp > now + _LONGEST_LIFE + _SKEW:
            raise _refused("a client assertion lives at most five minutes")
        if max(found.nbf, found.iat) > now + _SKEW:
            raise _refused("the client assertion is not valid yet")
        if not 8 <= len(found.jti) <= 200:
            raise _refused("jti of the client assertion must be 8 to 200 signs")


def _unverified(text: str) -> tuple[dict[str, Any], Assertion]:
    """Return header and claims before the signature is checked: only to know whose keys are needed."""
    try:
        parts = jws.extract_compact(text.encode())
        header = dict(parts.headers())
        found = msgspec.json.decode(parts.payload, type=Assertion)
    except (JoseError, msgspec.MsgspecError, ValueError, UnicodeError):
        raise _refused("the client assertion cannot be read") from None
    if header.get("alg") not in ALGORITHMS:
        raise _refused("the client assertion must be signed with RS384 or ES384")
    if "crit" in header:
        raise _refused("the client assertion demands an extension that is not known here")
    return header, found


def _refused(message: str) -> OAuthError:
    return OAuthError("invalid_client", message, 401)
